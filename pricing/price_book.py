"""The published, immutable rule of a price: weights, floors, curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from pricing.errors import InvalidMoney, InvalidPriceBook
from pricing.item import BY_DETAIL, BY_HALVES, RULES
from pricing.money import BASIS_POINTS, Money

#: Value points are counted in millionths, as money is.
MICROPOINTS = 1_000_000


@dataclass(frozen=True)
class PriceBook:
    """One version of the price; a new price is a new version.

    Parameters
    ----------
    version : str
        Its name, on every quote.
    currency : str
        ISO 4217, with hundredths.
    base : float
        Weight of a plain one-way table: value points per square root of a respondent, > 0.
    detail : tuple of float
        Factor by number of axes, from none on; the last one holds for all longer tables.
    rarity_lambda, rarity_cap : float
        How strongly rarity counts (>= 0) and where its logarithm stops (>= 0).
    fixed_micros, floor_micros, minimum_micros : int
        Millionths: once per buyer, once per edition, smallest payment.
    curve : tuple of (int, int)
        Breakpoints (value points, millionths of money) of h, from (0, 0), concave and
        increasing; the last slope goes on for ever.
    minimum_people : int
        Nothing is sold below this released number of people, >= 1.
    platform_basis_points : int
        The platform's share of a sale, in ten-thousandths, below 10 000.
    respondent_micros : int
        What an edition asks for at least for each effective respondent of its best answer
        bought, in millionths.
    rule : int
        By which products are measured: 1 as a share of one half, question by collection;
        2 by the cells of each table, question by content, beyond the free preview.

    Raises
    ------
    InvalidPriceBook
        If any of this does not hold.
    """

    version: str
    currency: str
    base: float
    detail: tuple[float, ...]
    rarity_lambda: float
    rarity_cap: float
    fixed_micros: int
    floor_micros: int
    minimum_micros: int
    curve: tuple[tuple[int, int], ...]
    minimum_people: int
    platform_basis_points: int
    respondent_micros: int = 0
    rule: int = BY_HALVES

    def __post_init__(self) -> None:
        if not self.version:
            raise InvalidPriceBook("a price book has a version")
        if self.rule not in RULES:
            raise InvalidPriceBook(f"there is no rule {self.rule!r}")
        self._check_weights()
        self._check_amounts()
        self._check_curve()

    def _check_weights(self) -> None:
        weights = (self.base, *self.detail)
        if not self.detail or not all(math.isfinite(w) and w > 0 for w in weights):
            raise InvalidPriceBook("weights are finite and above zero")
        factors = (self.rarity_lambda, self.rarity_cap)
        if not all(math.isfinite(f) and f >= 0 for f in factors):
            raise InvalidPriceBook("rarity is finite and not below zero")

    def _check_amounts(self) -> None:
        amounts = (
            self.fixed_micros,
            self.floor_micros,
            self.minimum_micros,
            self.respondent_micros,
        )
        try:
            if any(Money(amount, self.currency).micros < 0 for amount in amounts):
                raise InvalidPriceBook("amounts are not below zero")
        except InvalidMoney as error:
            raise InvalidPriceBook(str(error)) from error
        if type(self.minimum_people) is not int or self.minimum_people < 1:
            raise InvalidPriceBook("the smallest number of people is at least one")
        if not 0 <= self.platform_basis_points < BASIS_POINTS:
            raise InvalidPriceBook("the platform's share lies below the whole")

    def _check_curve(self) -> None:
        if len(self.curve) < 2 or self.curve[0] != (0, 0):
            raise InvalidPriceBook("the curve starts at (0, 0) and has a second point")
        if any(type(number) is not int for point in self.curve for number in point):
            raise InvalidPriceBook("the curve is written in whole numbers")
        if any(right[0] <= left[0] for left, right in pairwise(self.curve)):
            raise InvalidPriceBook("the curve's points go from left to right")
        slopes = [
            Fraction(right[1] - left[1], right[0] - left[0]) for left, right in pairwise(self.curve)
        ]
        if slopes[-1] < 0 or any(later > earlier for earlier, later in pairwise(slopes)):
            raise InvalidPriceBook("the curve never falls and never steepens")

    def worth(self, micropoints: int) -> int:
        """Return h(V), in millionths of money, rounded up.

        Parameters
        ----------
        micropoints : int
            V in millionths of a value point, >= 0.

        Returns
        -------
        int
            The least of the curve's straight lines, which for a concave curve is the curve.
        """
        return min(
            left[1]
            - (
                (right[1] - left[1])
                * (left[0] * MICROPOINTS - micropoints)
                // ((right[0] - left[0]) * MICROPOINTS)
            )
            for left, right in pairwise(self.curve)
        )

    def rate(self, point: int) -> int:
        """Return what a further value point costs from a point on, in millionths, rounded up."""
        left, right = next(
            (pair for pair in pairwise(self.curve) if point < pair[1][0]),
            (self.curve[-2], self.curve[-1]),
        )
        return -((left[1] - right[1]) // (right[0] - left[0]))

    def detail_of(self, axes: int) -> float:
        """Return the factor of a table with so many axes."""
        return self.detail[min(axes, len(self.detail) - 1)]

    def money(self, micros: int) -> Money:
        """Return an amount in the book's currency."""
        return Money(micros, self.currency)

    def to_dict(self) -> dict[str, Any]:
        """Return the book as plain values, for JSON."""
        plain = asdict(self)
        plain["detail"] = list(self.detail)
        plain["curve"] = [list(point) for point in self.curve]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> PriceBook:
        """Read back what `to_dict` wrote.

        Raises
        ------
        InvalidPriceBook
            If a field is missing, unknown or not allowed.
        """
        try:
            values = {
                **plain,
                "detail": tuple(float(factor) for factor in plain["detail"]),
                "curve": tuple((points, micros) for points, micros in plain["curve"]),
            }
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidPriceBook(f"not a price book: {error}") from error


#: The second book, whose prices still hold for what was quoted under it; the simulation
#: compares with it.
SECOND_BOOK = PriceBook(
    version="2026-2",
    currency="EUR",
    base=1.0,
    detail=(0.25, 1.0, 1.5, 2.0, 2.5),
    rarity_lambda=0.5,
    rarity_cap=2.0,
    fixed_micros=100_000,
    floor_micros=500_000,
    minimum_micros=1_000_000,
    curve=(
        (0, 0),
        (200, 14_000_000),
        (1_000, 58_800_000),
        (5_000, 226_800_000),
        (20_000, 646_800_000),
    ),
    minimum_people=50,
    platform_basis_points=1_000,
)

#: The book a new market starts with. A one-way table weighs 1; a total weighs 0.25, because
#: it is one number; each further axis adds 0.2, so little that one-way tables multiplied are not
#: much cheaper than the table they imitate. The price of a value point falls from 12 cents to
#: 4.8, so that large orders pay less per point than single tables. The reasons for each number
#: are in docs/benchmarks/market.md.
DEFAULT_BOOK = replace(
    SECOND_BOOK,
    version="2026-3",
    detail=(0.25, 1.0, 1.2, 1.4, 1.6),
    floor_micros=0,
    curve=(
        (0, 0),
        (200, 24_000_000),
        (1_000, 100_800_000),
        (5_000, 388_800_000),
        (20_000, 1_108_800_000),
    ),
    respondent_micros=1_000,
    rule=BY_DETAIL,
)
