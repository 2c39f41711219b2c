"""Precision by the cells of a table, per person, beyond the free preview."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.errors import InvalidItem
from pricing.item import BY_DETAIL, BY_HALVES, Answer, Question
from pricing.preview import multiplied_variance
from pricing.price_book import DEFAULT_BOOK, SECOND_BOOK
from pricing.price_list import PriceList
from pricing.quote import quote
from pricing.rarity import Rarity
from pricing.tariff import charge
from pricing.volume import MICRORESPONDENTS, effective_respondents
from tests.pricing.strategies import make_item

PRICES = PriceList(DEFAULT_BOOK, Rarity(0, {}))


@given(people=st.integers(1, 10**7), variance=st.floats(0, 1e9), quality=st.floats(0, 1))
def test_two_cells_are_the_formula_of_the_books_before_to_the_digit(
    people: int, variance: float, quality: float
) -> None:
    before = math.floor(quality * people * people / (people + 4.0 * variance) * MICRORESPONDENTS)
    assert effective_respondents(people, variance, quality) == before


@given(people=st.integers(1, 10**5), variance=st.floats(0, 1e5), cells=st.integers(2, 1_000))
def test_a_noiseless_survey_of_so_many_tells_the_mean_cell_as_precisely(
    people: int, variance: float, cells: int
) -> None:
    asked = effective_respondents(people, variance, cells=cells) / MICRORESPONDENTS
    share = (1 / cells) * (1 - 1 / cells)
    of_table = (people * share + variance) / people**2
    assert asked <= people
    assert asked == pytest.approx(share / of_table, rel=1e-6, abs=1e-6)


def test_a_table_of_42_cells_is_as_precise_as_34_people_not_200() -> None:
    assert effective_respondents(400, 100.0, cells=42) // MICRORESPONDENTS == 34
    assert effective_respondents(400, 1_600.0, cells=42) / MICRORESPONDENTS == pytest.approx(
        2.3, abs=0.02
    )
    assert effective_respondents(400, 100.0) // MICRORESPONDENTS == 200


def test_more_cells_and_more_noise_never_tell_more() -> None:
    asked = [effective_respondents(400, 100.0, cells=cells) for cells in range(2, 300)]
    assert all(finer <= coarser for coarser, finer in pairwise(asked))


@given(bound=st.integers(1, 30), cells=st.integers(2, 200), people=st.integers(50, 5_000))
def test_more_contributions_of_each_are_not_cheaper_where_they_tell_more(
    bound: int, cells: int, people: int
) -> None:
    """k contributions in distinct cells cost noise of variance k v and tell k times as much.

    Measured in contributions, as the books before did, they would be less precise.
    """
    table = ("age", "day")

    def asked(k: int, rule: int) -> int:
        one = make_item(marginal=table, people=people, variance=100.0 * k, each=float(k))
        return one.respondents(rule)

    assert asked(bound, BY_DETAIL) >= asked(1, BY_DETAIL)
    assert asked(bound, BY_HALVES) <= asked(1, BY_HALVES)
    # People are who is asked: never more than there are.
    assert asked(bound, BY_DETAIL) <= people * MICRORESPONDENTS


def test_seven_days_of_each_are_dearer_than_one() -> None:
    one = make_item(marginal=("day",), variance=50.0)
    seven = make_item(marginal=("day",), variance=350.0, each=7.0)
    before = PriceList(SECOND_BOOK, Rarity(0, {}))
    assert charge(PRICES, [seven]) > charge(PRICES, [one])
    assert charge(before, [seven]) < charge(before, [one])


def test_what_the_preview_shows_costs_nothing() -> None:
    shown = make_item(tier="bronze", preview=16.0)
    made = quote(PRICES, [shown])
    assert not made.total
    assert not made.items[0].best(BY_DETAIL)
    assert charge(PRICES, [make_item(tier="bronze", preview=256.0)])
    # Beside others too: neither a fee nor a floor, and nothing off for it.
    gold = make_item("e2", preview=16.0)
    assert charge(PRICES, [gold, shown]) == charge(PRICES, [gold])
    assert charge(PRICES, [shown], [gold]).micros == 0


@given(factor=st.floats(1.0, 10_000.0), people=st.integers(50, 5_000))
def test_a_finer_preview_never_makes_a_table_dearer(factor: float, people: int) -> None:
    coarse = make_item(people=people, preview=factor * 2)
    fine = make_item(people=people, preview=factor)
    unseen = make_item(people=people)
    assert charge(PRICES, [fine]) <= charge(PRICES, [coarse]) <= charge(PRICES, [unseen])


@given(
    people=st.integers(50, 10_000),
    margins=st.lists(st.tuples(st.integers(2, 30), st.floats(1.0, 1e4)), min_size=2, max_size=3),
    uneven=st.floats(0.0, 2.0),
)
def test_previews_multiplied_are_never_better_than_what_is_taken_off(
    people: int, margins: list[tuple[int, float]], uneven: float
) -> None:
    """For any population: columns that hang together, or uneven ones, only make it worse."""
    shares = []
    for size, _ in margins:
        weights = [(1 + place) ** -uneven for place in range(size)]
        shares.append([weight / sum(weights) for weight in weights])
    whole = people**2
    noisy = math.prod(
        sum(p * p for p in of) / len(of) + variance / whole
        for of, (_, variance) in zip(shares, margins, strict=True)
    )
    plain = math.prod(sum(p * p for p in of) / len(of) for of in shares)
    error = whole * (noisy - plain)
    assert multiplied_variance(people, margins) <= error * (1 + 1e-9)


@pytest.mark.parametrize("wrong", [{"cells": 0}, {"cells": 2.0}, {"shown": -1.0}])
def test_refuses_impossible_answers(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidItem):
        Answer(Question("c", frozenset()), 1.0, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("each", [0.5, math.nan, math.inf])
def test_refuses_less_than_one_contribution_a_person(each: float) -> None:
    with pytest.raises(InvalidItem):
        make_item(each=each)
