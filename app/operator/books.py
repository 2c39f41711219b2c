"""The book of money as the operator's pages show it: each currency by itself."""

from dataclasses import dataclass

from app.catalog.price_lists import currency
from app.core.permissions import Actor, Role, require
from app.jobs import queries as jobs_queries
from app.jobs.queries import JobView
from app.ledger import chain, currencies, history
from app.ledger import queries as ledger
from app.ledger.chain import Head
from app.ledger.history import Day
from app.ledger.queries import TransactionView
from app.operator import verifying
from app.operator.verifying import Verification
from app.statements.periods import Period
from pricing.money import Money

LATEST = 100


@dataclass(frozen=True)
class Balance:
    """The trial balance of one currency; the total must be zero."""

    currency: str
    rows: dict[str, Money]
    total: Money


@dataclass(frozen=True)
class BookPage:
    """What the page of the book shows.

    Attributes
    ----------
    waiting : int
        Transactions without a link of the chain yet.
    """

    balances: tuple[Balance, ...]
    transactions: tuple[TransactionView, ...]
    head: Head
    waiting: int
    verification: Verification | None
    job: JobView | None


def balances() -> tuple[Balance, ...]:
    """Return the trial balance of each currency that occurs, and of the market's own."""
    found = []
    for code in sorted({*currencies.used(), currency()}):
        rows = ledger.trial_balance(code)
        found.append(Balance(code, rows, sum(rows.values(), Money.zero(code))))
    return tuple(found)


def page(actor: Actor) -> BookPage:
    """Return what the page of the book shows.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    return BookPage(
        balances(),
        ledger.latest(LATEST),
        chain.head(),
        chain.waiting(),
        verifying.latest(),
        jobs_queries.latest_of(f"{verifying.JOB}:"),
    )


def days(actor: Actor, period: Period) -> dict[str, tuple[Day, ...]]:
    """Return the days of a period in which something was booked, by currency.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    found = {code: history.days(code, period.start, period.end) for code in currencies.used()}
    return {code: days_ for code, days_ in found.items() if days_}
