"""The prices on docs/pricing.md are the ones the default book gives."""

from __future__ import annotations

import re
from math import prod
from pathlib import Path

from pricing.item import Answer, Item, Question, subsets
from pricing.preview import multiplied_variance
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.quote import LineKind, quote, table_facts
from pricing.rarity import Rarity
from tests.pricing.strategies import CELLS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pricing.md").read_text()
VARIANCES = {"gold": 100.0, "silver": 400.0, "bronze": 1600.0}


PREVIEW = 25_600.0
PEOPLE = 400


def item(edition: str, marginal: tuple[str, ...], tier: str) -> Item:
    return Item(
        *(edition, "shopping", marginal, tier, PEOPLE, 1.0),
        tuple(answer(axes, tier) for axes in subsets(marginal)),
    )


def answer(axes: frozenset[str], tier: str) -> Answer:
    margins = [(CELLS[axis], PREVIEW) for axis in axes]
    shown = multiplied_variance(PEOPLE, margins) if margins else PREVIEW
    cells = prod(CELLS[axis] for axis in axes)
    return Answer(Question("shopping", axes), VARIANCES[tier], cells, None, shown)


def test_prices_on_the_page_are_true() -> None:
    rows = re.findall(
        r"^\| ([a-z, ]+) \| (\w+) \| (\d+) people \| ([\d.]+ EUR) \| ([\d.]+ EUR) \|$", PAGE, re.M
    )
    assert len(rows) == 5
    for names, tier, people, common, rare in rows:
        table = item("e1", tuple(names.split(", ")), tier)
        for answering, price in ((6, common), (1, rare)):
            rarity = Rarity(6, {answer.question: answering for answer in table.answers})
            assert str(quote(PriceList(DEFAULT_BOOK, rarity), [table]).total) == price
            assert table_facts(PriceList(DEFAULT_BOOK, rarity), table).respondents == int(people)


def test_study_on_the_page_is_true() -> None:
    marginals = [("age",), ("day",), ("age", "day"), ("day", "product")]
    study = [item(f"e{n}", marginal, "gold") for n in range(6) for marginal in marginals]
    total = quote(PriceList(DEFAULT_BOOK, Rarity.of_catalogue(study)), study).total
    assert f"24 tables, costs {total}." in PAGE


def test_every_kind_of_line_is_explained() -> None:
    for kind in LineKind:
        assert f"\n| {kind.value} | " in PAGE
