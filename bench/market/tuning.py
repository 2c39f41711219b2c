"""The search for each rule's levels: the same number of tries for all, on training worlds.

Of all levels under which no fewer visits end in a purchase than under the default book, the one
under which contributors earn most. A price that only earns by turning people away is no choice
here: income and people served trade off along a curve (see the plot), and the default book's share
served is one point on it at which all rules can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bench.market.comparing import Markets
from bench.market.rules import BookRule, EpsilonRule, RowRule, Rule, TableRule
from bench.market.world import Floats, Settings
from pricing.price_book import DEFAULT_BOOK, PriceBook

Levels = Mapping[str, float]


@dataclass(frozen=True)
class Box:
    """Between what a level is looked for, and where the search starts.

    A level above zero is looked for by its logarithm.
    """

    low: float
    high: float
    start: float

    def at(self, place: float) -> float:
        """Return the level at a place between 0 and 1."""
        if self.low > 0:
            return float(self.low * (self.high / self.low) ** place)
        return float(self.low + (self.high - self.low) * place)

    def place(self) -> float:
        """Return the place of the start."""
        if self.low > 0:
            return float(np.log(self.start / self.low) / np.log(self.high / self.low))
        return (self.start - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Family:
    """A rule with levels to set."""

    name: str
    boxes: Mapping[str, Box]
    make: Callable[[Levels], Rule]


@dataclass(frozen=True)
class Found:
    """The best levels of a family, and what they came to in training."""

    rule: Rule
    levels: Levels
    income: float
    served: float


BOOK_START = {
    "scale": 1.0,
    "rarity": DEFAULT_BOOK.rarity_lambda,
    "fixed": DEFAULT_BOOK.fixed_micros / 1e6,
    "floor": DEFAULT_BOOK.respondent_micros / 1e4,
    "concavity": 1.0,
    "detail": 1.0,
}


def book_with(levels: Levels) -> PriceBook:
    """Return the default book with some things changed.

    Parameters
    ----------
    levels : mapping of str to float
        "scale" of the curve; "rarity", lambda; "fixed" in EUR; "floor" in cents for a
        respondent; "concavity", a power
        of the curve's slopes relative to the first (0: a straight line); "detail", a power of the
        factors by number of axes. What is missing stays.
    """
    given = {**BOOK_START, **levels}
    first = DEFAULT_BOOK.curve[1][1] / DEFAULT_BOOK.curve[1][0]
    curve = [(0, 0)]
    for left, right in pairwise(DEFAULT_BOOK.curve):
        slope = (right[1] - left[1]) / (right[0] - left[0])
        bent = first * (slope / first) ** given["concavity"] * given["scale"]
        width = right[0] - left[0]
        # A whole number of millionths a point, so that no rounding steepens the curve.
        curve.append((right[0], curve[-1][1] + width * round(bent)))
    return replace(
        DEFAULT_BOOK,
        version="tried",
        rarity_lambda=given["rarity"],
        fixed_micros=round(given["fixed"] * 1e6),
        respondent_micros=round(given["floor"] * 1e4),
        curve=tuple(curve),
        detail=tuple(factor ** given["detail"] for factor in DEFAULT_BOOK.detail),
    )


FEE = Box(0.0, 2.0, DEFAULT_BOOK.fixed_micros / 1e6)
FAMILIES = (
    Family(
        "tuned book",
        {
            "scale": Box(0.25, 8.0, 1.0),
            "rarity": Box(0.0, 2.0, DEFAULT_BOOK.rarity_lambda),
            "fixed": FEE,
            "floor": Box(0.0, 0.4, DEFAULT_BOOK.respondent_micros / 1e4),
            "concavity": Box(0.0, 3.0, 1.0),
            "detail": Box(0.0, 2.0, 1.0),
        },
        lambda levels: BookRule(book_with(levels), "tuned book"),
    ),
    Family(
        "per table",
        {"gold": Box(0.5, 16.0, 3.0), "fee": FEE},
        lambda levels: TableRule(levels["gold"], fee=levels["fee"]),
    ),
    Family(
        "per table, by tier",
        {
            "gold": Box(0.5, 16.0, 3.0),
            "silver": Box(0.2, 1.0, 0.7),
            "bronze": Box(0.2, 1.0, 0.7),
            "fee": FEE,
        },
        lambda levels: TableRule(
            levels["gold"], levels["silver"], levels["bronze"], levels["fee"], "per table, by tier"
        ),
    ),
    Family(
        "per row",
        {"rate": Box(0.1, 8.0, 1.0), "fee": FEE},
        lambda levels: RowRule(levels["rate"], levels["fee"]),
    ),
    Family(
        "per epsilon",
        {"rate": Box(0.25, 32.0, 4.0), "fee": FEE},
        lambda levels: EpsilonRule(levels["rate"], levels["fee"]),
    ),
)


def search(
    markets: Markets,
    family: Family,
    seeds: Sequence[int],
    settings: Settings,
    least_served: float,
    tries: int,
) -> Found:
    """Try levels: the start, then a third at random, then steps around the best so far.

    Where nothing serves enough, whatever serves most is the best.
    """
    rng = np.random.default_rng(tries)
    size = len(family.boxes)
    best: tuple[float, Floats] | None = None
    found: Found | None = None
    for number in range(tries):
        if best is None:
            places = np.array([box.place() for box in family.boxes.values()])
        elif number <= tries // 3:
            places = rng.random(size)
        else:
            width = 0.15 * 0.2 ** (number / tries)
            places = np.clip(best[1] + width * rng.standard_normal(size), 0.0, 1.0)
        pairs = zip(family.boxes.items(), places, strict=True)
        levels = {name: box.at(float(place)) for (name, box), place in pairs}
        rule = family.make(levels)
        (figures,) = markets.play([rule], seeds, settings)
        income, served = float(figures["income"].mean()), float(figures["served"].mean())
        score = income if served >= least_served else served - least_served
        if best is None or score > best[0]:
            best, found = (score, places), Found(rule, levels, income, served)
    assert found is not None
    return found
