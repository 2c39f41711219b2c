"""Whether what the provider holds covers what is owed to others.

Everything in the book that is not the market's own is owed: to contributors, settled or not,
to the state, to whoever gets the gifts, and what is on its way. As long as the provider holds
at least that, the market can pay everybody; only what is beyond it is the market's to withdraw.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.ledger import accounts
from app.ledger import queries as ledger
from app.payments.gateway import Balance, PaymentGateway
from app.payouts import queries
from pricing.money import Money


class Cover(StrEnum):
    """How well what is owed is covered."""

    COVERED = "covered"
    SETTLING = "settling"
    SHORT = "short"


@dataclass(frozen=True)
class Reserve:
    """What the provider holds against what is owed.

    Attributes
    ----------
    available, pending : Money
        At the provider: usable now, and still settling.
    owed, debts : Money
        To others; and what contributors owe after refunds of what they were sent, which is
        carried and counts for nothing here.
    by_account : dict of str to Money
        What is owed, by kind of account, positive.
    """

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


def watch(gateway: PaymentGateway) -> Reserve:
    """Ask the provider what it holds and compare it with what the book owes.

    Raises
    ------
    GatewayUnavailable, GatewayRefused
    """
    code = queries.currency()
    return against(gateway.balance(code), code)


def latest() -> Reserve | None:
    """Do the same with what the provider held at the latest comparison; None before any."""
    view = queries.latest_reconciliation()
    if view is None or view.available is None or view.pending is None:
        return None
    code = view.available.currency
    return _reserve(view.available, view.pending, code)


def against(balance: Balance, code: str) -> Reserve:
    """Compare a balance with what the book owes."""
    available = Money.from_cents(balance.available_cents, code)
    return _reserve(available, Money.from_cents(balance.pending_cents, code), code)


def _reserve(available: Money, pending: Money, code: str) -> Reserve:
    balances = ledger.trial_balance(code)
    debts = ledger.debts(accounts.contributor(""), code)
    own = (accounts.PROVIDER, accounts.PLATFORM, accounts.BANK)
    by_account = {kind: -amount for kind, amount in balances.items() if kind not in own}
    if "contributor" in by_account:
        # What some owe does not lessen what is owed to others.
        by_account["contributor"] += debts
    owed = sum(by_account.values(), Money.zero(code))
    return Reserve(available, pending, owed, debts, by_account)
