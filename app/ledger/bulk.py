"""Transactions with very many lines, written inside the database.

The lines come from a query, so that a million of them cost one statement and no round trips.
What the database guarantees for each transaction it guarantees for these.
"""

from dataclasses import dataclass

from sqlalchemy import Select, String, func, insert, literal, select

from app.core.clock import now
from app.core.db import new_id, session
from app.core.dialects import new_identifier
from app.ledger.errors import KeyReused, TooLarge
from app.ledger.models import LedgerEntry, LedgerTransaction
from pricing.money import Money

LARGEST = 2**63 - 1
ROOM_KIBIBYTES = 256 * 1024


@dataclass(frozen=True)
class Posted:
    """A transaction written from a query: how many lines it gave, and their sum."""

    id: str
    lines: int
    micros: int


def post_selected(
    kind: str, key: str, currency: str, lines: Select[str, int], against: str
) -> Posted | None:
    """Write a transaction whose lines a query gives; nothing where it gives none.

    Parameters
    ----------
    kind, key, currency : str
        As in `app.ledger.service.post`; the key must be new.
    lines : Select of (account, millionths)
        Each account at most once, none with zero; best in the order of accounts, because
        an index that is filled in order is filled several times as fast.
    against : str
        The account of the one line that makes the sum zero.

    Raises
    ------
    KeyReused, TooLarge, pricing.errors.InvalidMoney
    """
    Money.zero(currency)
    if session().scalar(select(LedgerTransaction.id).where(LedgerTransaction.key == key)):
        raise KeyReused(f"{key} was posted before")
    # A transaction is never removed: without lines it must not have been there at all.
    with session().begin_nested() as attempt:
        transaction = LedgerTransaction(
            id=new_id(), kind=kind, key=key, currency=currency, at=now()
        )
        session().add(transaction)
        session().flush()
        own = (new_identifier(), literal(transaction.id, String(32)))
        ready = lines.with_only_columns(*own, *lines.selected_columns, maintain_column_froms=True)
        session().execute(
            insert(LedgerEntry).from_select(["id", "transaction_id", "account", "micros"], ready)
        )
        count, total = _sum(transaction.id)
        if not count:
            attempt.rollback()
            return None
        if total:
            session().add(
                LedgerEntry(
                    id=new_id(), transaction_id=transaction.id, account=against, micros=-total
                )
            )
        session().flush()
        transaction.sealed = True
        session().flush()
    return Posted(transaction.id, count, total)


def lines_select(transaction_id: str, but: str) -> Select[str, int]:
    """Return a query for the lines of a transaction, `account` and `micros`, but one account's."""
    return select(LedgerEntry.account, LedgerEntry.micros).where(
        LedgerEntry.transaction_id == transaction_id, LedgerEntry.account != but
    )


def _sum(transaction_id: str) -> tuple[int, int]:
    count, total = (
        session()
        .execute(
            select(func.count(), func.coalesce(func.sum(LedgerEntry.micros), 0)).where(
                LedgerEntry.transaction_id == transaction_id
            )
        )
        .one()
    )
    # SQLite goes over to floating point where a product leaves 64 bits; its sum then tells.
    if isinstance(total, float) or abs(total) > LARGEST:
        raise TooLarge("a line leaves 64 bits")
    # PostgreSQL sums whole numbers into a decimal.
    return int(count), int(total)
