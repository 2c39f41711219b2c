"""Random catalogues of hundreds of products, and what somebody buys of them.

Figures are drawn edition by edition, as releases have them: the noise of an answer depends on
the question and the tier, not on the table it is read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from random import Random

from hypothesis import strategies as st

from pricing.item import Answer, Item, Question, subsets
from pricing.price_book import PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from tests.pricing.strategies import TIERS, Market, books

AXES = ("age", "day", "product", "region")
MARGINALS = tuple(m for size in (1, 2, 3) for m in combinations(AXES, size))


@dataclass(frozen=True, repr=False)
class Shopping:
    """A market of hundreds of products and some sets of them."""

    market: Market
    holdings: tuple[Item, ...]
    first: tuple[Item, ...]
    second: tuple[Item, ...]
    accounts: tuple[tuple[Item, ...], ...]

    def __repr__(self) -> str:
        sets = {
            name: [item.key for item in of]
            for name, of in (("owns", self.holdings), ("1", self.first), ("2", self.second))
        }
        return f"Shopping({self.market.book}, {len(self.market.catalogue)} products, {sets})"


@st.composite
def shoppings(draw: st.DrawFn) -> Shopping:
    """Draw a market of 294 to 588 products and three sets of them."""
    random = draw(st.randoms(use_true_random=False))
    return shopping(random, draw(books()))


def shopping(random: Random, book: PriceBook) -> Shopping:
    """Make 7 to 14 editions of 14 tables at 3 tiers, and three sets of their products."""
    catalogue: list[Item] = []
    for number in range(random.randint(7, 14)):
        collection = f"c{random.randrange(4)}"
        people, floor = random.randint(1, 3_000), random.choice([0, 0, 1_234_567])
        noise = {axes: random.uniform(0, 800) for axes in sorted(subsets(AXES), key=sorted)}
        quality = random.choice([1.0, 1.0, random.random()])
        each, preview = random.choice([1.0, 1.0, 3.5]), random.choice([None, 16, 256])
        for marginal in MARGINALS:
            for tier, factor in TIERS.items():
                answers = tuple(
                    Answer(
                        Question(collection, axes),
                        noise[axes] * factor,
                        6 ** len(axes),
                        # Of four collections two and two ask the same.
                        Question(f"t{int(collection[1]) // 2}", axes),
                        preview and noise[axes] * preview,
                    )
                    for axes in sorted(subsets(marginal), key=sorted)
                )
                catalogue.append(
                    Item(
                        *(f"e{number}", collection, marginal, tier, people, quality, answers),
                        floor,
                        each,
                    )
                )
    market = Market(PriceList(book, Rarity.of_catalogue(catalogue)), tuple(catalogue))

    def some(least: int, most: int) -> tuple[Item, ...]:
        return tuple(random.sample(catalogue, random.randint(least, most)))

    first, second = some(1, 40), some(1, 40)
    parts: list[list[Item]] = [[] for _ in range(random.randint(2, 8))]
    for item in (*first, *second):
        random.choice(parts).append(item)
    return Shopping(market, some(0, 40), first, second, tuple(tuple(p) for p in parts if p))
