"""What was spent of people's privacy, in odds: figures of charges and ceilings, never of rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.releases.queries import ChargeView
from privacy.accountant import Account
from privacy.loss import Rho, epsilon_of, right_guesses

#: At which epsilon is stated where no collection states another; extra deltas of charges add up.
DELTA = 1e-6
BLIND = 50.0
#: How the subject of a charge begins that paid for the tables of an edition.
MEASURED = "edition:"
#: Where the bars of the histogram begin, in right guesses of 100: the last ends at 100.
ODDS = (50, 52, 54, 56, 58, 60, 65, 70, 75, 80, 90)


@dataclass(frozen=True)
class Loss:
    """A privacy loss as people and experts read it.

    Attributes
    ----------
    micro_rho : int
        Millionths of rho.
    epsilon, delta : float
        The same as (epsilon, delta); delta includes what charges added to it.
    guesses : float
        Of 100 guesses whether one took part, so many are right at most; 50 is guessing blindly.
    """

    micro_rho: int
    epsilon: float
    delta: float
    guesses: float


@dataclass(frozen=True)
class Reading:
    """A charge, and where the odometer stood after it."""

    charge: ChargeView
    after: Loss


@dataclass(frozen=True)
class Limit:
    """A ceiling: the loss it allows in all, and how much of its rho is left."""

    ceiling: Loss
    left_micro_rho: int
    used_percent: float


@dataclass(frozen=True)
class Odometer:
    """One privacy account: all charges in order, what is left, what would still fit.

    Attributes
    ----------
    own : Limit or None
        None where the owner set no ceiling below the market's.
    last : ChargeView or None
        The last charge for an edition.
    cost : int
        What that edition cost in all, in millionths of rho; 0 where there was none.
    further : int or None
        How many more editions like the last would fit; None where there was none.
    """

    spent: Loss
    readings: tuple[Reading, ...]
    own: Limit | None
    market: Limit
    last: ChargeView | None
    cost: int
    further: int | None


@lru_cache(maxsize=4096)
def loss_of(micro_rho: int, extra_delta: float = 0.0) -> Loss:
    """Read a loss in all units.

    Parameters
    ----------
    micro_rho : int
        >= 0, in millionths of rho.
    extra_delta : float
        What charges added to delta beside.
    """
    rho = Rho(micro_rho)
    return Loss(micro_rho, epsilon_of(rho, DELTA), DELTA + extra_delta, right_guesses(rho))


def read(charges: tuple[ChargeView, ...], own: int | None, market: int) -> Odometer:
    """Read the odometer of one account.

    Parameters
    ----------
    charges : tuple of ChargeView
        All of the account, in any order.
    own, market : int
        Ceilings in millionths of rho; own is None where the owner set none.
    """
    readings = []
    rho, extra = 0, 0.0
    for charge in sorted(charges, key=lambda c: (c.charged_at, c.subject, c.attempt)):
        rho, extra = rho + charge.micro_rho, extra + charge.extra_delta
        readings.append(Reading(charge, loss_of(rho, extra)))
    # One that was only counted says little of what the next one costs.
    of_editions = [r.charge for r in readings if r.charge.edition_id]
    measured = [each for each in of_editions if each.subject.startswith(MEASURED)]
    last = measured[-1] if measured else None
    cost = _cost(charges, last.edition_id) if last else 0
    left = Account(Rho(market if own is None else min(own, market)), Rho(rho)).left.micro
    return Odometer(
        loss_of(rho, extra),
        tuple(readings),
        None if own is None else limit_of(own, rho),
        limit_of(market, rho),
        last,
        cost,
        left // cost if cost else None,
    )


def _cost(charges: tuple[ChargeView, ...], edition_id: str) -> int:
    """Return what an edition cost, its count included, as if no noise had been lost."""
    mine = [charge for charge in charges if charge.edition_id == edition_id]
    return sum({charge.subject: charge.micro_rho for charge in mine}.values())


def limit_of(ceiling: int, spent: int) -> Limit:
    """Say what a ceiling leaves of what was spent, both in millionths of rho."""
    left = Account(Rho(ceiling), Rho(spent)).left.micro
    used = 100 * min(spent, ceiling) / ceiling if ceiling else 100.0
    return Limit(loss_of(ceiling), left, used)


def by_odds(accounts: Mapping[int, int]) -> tuple[tuple[int, int, int], ...]:
    """Count accounts by odds: (from, to, accounts), of right guesses in 100.

    Parameters
    ----------
    accounts : mapping of int to int
        How many accounts have spent so many millionths of rho.
    """
    counted: Counter[int] = Counter()
    for micro_rho, count in accounts.items():
        guesses = loss_of(micro_rho).guesses
        counted[max(start for start in ODDS if start <= guesses)] += count
    return tuple(
        (start, end, counted[start]) for start, end in zip(ODDS, (*ODDS[1:], 100), strict=True)
    )
