"""Whether what the provider holds covers what is owed to others.

Everything in the book that is not the market's own is owed: to contributors, settled or not,
to the state, to whoever gets the gifts, and what is on its way. As long as the provider holds
at least that, the market can pay everybody; only what is beyond it is the market's to withdraw.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.clock import now
from app.ledger import accounts
from app.ledger import queries as ledger
from app.reconciliation import queries as reconciliations
from pricing.money import Money

#: Among what is owed by kind of account, the name of what contributors owe.
DEBTS = "debts"
#: So long what the provider held may be relied on.
FRESH = timedelta(minutes=5)


class Cover(StrEnum):
    """How well what is owed is covered."""

    COVERED = "covered"
    SETTLING = "settling"
    SHORT = "short"


@dataclass(frozen=True)
class CoverReport:
    """What the provider holds against what is owed.

    Attributes
    ----------
    at : datetime
        When the provider was asked.
    fresh : bool
        Whether that was a moment ago and nothing moved at the provider since: only then may
        somebody rely on what is free.
    available, pending : Money
        At the provider: usable now, and still settling.
    owed, debts : Money
        To others; and what contributors owe after refunds of what they were sent, which is
        carried and counts for nothing here.
    by_account : dict of str to Money
        What is owed, by kind of account, positive.
    """

    at: datetime
    fresh: bool
    available: Money
    pending: Money
    owed: Money
    debts: Money
    by_account: dict[str, Money]

    @property
    def held(self) -> Money:
        """What the provider holds in all."""
        return self.available + self.pending

    @property
    def free(self) -> Money:
        """What the market may withdraw now without owing more than is held."""
        least = min(self.held - self.owed, self.available)
        return max(least, Money.zero(self.owed.currency))

    @property
    def missing(self) -> Money:
        """What has to be added so that everybody can be paid."""
        return max(self.owed - self.held, Money.zero(self.owed.currency))

    @property
    def cover(self) -> Cover:
        """How well what is owed is covered."""
        if self.missing:
            return Cover.SHORT
        return Cover.SETTLING if self.available < self.owed else Cover.COVERED


def latest() -> CoverReport | None:
    """Return what the latest comparison found; None before any.

    What was held and what was owed are of the same moment: a sale after it changes neither.
    """
    view = reconciliations.latest_reconciliation()
    if view is None or view.available is None or view.pending is None or view.owed is None:
        return None
    code = view.available.currency
    owed = {kind: Money(micros, code) for kind, micros in view.owed.items()}
    debts = owed.pop(DEBTS, Money.zero(code))
    total = sum(owed.values(), Money.zero(code))
    fresh = view.at > now() - FRESH and not ledger.moved_since(accounts.PROVIDER, view.at)
    return CoverReport(view.at, fresh, view.available, view.pending, total, debts, owed)


def owed_by_account(code: str) -> dict[str, int]:
    """Return what the book owes to others now, by kind of account, in millionths, positive.

    Under `DEBTS` stands what contributors owe in their turn.
    """
    balances = ledger.trial_balance(code)
    debts = ledger.debts(accounts.contributor(""), code)
    own = (accounts.PROVIDER, accounts.PLATFORM, accounts.BANK)
    owed = {kind: -amount.micros for kind, amount in balances.items() if kind not in own}
    if "contributor" in owed:
        # What some owe does not lessen what is owed to others.
        owed["contributor"] += debts.micros
    return {**owed, DEBTS: debts.micros}
