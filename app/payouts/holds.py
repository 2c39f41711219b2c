"""Why money that is owed is not being sent: the decision and its words, in one table.

Pure: facts in, a reason out. The first row that is true decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.payouts.states import PayoutState
from pricing.money import MICROS_PER_CENT

#: After a refusal the same contributor is tried again a day later.
REST_AFTER_REFUSAL = timedelta(days=1)
#: Words of the provider for an account that it lets receive nothing for now.
RESTRICTED_STATUS = "restricted"


class Held(StrEnum):
    """Why money that is owed is not being sent; the last two hold nothing."""

    UNDER_WAY = "under-way"
    OPERATOR = "operator"
    DEBT = "debt"
    NOTHING = "nothing"
    WINDOW = "window"
    MINIMUM = "minimum"
    NO_ACCOUNT = "no-account"
    RESTRICTED = "restricted"
    NOT_READY = "not-ready"
    SAME_BANK = "same-bank"
    REVIEW = "review"
    REFUSED = "refused"
    SETTLING = "settling"
    READY = "ready"

    @property
    def sends(self) -> bool:
        """Whether the next payout run sends it, as soon as the market's own money is there."""
        return self in (Held.SETTLING, Held.READY)


@dataclass(frozen=True)
class Facts:
    """What decides about one contributor's money.

    Attributes
    ----------
    owed, waiting : int
        In millionths: owed in all; the part of earnings that a refund may still take.
    free_cents : int
        What no refund can take any more.
    minimum_cents : int
        Of a payout.
    account_id : str or None
        At the provider, None where it was not opened.
    payable : bool
        Whether the provider lets it receive money.
    status : str
        The provider's word for it.
    asked : bool
        Whether the provider was asked about it at all.
    waits_since : datetime or None
        Since when the market's own money at the provider does not cover it.
    latest : PayoutState or None
        Of the contributor's latest payout.
    refused_at : datetime or None
        When that was refused.
    again : bool
        Whether to try even soon after a refusal.
    held_by_operator : bool
    looks_at : bool
        Whether it is a first or a large payout that nobody has looked at, and not old enough.
    shares_bank : bool
        Whether somebody else named the same bank account before, and nobody has looked at that.
    """

    now: datetime
    owed: int
    waiting: int
    free_cents: int
    minimum_cents: int
    account_id: str | None
    payable: bool
    status: str
    asked: bool
    waits_since: datetime | None
    latest: PayoutState | None
    refused_at: datetime | None
    again: bool = False
    held_by_operator: bool = False
    looks_at: bool = False
    shares_bank: bool = False

    @property
    def too_little(self) -> bool:
        """Whether what is free does not come to a payout."""
        return self.free_cents < max(1, self.minimum_cents)

    @property
    def rests(self) -> bool:
        """Whether the latest payout was refused a short while ago."""
        refused = self.latest is PayoutState.REFUSED and not self.again
        return refused and (self.refused_at or self.now) > self.now - REST_AFTER_REFUSAL


@dataclass(frozen=True)
class Hold:
    """A row of the table.

    Attributes
    ----------
    when : callable
    says : str
        To the contributor, with places for amount, days, minimum, day and time.
    """

    held: Held
    when: Callable[[Facts], bool]
    says: Any


HOLDS = (
    Hold(
        Held.UNDER_WAY,
        lambda f: f.latest is PayoutState.INTENDED,
        _l("%(amount)s is on its way; we wait for the payment provider to confirm it."),
    ),
    Hold(
        Held.OPERATOR,
        lambda f: f.held_by_operator,
        _l("The operator holds your payouts: %(reason)s What you earned stays yours until then."),
    ),
    Hold(
        Held.DEBT,
        lambda f: f.owed < 0,
        _l(
            "Sales that had been paid out to you were refunded. Later sales make up for it; you "
            "owe nothing otherwise."
        ),
    ),
    Hold(
        Held.NOTHING,
        lambda f: f.too_little and f.owed < MICROS_PER_CENT,
        _l("There is nothing to pay out at present."),
    ),
    Hold(
        Held.WINDOW,
        lambda f: f.too_little and f.waiting > 0,
        _l(
            "A buyer may be given their money back for %(days)s days. What is older than that is "
            "sent once it comes to %(minimum)s."
        ),
    ),
    Hold(
        Held.MINIMUM,
        lambda f: f.too_little,
        _l(
            "Payouts begin at %(minimum)s, because each one costs a fee. What you have earned "
            "stays yours and adds up."
        ),
    ),
    Hold(
        Held.NO_ACCOUNT,
        lambda f: f.account_id is None,
        _l("The money is ready. Connect a payout account to receive it."),
    ),
    Hold(
        Held.RESTRICTED,
        lambda f: not f.payable and f.asked and f.status == RESTRICTED_STATUS,
        _l(
            "The money is ready, but the payment provider has restricted your account: it asks "
            "you for something before it takes more. What you earned stays yours."
        ),
    ),
    Hold(
        Held.NOT_READY,
        lambda f: not f.payable,
        _l(
            "The money is ready, but your payout account is not: complete it with the payment "
            "provider."
        ),
    ),
    Hold(
        Held.SAME_BANK,
        lambda f: f.shares_bank,
        _l(
            "%(amount)s is ready, but another contributor is paid to the same bank account. The "
            "operator looks at that first. Name an account of your own with the payment provider."
        ),
    ),
    Hold(
        Held.REVIEW,
        lambda f: f.looks_at,
        _l(
            "%(amount)s is ready. A first payout, or a large one, is looked at by the operator "
            "first, or sent %(review)s days after the sale: until then a bank may still take a "
            "buyer’s payment back."
        ),
    ),
    Hold(
        Held.REFUSED,
        lambda f: f.rests,
        _l("The payment provider refused the last payout. We try again a day later."),
    ),
    Hold(
        Held.SETTLING,
        lambda f: f.waits_since is not None,
        _l(
            "%(amount)s is ready. The market’s money at the payment provider has not settled yet "
            "(since %(day)s); it is sent as soon as it has."
        ),
    ),
    Hold(
        Held.READY,
        lambda _facts: True,
        _l("%(amount)s will be sent with the next payout run, on %(time)s."),
    ),
)


def decide(facts: Facts) -> Held:
    """Return what holds a contributor's money, or that nothing does."""
    return next(hold.held for hold in HOLDS if hold.when(facts))


def words(held: Held, **places: object) -> str:
    """Say what holds the money, in the reader's language.

    Parameters
    ----------
    **places
        amount, days, minimum, day, time, reason, review; as they are to be read.
    """
    (hold,) = (hold for hold in HOLDS if hold.held is held)
    return str(hold.says) % places
