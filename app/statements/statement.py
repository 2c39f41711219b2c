from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.statements.periods import Period
from pricing.money import Money


@dataclass(frozen=True)
class Line:
    """Something that changed a balance.

    Attributes
    ----------
    what : str
        In the reader's language; may hold words of other people.
    reference : str
        By which it is found in the book.
    """

    at: datetime
    what: str
    reference: str
    amount: Money


@dataclass(frozen=True)
class Statement:
    """An account over some days: opening balance + lines = closing balance."""

    period: Period
    opening: Money
    lines: tuple[Line, ...]

    @property
    def closing(self) -> Money:
        """The balance at the end, with which the next period opens."""
        return sum((line.amount for line in self.lines), self.opening)

    def balances(self) -> Iterator[tuple[Line, Money]]:
        """Return each line with the balance after it."""
        balance = self.opening
        for line in self.lines:
            balance += line.amount
            yield line, balance


@dataclass(frozen=True)
class Heading:
    """What stands above a statement.

    Attributes
    ----------
    title, balance : str
        What the statement is, and what its balance means.
    holder, account : str
        The name of whose it is, and the identifier of their account.
    """

    title: str
    balance: str
    holder: str
    account: str
