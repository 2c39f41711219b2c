"""Many small editions never earn more than one large one of the same people."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pricing.item import BY_DETAIL, Answer, Item, Question, subsets
from pricing.price_book import DEFAULT_BOOK, SECOND_BOOK, PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from pricing.tariff import exact_price, tariff
from tests.pricing.strategies import books, make_item

TABLES = (("age",), ("age", "day"))
COMMON = Rarity(0, {})


def of_people(
    edition: str, people: int, variance: float, preview: float | None = None
) -> list[Item]:
    return [
        make_item(edition, table, people=people, variance=variance, preview=preview)
        for table in TABLES
    ]


@given(
    book=books(),
    parts=st.lists(st.integers(1, 2_000), min_size=1, max_size=12),
    variance=st.floats(0.0, 2_000.0),
)
def test_a_pooled_edition_costs_no_less_than_its_parts(
    book: PriceBook, parts: list[int], variance: float
) -> None:
    """Respondents grow faster than people, and so do value and floor."""
    fair = replace(book, rule=BY_DETAIL, floor_micros=0)
    pooled = of_people("pooled", sum(parts), variance)
    apart = [one for n, people in enumerate(parts) for one in of_people(f"e{n}", people, variance)]
    prices = PriceList(fair, COMMON)
    # The respondents of each edition are rounded down, its floor is rounded up.
    slack = len(parts) * (1 + fair.curve[1][1] // (fair.curve[1][0] * 1_000_000) + 1)
    assert exact_price(prices, apart).micros <= exact_price(prices, pooled).micros + slack


@given(parts=st.integers(2, 40), variance=st.floats(10.0, 2_000.0))
def test_the_free_preview_leaves_pooling_its_gain_up_to_a_size(parts: int, variance: float) -> None:
    """Up to n s = sqrt(v w): beyond, the preview of a large edition gives ever more away."""
    shown = 256.0
    share = (5 - 1) / 5**2
    most = int(2 * variance * shown**0.5 / share)
    prices = PriceList(DEFAULT_BOOK, COMMON)
    people = max(50, most // parts)
    pooled = [make_item("p", people=people * parts, variance=variance, preview=shown)]
    apart = [
        make_item(f"e{n}", people=people, variance=variance, preview=shown) for n in range(parts)
    ]
    if people * parts <= most:
        assert tariff(prices, apart) <= tariff(prices, pooled)


def one_way(edition: str, collection: str, people: int, variance: float = 100.0) -> Item:
    answers = tuple(
        Answer(Question(collection, axes), variance, 42, Question("same", axes))
        for axes in subsets(("slot",))
    )
    return Item(edition, collection, ("slot",), "gold", people, 1.0, answers)


def test_six_editions_cost_the_same_in_one_collection_and_in_six() -> None:
    one = [one_way(f"e{n}", "c", 400) for n in range(6)]
    six = [one_way(f"e{n}", f"c{n}", 400) for n in range(6)]
    rarity = Rarity.of_catalogue([*one, *six])
    fair, before = PriceList(DEFAULT_BOOK, rarity), PriceList(SECOND_BOOK, rarity)
    assert tariff(fair, one) == tariff(fair, six)
    assert tariff(before, six).micros > 1.4 * tariff(before, one).micros


def test_forty_small_editions_cost_less_than_one_large_one_as_they_tell_less() -> None:
    small = [one_way(f"e{n}", "c", 100) for n in range(40)]
    large = [one_way("large", "c", 4_000)]
    fair, before = PriceList(DEFAULT_BOOK, COMMON), PriceList(SECOND_BOOK, COMMON)
    assert 3 * tariff(fair, small).micros < tariff(fair, large).micros
    # Under the book before, forty floors made less precision dearer.
    assert tariff(before, small) > tariff(before, large)
    told = [sum(item.respondents(BY_DETAIL) for item in of) for of in (small, large)]
    assert 20 * told[0] < told[1]


def test_what_nobody_bought_is_not_rare() -> None:
    """An odd question, invented to be the only one, weighs like a common one."""
    odd, usual = Question("odd", frozenset({"a"})), Question("usual", frozenset({"a"}))
    rarity = Rarity(40, {usual: 20})
    assert rarity.factor(DEFAULT_BOOK, odd) == 1.0
    assert rarity.factor(SECOND_BOOK, odd) > rarity.factor(SECOND_BOOK, usual) > 1.0


def test_rarity_compares_editions_of_one_topic() -> None:
    """Editions about something else make nothing rarer."""
    question = Question("a", frozenset({"a"}))
    crowded = Rarity(100, {question: 2}, {question: 2})
    assert crowded.factor(DEFAULT_BOOK, question) == 1.0
    assert (crowded.total(question), crowded.answering(question)) == (2, 2)
