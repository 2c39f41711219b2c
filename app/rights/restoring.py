"""What was erased stays erased, in a database that was restored from a backup, too.

Before a market opens, the list of what was erased (`app.core.erased`) is compared with the
database: where the database has again what the list names, it was restored, and nothing starts on
it until `apply-erased` has erased it once more.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import OperationalError

from app.contributions import diary_entries, drafts
from app.contributions import service as contributions
from app.core.batches import batched
from app.core.clock import now
from app.core.db import Database, session
from app.core.erased import ErasedList, Erasure
from app.core.errors import UnsafeConfiguration
from app.datasets import service as datasets
from app.datasets import slices, stored
from app.datasets.service import Checking
from app.rights import exports, service
from app.rights.models import ErasedMark
from app.users import queries as accounts
from app.users import service as users

log = structlog.get_logger("rights")
ABOUT = "what was erased"
#: Another process may be between listing an erasure and committing it.
MOMENT = 1.0
BEGINNING = date(2000, 1, 1)
#: So many objects are erased in one transaction.
AT_ONCE = 500
#: Each part that names objects in the vault.
NAMING: tuple[Callable[[Checking, Collection[str]], None], ...] = (
    contributions.erase_named,
    diary_entries.erase_named,
    drafts.erase_named,
    exports.erase_named,
    slices.erase_named,
    datasets.erase_named,
)


@dataclass(frozen=True)
class Again:
    """What was erased and is there again.

    Attributes
    ----------
    objects, accounts : frozenset of str
        Their identifiers.
    """

    objects: frozenset[str]
    accounts: frozenset[str]

    def __bool__(self) -> bool:
        """Say whether there is anything."""
        return bool(self.objects or self.accounts)


def keep_out(db: Database, erased: ErasedList, *, at_once: bool) -> None:
    """Refuse a database that has again what was erased.

    Parameters
    ----------
    at_once : bool
        Whether it is looked at now, or before the first unit of work.

    Raises
    ------
    UnsafeConfiguration
        Now, or at a later unit of work where the database cannot be read yet.
    """

    def settled() -> bool:
        found = _looked(db, erased)
        if found:
            # Nobody erases for as long as that.
            time.sleep(MOMENT)
            found = _looked(db, erased)
        if found:
            raise UnsafeConfiguration(
                f"This database was restored from a backup: {len(found.accounts)} accounts and "
                f"{len(found.objects)} objects that were erased since are in it again. Erase them "
                "once more with: flask --app app.worker apply-erased"
            )
        return found is not None

    db.ask_first(ABOUT, settled, at_once=at_once)


def apply(doors: Checking, erased: ErasedList, secret: str) -> Again:
    """Erase once more what the list names and the database has again; return what it was.

    What is owed to an account that was erased is given up, as it was then.
    """
    db = doors.db
    db.never_ask(ABOUT)
    named = erased.since(BEGINNING)
    with db.engine.connect() as connection:
        found = _again(connection, named)
    for user_id in sorted(found.accounts):
        with db.unit_of_work():
            profile = accounts.user(user_id)
            if profile is not None:
                service.erase_account(profile.actor, doors, secret, waive=True, again=True)
    for some in batched(sorted(found.objects), AT_ONCE):
        with db.unit_of_work():
            # Whoever names what is gone must not be left to find it missing.
            for erase_named in NAMING:
                erase_named(doors, some)
            for object_id in some:
                doors.vault.erase(object_id)
    return found


def tidy(db: Database, erased: ErasedList, days: int) -> None:
    """Note up to where the list is known to be true, and forget what no backup has any more.

    Parameters
    ----------
    days : int
        So long backups are kept.
    """
    today = now().date()
    with db.engine.connect() as connection:
        mark = _mark(connection)
        if mark == today:
            return
        named, late = erased.since(mark), erased.since(today)
        found = _again(connection, {kind: named[kind] - late[kind] for kind in Erasure})
    if found:
        log.error(
            "erased and there again", accounts=len(found.accounts), objects=len(found.objects)
        )
        return
    with db.unit_of_work():
        session().merge(ErasedMark(id=1, day=today.isoformat()))
    erased.forget_before(today - timedelta(days=days + 1))


def _looked(db: Database, erased: ErasedList) -> Again | None:
    """Return what is there again; None where the database cannot be read yet."""
    if not db.is_there():
        return None
    try:
        with db.engine.connect() as connection:
            if not inspect(connection).has_table(ErasedMark.__tablename__):
                return None
            return _again(connection, erased.since(_mark(connection)))
    except OperationalError:
        return None


def _again(connection: Connection, named: Mapping[Erasure, set[str]]) -> Again:
    return Again(
        stored.kept_among(connection, named[Erasure.OBJECT]),
        users.open_among(connection, named[Erasure.ACCOUNT]),
    )


def _mark(connection: Connection) -> date:
    day = connection.scalar(select(ErasedMark.day))
    return BEGINNING if day is None else date.fromisoformat(day)
