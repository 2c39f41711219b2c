"""Who gets which share of a sale, to the millionth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pricing.coverage import Coverage
from pricing.errors import InvalidSplit
from pricing.item import Item, Question, distinct
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.price_list import PriceList

#: Shares of a question are cut this much finer than micropoints before rounding down.
_FINENESS = 1 << 64


@dataclass(frozen=True)
class Part:
    """An edition's claim on a sale: its floor in millionths, then by weight."""

    floor_micros: int
    weight: int


@dataclass(frozen=True)
class PerShare:
    """Money per share, in millionths, and what could not be spread evenly."""

    micros: int
    remainder: Money


def platform_share(book: PriceBook, net: Money) -> Money:
    """Return the platform's part of a sale after tax and fees, rounded down."""
    if net.micros < 0:
        raise InvalidSplit(f"nothing to share: {net}")
    return net.share_down(book.platform_basis_points)


def aumann_shapley(
    prices: PriceList, bundle: Iterable[Item], holdings: Iterable[Item] = ()
) -> dict[str, int]:
    """Return how much of the value that a purchase adds comes from each edition.

    The values are whole-number weights, for dividing money in proportion. The gain of each
    question goes to editions in proportion to the respondents each one adds to it, which is the
    Aumann-Shapley value of the increment. With nothing owned, edition d gets
    ``s_d = sum_e r_e sqrt(X_e) x_de / X_e``: r_e is the weight of question e, x_de the
    respondents of d for e, X_e their sum over d.

    References
    ----------
    Aumann and Shapley (1974), Values of Non-Atomic Games. The integral of the gradient along
    the straight path from what is owned to what will be; for a function of the sum alone it
    is proportional to the steps.
    """
    owned = distinct(holdings)
    both = distinct((*owned, *bundle))
    before, after = prices.covered(owned), prices.covered(both)
    worth_before = prices.terms(before)
    weights = dict.fromkeys((item.edition for item in both), 0)
    for question, worth in prices.terms(after).items():
        gain = worth - worth_before.get(question, 0)
        steps = _steps(before, after, question)
        length = sum(steps.values())
        for edition, step in steps.items():
            if step:
                weights[edition] += gain * step * _FINENESS // length
    return weights


def _steps(before: Coverage, after: Coverage, question: Question) -> dict[str, int]:
    owned = before.get(question, {})
    return {edition: x - owned.get(edition, 0) for edition, x in after[question].items()}


def apportion(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share a whole number in proportion to weights, exactly, by the largest remainder.

    Raises
    ------
    InvalidSplit
        If the amount or a weight is negative, or there is nobody to share with.

    Examples
    --------
    >>> apportion(10, {"a": 1, "b": 1, "c": 1})
    {'a': 4, 'b': 3, 'c': 3}
    """
    if amount < 0 or not weights or min(weights.values()) < 0:
        raise InvalidSplit("shares and weights are not negative, and somebody gets them")
    whole = sum(weights.values())
    if whole == 0:
        return apportion(amount, dict.fromkeys(weights, 1))
    names = sorted(weights)
    parts = {name: amount * weights[name] // whole for name in names}
    left = amount - sum(parts.values())
    by_remainder = sorted(names, key=lambda name: (-(amount * weights[name] % whole), name))
    for name in by_remainder[:left]:
        parts[name] += 1
    return parts


def parts_of(
    prices: PriceList, bundle: Iterable[Item], holdings: Iterable[Item] = ()
) -> dict[str, Part]:
    """Return how the money of a purchase will be shared among its editions.

    Fixed when the price is quoted; `share_out` applies it once the money is there.

    Parameters
    ----------
    bundle, holdings : iterable of Item
        What is bought, and what the buyer owned before.

    Raises
    ------
    InvalidSplit
        If the bundle is empty.
    """
    asked, owned = distinct(bundle), distinct(holdings)
    if not asked:
        raise InvalidSplit("an empty bundle has nobody to share with")
    gains = aumann_shapley(prices, asked, owned)
    before, after = prices.floors(owned), prices.floors((*owned, *asked))
    return {
        edition: Part(after.get(edition, 0) - before.get(edition, 0), gains[edition])
        for edition in sorted({item.edition for item in asked})
    }


def share_out(parts: Mapping[str, Part], net: Money) -> dict[str, Money]:
    """Share what is left of a sale among the editions that earned it.

    Each edition gets its floor, then the rest goes by weight. When the money does not cover
    the floors, it is shared in proportion to them.

    Parameters
    ----------
    net : Money
        What is left after tax, fees and the platform's share, >= 0.

    Returns
    -------
    dict of str to Money
        Every edition, some perhaps with nothing; sums to ``net`` exactly.

    Raises
    ------
    InvalidSplit
        If ``net`` is negative or there is no part.
    """
    if net.micros < 0:
        raise InvalidSplit(f"nothing to share: {net}")
    floors = {edition: part.floor_micros for edition, part in parts.items()}
    promised = sum(floors.values())
    if net.micros < promised:
        shared = apportion(net.micros, floors)
    else:
        weights = {edition: part.weight for edition, part in parts.items()}
        rest = apportion(net.micros - promised, weights if any(weights.values()) else floors)
        shared = {edition: floors[edition] + rest[edition] for edition in floors}
    return {edition: Money(micros, net.currency) for edition, micros in shared.items()}


def per_share(amount: Money, shares_total: int) -> PerShare:
    """Spread an amount over shares, rounded down; the remainder stays in the reserve.

    Examples
    --------
    >>> per_share(Money(1_000_001, "EUR"), 3)
    PerShare(micros=333333, remainder=Money(micros=2, currency='EUR'))
    """
    if amount.micros < 0 or shares_total < 1:
        raise InvalidSplit("a positive number of shares, an amount not below zero")
    micros, rest = divmod(amount.micros, shares_total)
    return PerShare(micros, Money(rest, amount.currency))


def part_taken(micros: int, cents: int, of_cents: int) -> int:
    """Return how much of a booked amount to take back, in millionths, once cents were refunded.

    `micros` is the booked amount in millionths, `cents` all cents taken back from the sale so
    far, `of_cents` the sale's total. Rounded towards zero; the whole amount at the whole total.
    It depends on the sum taken back only, so several refunds end where one refund would.

    Examples
    --------
    >>> part_taken(100, 1, 3), part_taken(-100, 2, 3), part_taken(100, 3, 3)
    (33, -66, 100)

    Raises
    ------
    InvalidSplit
        Unless ``0 <= cents <= of_cents`` and ``of_cents`` is positive.
    """
    if of_cents < 1 or not 0 <= cents <= of_cents:
        raise InvalidSplit("a part of a sale lies between nothing and its total")
    size = abs(micros) * cents // of_cents
    return size if micros >= 0 else -size
