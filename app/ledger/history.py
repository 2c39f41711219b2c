"""The book between two moments: for statements, and for whoever audits it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, case, func, select

from app.core.db import Database, session
from app.core.dialects import before_colon, day_of
from app.ledger.models import LedgerEntry, LedgerLink, LedgerTransaction
from app.ledger.queries import EntryView
from pricing.money import Money

#: So many keys are looked for at a time; databases take only so many values in a statement.
AT_A_TIME = 500


@dataclass(frozen=True)
class Movement:
    """What one day did to one kind of account, in millionths: credits are negative."""

    kind: str
    opening: int
    debits: int
    credits: int

    @property
    def closing(self) -> int:
        """The balance after the day."""
        return self.opening + self.debits + self.credits


@dataclass(frozen=True)
class Day:
    """A day in which something was booked, with every kind of account known by then."""

    day: date
    movements: tuple[Movement, ...]

    @property
    def start(self) -> datetime:
        """Its midnight: for showing it."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def balanced(self) -> bool:
        """Whether openings, movements and closings each sum to zero."""
        opening, debits, credited, closing = self.total
        return not (opening or closing or debits + credited)

    @property
    def total(self) -> tuple[int, int, int, int]:
        """Openings, debits, credits and closings added up: openings and closings are zero."""
        each = self.movements
        return (
            sum(m.opening for m in each),
            sum(m.debits for m in each),
            sum(m.credits for m in each),
            sum(m.closing for m in each),
        )


@dataclass(frozen=True)
class BookLine:
    """A line of the book with its transaction, and the link of that in the chain if it has one."""

    key: str
    kind: str
    at: datetime
    account: str
    micros: int
    currency: str
    id: str
    link: int | None
    digest: str | None


def balance_before(account: str, currency: str, moment: datetime) -> Money:
    """Return what an account held just before a moment."""
    chosen = select(func.coalesce(func.sum(LedgerEntry.micros), 0)).where(
        _sealed(currency), LedgerEntry.account == account, LedgerTransaction.at < moment
    )
    return Money(int(session().scalar(chosen) or 0), currency)


def entries_between(
    account: str, currency: str, start: datetime, end: datetime
) -> tuple[EntryView, ...]:
    """Return the lines of one account from `start` to just before `end`, oldest first."""
    return _views(account, currency, _between(start, end))


def entries_of(
    account: str, currency: str, keys: Sequence[str], start: datetime, end: datetime
) -> tuple[EntryView, ...]:
    """Return the lines of one account in the named transactions that lie between two moments."""
    found: list[EntryView] = []
    for place in range(0, len(keys), AT_A_TIME):
        named = LedgerTransaction.key.in_(keys[place : place + AT_A_TIME])
        found += _views(account, currency, named & _between(start, end))
    return tuple(found)


def days(currency: str, start: datetime, end: datetime) -> tuple[Day, ...]:
    """Return each day in which something was booked, by kind of account, oldest first.

    Added up inside the database: a settlement has a line for every contributor.
    """
    micros, kind = LedgerEntry.micros, before_colon(LedgerEntry.account)
    balances: dict[str, int] = {}
    before = select(kind, func.sum(micros)).where(_sealed(currency), LedgerTransaction.at < start)
    for name, total in session().execute(before.group_by(kind)):
        balances[name] = int(total)
    day = day_of(LedgerTransaction.at)
    moved = select(
        day,
        kind,
        func.sum(case((micros > 0, micros), else_=0)),
        func.sum(case((micros < 0, micros), else_=0)),
    ).where(_sealed(currency), _between(start, end))
    by_day: dict[str, dict[str, tuple[int, int]]] = {}
    for when, name, debits, credited in session().execute(moved.group_by(day, kind)):
        by_day.setdefault(when, {})[name] = (int(debits), int(credited))
    found = []
    for when, movements in sorted(by_day.items()):
        each = tuple(
            Movement(name, balances.get(name, 0), *movements.get(name, (0, 0)))
            for name in sorted(balances.keys() | movements.keys())
        )
        balances |= {movement.kind: movement.closing for movement in each}
        found.append(Day(date.fromisoformat(when), each))
    return tuple(found)


def stream(db: Database, start: datetime, end: datetime) -> Iterator[BookLine]:
    """Yield every line between two moments, of all currencies, without holding them all.

    Outlives the request that asked for it, so it has a connection of its own.
    """
    chosen = (
        select(
            LedgerTransaction.key,
            LedgerTransaction.kind,
            LedgerTransaction.at,
            LedgerEntry.account,
            LedgerEntry.micros,
            LedgerTransaction.currency,
            LedgerTransaction.id,
            LedgerLink.number,
            LedgerLink.digest,
        )
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .outerjoin(LedgerLink, LedgerLink.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.sealed, _between(start, end))
        .order_by(LedgerTransaction.at, LedgerTransaction.key, LedgerEntry.account)
    )
    with (
        db.engine.connect() as connection,
        connection.execution_options(yield_per=1000).execute(chosen) as rows,
    ):
        for row in rows:
            yield BookLine(*row)


def _sealed(currency: str) -> ColumnElement[bool]:
    return (
        (LedgerTransaction.id == LedgerEntry.transaction_id)
        & (LedgerTransaction.currency == currency)
        & LedgerTransaction.sealed
    )


def _views(account: str, currency: str, which: ColumnElement[bool]) -> tuple[EntryView, ...]:
    chosen = select(
        LedgerTransaction.key,
        LedgerTransaction.kind,
        LedgerTransaction.at,
        LedgerEntry.micros,
    ).where(_sealed(currency), LedgerEntry.account == account, which)
    rows = session().execute(chosen.order_by(LedgerTransaction.at, LedgerTransaction.key))
    return tuple(
        EntryView(key, kind, at, Money(micros, currency)) for key, kind, at, micros in rows
    )


def _between(start: datetime, end: datetime) -> ColumnElement[bool]:
    return (LedgerTransaction.at >= start) & (LedgerTransaction.at < end)
