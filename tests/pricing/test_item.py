from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pricing.coverage import coverage
from pricing.errors import InvalidBundle, InvalidItem, InvalidPriceBook
from pricing.item import RULES, Answer, Question, distinct
from pricing.price_book import DEFAULT_BOOK
from pricing.rarity import Rarity
from pricing.volume import MICRORESPONDENTS, effective_respondents
from tests.pricing.strategies import make_item


@pytest.mark.parametrize(
    "change",
    [
        {"quality": 1.1},
        {"quality": float("nan")},
        {"people": 10.5},
        {"marginal": ("age", "age")},
        {"marginal": ("age", "day")},
        {"collection": "health"},
        {"answers": ()},
    ],
)
def test_refuses_inconsistent_items(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidItem):
        replace(make_item(), **change)


@pytest.mark.parametrize("variance", [-1.0, float("nan"), float("inf")])
def test_refuses_impossible_variances(variance: float) -> None:
    with pytest.raises(InvalidItem):
        Answer(Question("shopping", frozenset()), variance)


def test_one_product_has_one_description() -> None:
    item = make_item()
    assert distinct([item, item]) == (item,)
    with pytest.raises(InvalidBundle):
        distinct([item, replace(item, people=item.people + 1)])


def test_noiseless_answers_count_everybody_and_noise_costs_respondents() -> None:
    assert effective_respondents(400, 0.0) == 400 * MICRORESPONDENTS
    assert effective_respondents(400, 0.0, 0.5) == 200 * MICRORESPONDENTS
    assert effective_respondents(400, 50.0) > effective_respondents(400, 51.0)
    assert effective_respondents(-3, 1.0) == effective_respondents(0, 1.0) == 0


def test_respondents_are_those_of_a_noiseless_survey() -> None:
    people, variance = 900, 130.0
    x = effective_respondents(people, variance) / MICRORESPONDENTS
    variance_of_a_share = (people * 0.25 + variance) / people**2
    assert 0.25 / x == pytest.approx(variance_of_a_share, rel=1e-6)


def test_a_finer_copy_replaces_a_coarser_one() -> None:
    gold, silver = make_item(tier="gold"), make_item(tier="silver")
    for rule in RULES:
        both, fine, coarse = (coverage(of, rule) for of in ([silver, gold], [gold], [silver]))
        assert both == fine != coarse


def test_rare_questions_weigh_more_up_to_a_cap() -> None:
    question = Question("shopping", frozenset({"age"}))
    weights = [
        Rarity(100_000, {question: answering}).weight(DEFAULT_BOOK, question)
        for answering in (100_000, 50_000, 20_000, 1)
    ]
    assert weights[0] == 1_000_000
    assert weights == sorted(weights)
    assert weights[-1] == 2_000_000


def test_a_question_not_counted_is_answered_once() -> None:
    question = Question("shopping", frozenset({"age"}))
    assert Rarity(5, {}).answering(question) == 1
    assert Rarity(0, {}).factor(DEFAULT_BOOK, question) == 1.0


@pytest.mark.parametrize(("total", "answering"), [(-1, 0), (3, 4), (3, -1)])
def test_refuses_impossible_counts(total: int, answering: int) -> None:
    with pytest.raises(InvalidPriceBook):
        Rarity(total, {Question("shopping", frozenset()): answering})
