"""A database belongs to one kind of money: pretended, tested or real.

The first program that starts with a payment provider on a migrated database stamps it with its
mode; from then on no program starts on it with another. What was there before there were stamps
is stamped in the same way.

When the application is built the stamp is looked at once. Where that cannot be, because the
database is not migrated or does not answer, it is looked at before each unit of work until it
can: so migrations run on an empty database, and no money moves unseen. The stamp is one
statement that gives way to an earlier one; whoever comes second reads what the first wrote.
"""

from sqlalchemy import inspect, select
from sqlalchemy.exc import OperationalError

from app.core.clock import now
from app.core.db import Database
from app.core.dialects import insert_into
from app.core.errors import UnsafeConfiguration
from app.payments.gateway import Mode
from app.payments.models import Installation

WORDS: dict[str, str] = {
    "stand-in": "the stand-in for Stripe (mode stand-in)",
    "test": "Stripe's test mode (mode test)",
    "live": "real money (mode live)",
}


def keep_to(db: Database, mode: Mode) -> None:
    """Stamp a database with a mode, or refuse it where it is stamped with another.

    Raises
    ------
    UnsafeConfiguration
        Now, or at a later unit of work where the stamp cannot be read yet.
    """

    def settled() -> bool:
        found = stamp(db, mode)
        if found is not None and found != mode:
            raise UnsafeConfiguration(
                f"This database belongs to {WORDS[found]}, but the key is for {WORDS[mode]}. "
                "Use another database (MOISSON_DATABASE_URL, MOISSON_INSTANCE), or a key of "
                "the database's own mode (MOISSON_STRIPE_KEY)."
            )
        return found is not None

    db.ask_first("mode", settled)


def stamp(db: Database, mode: Mode) -> str | None:
    """Return the mode a database is stamped with, after stamping it where it is not.

    None where that cannot be done now: it is not migrated, or does not answer.
    """
    if not db.is_there():
        return None
    try:
        with db.engine.connect() as connection:
            if not inspect(connection).has_table(Installation.__tablename__):
                return None
            found = connection.scalar(select(Installation.mode))
        if found is not None:
            return str(found)
        row = insert_into(Installation, db.engine).values(id=1, mode=mode, stamped_at=now())
        with db.writing.begin() as connection:
            connection.execute(row.on_conflict_do_nothing())
        with db.engine.connect() as connection:
            return str(connection.scalar(select(Installation.mode)))
    except OperationalError:
        # The unit of work that comes meets it too, and says so in its own way.
        return None
