"""What the same people earn in one edition, in many, and in many collections."""

from __future__ import annotations

from dataclasses import dataclass

from bench.market.world import AXES, cells_of, noise_of
from pricing.item import BY_DETAIL, Answer, Item, Question, subsets
from pricing.preview import multiplied_variance
from pricing.price_book import PriceBook
from pricing.price_list import PriceList, term
from pricing.rarity import Rarity
from pricing.tariff import tariff
from pricing.volume import MICRORESPONDENTS

TABLE = ("age", "day")
PEOPLE = 4_000
PIECES = (1, 4, 10, 40)
CROWDS = (1, 10, 100, 1_000)
EVERYBODY_ASKS = "everywhere"


@dataclass(frozen=True)
class Split:
    """The same people in so many editions, and what one gold table of all of them costs.

    Attributes
    ----------
    respondents : int
        Asking so many people without noise tells an average cell as precisely.
    """

    editions: int
    houses: int
    respondents: int
    cents: int


def gold(edition: str, house: str, people: int, preview: int | None) -> Item:
    """Return a two-way gold table as a release with epsilon 1 has it."""
    variances = noise_of(2, 1.0).variances

    def shown(axes: frozenset[str]) -> float | None:
        if preview is None:
            return None
        if not axes:
            return variances[axes] * preview
        margins = [(AXES[one], variances[frozenset((one,))] * preview) for one in axes]
        return multiplied_variance(people, margins)

    answers = tuple(
        Answer(
            Question(house, axes),
            variances[axes],
            cells_of(axes),
            Question(EVERYBODY_ASKS, axes),
            shown(axes),
        )
        for axes in sorted(subsets(TABLE), key=sorted)
    )
    return Item(edition, house, TABLE, "gold", people, 1.0, answers)


def split(
    book: PriceBook, people: int, editions: int, preview: int, *, apart: bool = False
) -> Split:
    """Price the table of all of some people, in so many editions.

    Parameters
    ----------
    apart : bool
        Each edition in a collection of its own, which ask the same.
    """
    items = [
        gold(f"e{n}", f"c{n}" if apart else "c", people // editions, preview)
        for n in range(editions)
    ]
    prices = PriceList(book, _common(items))
    asked = sum(item.respondents(BY_DETAIL) for item in items) // MICRORESPONDENTS
    return Split(editions, editions if apart else 1, asked, tariff(prices, items).cents_up())


def _common(items: list[Item]) -> Rarity:
    """Let all editions answer every question: none is rare."""
    every = {answer.asked(rule) for item in items for answer in item.answers for rule in (1, 2)}
    return Rarity(len(items), dict.fromkeys(every, len(items)))


def with_others(book: PriceBook, others: int, preview: int) -> tuple[int, int]:
    """Price one gold table of 400 people beside the previews of other editions, in two ways.

    Returns
    -------
    tuple of int
        Cents by what a table tells beyond its own preview, and by h(V(B + Z)) - h(V(Z)) where
        Z are the previews of the whole catalogue, without fee and floor.
    """
    whole = gold("e0", "c", 400, None)
    prices = PriceList(book, _common([whole]))
    beyond = book.worth(prices.value([gold("e0", "c", 400, preview)]))
    before = after = 0
    for answer in whole.answers:
        question = answer.asked(book.rule)
        (shown,) = {
            x - dict(gold("e0", "c", 400, preview).reach(book.rule))[question]
            for q, x in whole.reach(book.rule)
            if q == question
        }
        weight, own = prices.weight(question), dict(whole.reach(book.rule))[question]
        before += term(weight, shown * others)
        after += term(weight, shown * (others - 1) + own)
    return -(-beyond // 10_000), -(-(book.worth(after) - book.worth(before)) // 10_000)
