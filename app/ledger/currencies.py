"""The book has a part for each currency: they are told apart, and never added up together."""

from sqlalchemy import func, select

from app.core.db import session
from app.ledger.models import LedgerEntry, LedgerTransaction


def used() -> tuple[str, ...]:
    """Return every currency in which something was booked, by its letters."""
    chosen = select(LedgerTransaction.currency).where(LedgerTransaction.sealed).distinct()
    return tuple(sorted(session().scalars(chosen)))


def unbalanced() -> str | None:
    """Return the key of a sealed transaction that does not sum to zero, the first by its letters.

    The database refuses to seal one, so somebody went round it.
    """
    chosen = (
        select(func.min(LedgerTransaction.key).label("key"))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.sealed)
        .group_by(LedgerTransaction.id)
        .having(func.sum(LedgerEntry.micros) != 0)
        .subquery()
    )
    key: str | None = session().scalar(select(func.min(chosen.c.key)))
    return key
