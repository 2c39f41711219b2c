"""Random catalogues, bundles and price books."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from pricing.item import RULES, Answer, Item, Question, subsets
from pricing.price_book import DEFAULT_BOOK, PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity

AXES = ("age", "day", "product")
CELLS = {"age": 5, "day": 7, "product": 6}
TIERS = {"gold": 1.0, "silver": 4.0, "bronze": 16.0}


def make_item(
    edition: str = "e1",
    marginal: tuple[str, ...] = ("age",),
    tier: str = "gold",
    *,
    collection: str = "shopping",
    people: int = 400,
    variance: float = 50.0,
    quality: float = 1.0,
    each: float = 1.0,
    preview: float | None = None,
) -> Item:
    """Build a product whose noise grows with its axes and its tier.

    Every collection asks the same; `preview` is the factor of the free preview's noise.
    """

    def answer(axes: frozenset[str]) -> Answer:
        gold = variance * (1 + len(axes))
        return Answer(
            Question(collection, axes),
            gold * TIERS[tier],
            prod(CELLS[axis] for axis in axes),
            Question("everywhere", axes),
            None if preview is None or len(axes) > 1 else gold * preview,
        )

    answers = tuple(answer(axes) for axes in sorted(subsets(marginal), key=sorted))
    return Item(edition, collection, marginal, tier, people, quality, answers, each=each)


MARGINALS = (("age",), ("day",), ("product",), ("age", "day"), ("age", "day", "product"))


@dataclass(frozen=True)
class Market:
    """A catalogue and the rarity published for it."""

    prices: PriceList
    catalogue: tuple[Item, ...]

    @property
    def book(self) -> PriceBook:
        return self.prices.book


@st.composite
def books(draw: st.DrawFn) -> PriceBook:
    """Draw price books, many of them without fees, where the rounding shows most."""
    slopes = sorted(draw(st.lists(st.integers(0, 90_000), min_size=2, max_size=4)), reverse=True)
    curve = [(0, 0)]
    for slope in slopes:
        width = draw(st.integers(1, 60))
        curve.append((curve[-1][0] + width, curve[-1][1] + width * slope))
    fees = st.sampled_from([0, 0, 1, 9_999, 500_000])
    return PriceBook(
        version="drawn",
        currency="EUR",
        base=draw(st.floats(0.01, 2.0)),
        detail=DEFAULT_BOOK.detail,
        rarity_lambda=draw(st.floats(0.0, 2.0)),
        rarity_cap=2.0,
        fixed_micros=draw(fees),
        floor_micros=draw(fees),
        minimum_micros=draw(st.sampled_from([0, 0, 1_000_000, 12_345])),
        curve=tuple(curve),
        minimum_people=1,
        platform_basis_points=1_000,
        respondent_micros=draw(st.sampled_from([0, 1, 500, 50_000])),
        rule=draw(st.sampled_from(RULES)),
    )


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Draw a few editions, each with all its tables at all tiers."""
    catalogue: list[Item] = []
    for number in range(draw(st.integers(1, 4))):
        collection = draw(st.sampled_from(["shopping", "health"]))
        people = draw(st.integers(1, 2_000))
        variance = draw(st.floats(0.0, 500.0))
        quality = draw(st.floats(0.0, 1.0))
        each = draw(st.sampled_from([1.0, 1.0, 6.9]))
        preview = draw(st.sampled_from([None, 16.0, 256.0, 2.0]))
        for marginal in draw(st.lists(st.sampled_from(MARGINALS), min_size=1, unique=True)):
            catalogue += [
                make_item(
                    f"e{number}",
                    marginal,
                    tier,
                    collection=collection,
                    people=people,
                    variance=variance,
                    quality=quality,
                    each=each,
                    preview=preview,
                )
                for tier in TIERS
            ]
    return Market(PriceList(draw(books()), Rarity.of_catalogue(catalogue)), tuple(catalogue))


@dataclass(frozen=True, repr=False)
class Purchase:
    """A market and three sets of products in it."""

    market: Market
    holdings: tuple[Item, ...]
    first: tuple[Item, ...]
    second: tuple[Item, ...]

    def __repr__(self) -> str:
        bundles = {
            name: [(item.key, item.people, item.quality, item.answers[0].variance) for item in of]
            for name, of in (("owns", self.holdings), ("1", self.first), ("2", self.second))
        }
        return f"Purchase({self.market.book}, {bundles})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        """Hypothesis would write out the whole catalogue."""
        printer.text(repr(self))


@st.composite
def purchases(draw: st.DrawFn) -> Purchase:
    """Draw what somebody owns, and two bundles."""
    market = draw(markets())
    # By place: the strategy is written out with what it draws from.
    items = st.integers(0, len(market.catalogue) - 1).map(market.catalogue.__getitem__)
    some = st.lists(items, max_size=6, unique_by=lambda i: i.key)
    first = draw(some.filter(bool))
    return Purchase(market, tuple(draw(some)), tuple(first), tuple(draw(some.filter(bool))))
