"""What guesses from cheaper tables get that was not paid for.

The price is free of arbitrage for unbiased answers. A biased one may be cheaper: somebody who
multiplies two one-way tables as if their columns had nothing to do with each other gets a table
of both, as good as that guess. Here every pair of columns of some populations is guessed so, and
what is got is set beside what is paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from bench.market.catalogue import FACTORS
from bench.market.world import AXES, Floats, Noise, cells_of, noise_of
from pricing.item import Answer, Item, Question, subsets
from pricing.preview import multiplied_variance
from pricing.price_book import PriceBook
from pricing.price_list import PriceList, term
from pricing.rarity import Rarity

PEOPLE = (100, 400, 1_600, 6_400)
#: How much two columns have to do with each other: 0 not at all, 1 one tells the other.
TIES = (0.05, 0.1, 0.2, 0.4)
PLANS = tuple(product((2, 3), (1.0, 4.0)))


@dataclass(frozen=True)
class Guess:
    """One guess of a table of two columns.

    Attributes
    ----------
    how : str
        "preview", "product gold", "shrunk silver" and so on.
    beaten : bool
        Whether it is as precise as a table of both columns that is on sale.
    unpaid : float
        Part, 0 to 1, of the price of what was got that was not paid: what was bought, and the
        most precise table of both columns that the guess is as precise as.
    """

    how: str
    people: int
    tie: float
    beaten: bool
    unpaid: float


@dataclass(frozen=True)
class Pair:
    """Two columns of an edition, and what their tables cost."""

    noise: Noise
    columns: tuple[str, str]
    people: int
    prices: PriceList
    preview: int

    def error(self, shares: Floats, factor: float) -> float:
        """Return the mean squared error of a cell where the one-way tables are multiplied.

        Parameters
        ----------
        shares : (d_1, d_2) float64
            Of the people, by both columns.
        factor : float
            Of the one-way tables' noise variance, in that of gold.
        """
        first, second = (self.noise.variances[frozenset((one,))] * factor for one in self.columns)
        alone, along = shares.sum(1), shares.sum(0)
        wrong = self.people * (shares - np.outer(alone, along))
        noisy = np.mean(alone**2) * second + np.mean(along**2) * first
        return float(np.mean(wrong**2) + noisy + first * second / self.people**2)

    @property
    def variance(self) -> float:
        """Noise variance of a cell of the table of both columns, gold."""
        return self.noise.variances[frozenset(self.columns)]

    def items(self, tier: str, *, both: bool) -> list[Item]:
        """Return the table of both columns, or the one of each."""
        tables = [self.columns] if both else [(one,) for one in self.columns]
        return [self._item(table, tier) for table in tables]

    def worth(self, tier: str) -> int:
        """Return what the question of both columns is worth at a tier, in micropoints."""
        (item,) = self.items(tier, both=True)
        answer = next(one for one in item.answers if one.question == item.question)
        question, rule = answer.asked(self.prices.book.rule), self.prices.book.rule
        return term(self.prices.weight(question), dict(item.reach(rule))[question])

    def _item(self, table: tuple[str, ...], tier: str) -> Item:
        answers = tuple(self._answer(axes, tier) for axes in sorted(subsets(table), key=sorted))
        return Item("edition", "collection", table, tier, self.people, 1.0, answers)

    def _answer(self, axes: frozenset[str], tier: str) -> Answer:
        variances = self.noise.variances
        shown = multiplied_variance(
            self.people, [(AXES[one], variances[frozenset((one,))] * self.preview) for one in axes]
        )
        return Answer(
            Question("collection", axes),
            variances[axes] * FACTORS[tier],
            cells_of(axes),
            None,
            shown if axes else variances[axes] * self.preview,
        )


def population(columns: tuple[str, str], tie: float) -> Floats:
    """Return shares of people by two columns, uneven, whose first moments hang together."""
    alone, along = (_uneven(AXES[one]) for one in columns)
    shares = np.outer(alone, along) * (1.0 + tie * np.outer(_wave(alone), _wave(along)))
    kept = np.maximum(shares, 0.0)
    normed: Floats = kept / kept.sum()
    return normed


def guesses(book: PriceBook, preview: int) -> Iterator[Guess]:
    """Guess every pair of columns in every way, for a new buyer who pays no fee.

    Parameters
    ----------
    preview : int
        Noise variance of the free preview, in that of gold.
    """
    prices = PriceList(replace(book, fixed_micros=0), Rarity(1, {}))
    for (ways, epsilon), people in product(PLANS, PEOPLE):
        for columns in combinations(AXES, 2):
            pair = Pair(noise_of(ways, epsilon), columns, people, prices, preview)
            yield from _of_pair(pair)


def _of_pair(pair: Pair) -> Iterator[Guess]:
    worth = {tier: pair.worth(tier) for tier in FACTORS}
    bought = {(t, both): pair.items(t, both=both) for t in FACTORS for both in (False, True)}
    for tie in TIES:
        shares = population(pair.columns, tie)
        errors = {tier: pair.error(shares, factor) for tier, factor in FACTORS.items()}
        yield _guess(pair, tie, "preview", pair.error(shares, pair.preview), [], 0, worth)
        for tier, error in errors.items():
            apart, both = bought[tier, False], bought[tier, True]
            yield _guess(pair, tie, f"product {tier}", error, apart, 0, worth)
            own = pair.variance * FACTORS[tier]
            shrunk = error * own / (error + own)
            yield _guess(pair, tie, f"shrunk {tier}", shrunk, both, worth[tier], worth)


def _guess(
    pair: Pair,
    tie: float,
    how: str,
    error: float,
    bought: list[Item],
    has: int,
    worth: dict[str, int],
) -> Guess:
    prices = pair.prices
    beaten = [tier for tier, factor in FACTORS.items() if pair.variance * factor >= error]
    more = max((worth[tier] - has for tier in beaten), default=0)
    value, floors = prices.value(bought), sum(prices.floors(bought).values())
    paid = prices.book.worth(value) + floors
    got = prices.book.worth(value + max(0, more)) + floors
    return Guess(how, pair.people, tie, bool(beaten), 1 - paid / got if got else 0.0)


def summed(found: Iterable[Guess]) -> dict[str, tuple[float, float, float]]:
    """Return, by kind of guess, how many of 100 beat a table; the mean and most unpaid, in %."""
    by_kind: dict[str, list[Guess]] = {}
    for one in found:
        by_kind.setdefault(one.how, []).append(one)
    return {
        how: (
            100 * float(np.mean([one.beaten for one in of])),
            100 * float(np.mean([one.unpaid for one in of])),
            100 * max(one.unpaid for one in of),
        )
        for how, of in by_kind.items()
    }


def _uneven(size: int) -> Floats:
    weights = 1.0 / np.sqrt(np.arange(1.0, size + 1))
    shares: Floats = weights / weights.sum()
    return shares


def _wave(shares: Floats) -> Floats:
    """Return a score of each value, with mean 0 and variance 1."""
    wave = np.cos(np.pi * (np.arange(len(shares)) + 0.5) / len(shares))
    wave = wave - np.sum(shares * wave)
    scores: Floats = wave / np.sqrt(np.sum(shares * wave**2))
    return scores
