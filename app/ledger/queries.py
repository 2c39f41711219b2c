from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Select, cast, func, select

from app.core.db import session
from app.core.dialects import before_colon
from app.ledger.models import LedgerEntry, LedgerTransaction
from pricing.money import Money

#: Of a transaction with a line for every contributor a page shows so many.
MOST_LINES = 100


@dataclass(frozen=True)
class LineView:
    """One line of a transaction."""

    account: str
    amount: Money


@dataclass(frozen=True)
class TransactionView:
    """A transaction with its lines; of very many the largest, and how many more there are."""

    id: str
    kind: str
    key: str
    at: datetime
    lines: tuple[LineView, ...]
    more: int = 0


@dataclass(frozen=True)
class EntryView:
    """One line of an account, with the transaction it belongs to."""

    key: str
    kind: str
    at: datetime
    amount: Money


def balance(account: str, currency: str) -> Money:
    """Return what an account holds: debits less credits, of sealed transactions."""
    total = session().scalar(
        select(func.coalesce(func.sum(LedgerEntry.micros), 0))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.account == account,
            LedgerTransaction.currency == currency,
            LedgerTransaction.sealed,
        )
    )
    return Money(int(total or 0), currency)


def balances_select(currency: str) -> Select[str, int]:
    """Return a query for every account's balance, `account` and `micros`: for work on sets."""
    return (
        select(
            LedgerEntry.account.label("account"),
            # PostgreSQL sums whole numbers into a decimal.
            cast(func.sum(LedgerEntry.micros), BigInteger).label("micros"),
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.currency == currency, LedgerTransaction.sealed)
        .group_by(LedgerEntry.account)
    )


def debts(prefix: str, currency: str) -> Money:
    """Return the sum of those balances of the accounts with a prefix that are debits."""
    each = balances_select(currency).where(LedgerEntry.account.startswith(prefix)).subquery()
    chosen = select(func.coalesce(func.sum(each.c.micros), 0)).where(each.c.micros > 0)
    return Money(int(session().scalar(chosen) or 0), currency)


def trial_balance(currency: str) -> dict[str, Money]:
    """Return the balance of every kind of account; they sum to zero."""
    # Added up by kind inside the database: there are as many accounts as contributors.
    kind = before_colon(LedgerEntry.account)
    rows = session().execute(
        select(kind, func.sum(LedgerEntry.micros))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.currency == currency, LedgerTransaction.sealed)
        .group_by(kind)
    )
    return {kind: Money(int(micros), currency) for kind, micros in sorted(rows.all())}


def latest(limit: int = 50, account: str = "") -> tuple[TransactionView, ...]:
    """Return the latest transactions, newest first; of one account if it is named."""
    chosen = select(LedgerTransaction).where(LedgerTransaction.sealed)
    if account:
        chosen = chosen.where(
            LedgerTransaction.id.in_(
                select(LedgerEntry.transaction_id).where(LedgerEntry.account == account)
            )
        )
    rows = session().scalars(
        chosen.order_by(LedgerTransaction.at.desc(), LedgerTransaction.id).limit(limit)
    )
    return tuple(_view(row) for row in rows)


def by_key(key: str) -> TransactionView | None:
    """Return the transaction with a key."""
    row = (
        session()
        .scalars(select(LedgerTransaction).where(LedgerTransaction.key == key))
        .one_or_none()
    )
    return None if row is None else _view(row)


def lines(key: str) -> dict[str, int]:
    """Return every line of the transaction with a key, in millionths; none if there is none."""
    rows = session().execute(
        select(LedgerEntry.account, LedgerEntry.micros)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.key == key)
    )
    return {account: int(micros) for account, micros in rows}


def entries(account: str, currency: str) -> tuple[EntryView, ...]:
    """Return every line of one account, oldest first."""
    rows = session().execute(
        select(
            LedgerTransaction.key,
            LedgerTransaction.kind,
            LedgerTransaction.at,
            LedgerEntry.micros,
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.account == account,
            LedgerTransaction.currency == currency,
            LedgerTransaction.sealed,
        )
        .order_by(LedgerTransaction.at, LedgerTransaction.key)
    )
    return tuple(
        EntryView(key, kind, at, Money(micros, currency)) for key, kind, at, micros in rows
    )


def _view(row: LedgerTransaction) -> TransactionView:
    mine = LedgerEntry.transaction_id == row.id
    size = func.abs(LedgerEntry.micros).desc()
    largest = session().scalars(
        select(LedgerEntry).where(mine).order_by(size, LedgerEntry.account).limit(MOST_LINES)
    )
    shown = sorted(largest, key=lambda entry: (-entry.micros, entry.account))
    more = 0
    if len(shown) == MOST_LINES:
        counted = session().scalar(select(func.count()).select_from(LedgerEntry).where(mine))
        more = (counted or 0) - MOST_LINES
    return TransactionView(
        row.id,
        row.kind,
        row.key,
        row.at,
        tuple(LineView(e.account, Money(e.micros, row.currency)) for e in shown),
        more,
    )


def moved_since(account: str, moment: datetime) -> bool:
    """Say whether anything was booked on an account after a moment."""
    chosen = (
        select(LedgerEntry.id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.account == account, LedgerTransaction.at > moment)
    )
    return session().scalar(chosen.limit(1)) is not None
