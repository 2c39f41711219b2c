"""The market simulation: repeatable, to the millionth, and with the product's own prices."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bench.market import plots, report
from bench.market.buying import cheapest, cover
from bench.market.catalogue import Catalogue
from bench.market.comparing import Markets
from bench.market.experiments import QUICK, experiment, served_at_equal_income
from bench.market.playing import Run, play
from bench.market.rules import BookRule, EpsilonRule, RowRule, Rule, TableRule
from bench.market.tuning import FAMILIES, book_with
from bench.market.world import Settings, World, make_world
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.quote import quote
from pricing.rarity import Rarity

SETTINGS = Settings(collections=4, periods=2, buyers=30)
RULES: tuple[Rule, ...] = (
    BookRule(),
    TableRule(),
    TableRule(silver=0.5, bronze=0.5, name="by tier"),
    RowRule(),
    EpsilonRule(),
)
SEEDS = (1, 2)


@cache
def world(seed: int) -> World:
    return make_world(SETTINGS, seed)


def catalogue(seed: int) -> Catalogue:
    groups = [group for one in world(seed).collections for group in one.groups]
    return Catalogue(world(seed), {group.name: len(group.costs) for group in groups})


@cache
def run(rule: Rule, seed: int, clever: bool = True) -> Run:
    return play(world(seed), rule, clever)


def test_the_same_seed_is_the_same_market() -> None:
    again = play(make_world(SETTINGS, SEEDS[0]), BookRule())
    assert again == run(BookRule(), SEEDS[0])
    assert again != run(BookRule(), SEEDS[1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("clever", [True, False])
def test_what_buyers_pay_arrives(rule: Rule, clever: bool) -> None:
    for seed in SEEDS:
        told = run(rule, seed, clever)
        assert told.payments > 0
        assert told.earned > 0
        assert told.paid == told.fees + told.platform + told.earned + told.reserve
        assert min(told.fees, told.platform, told.reserve, told.surplus) >= 0


def savings(rule: Rule, seed: int) -> list[int]:
    """What being clever saves on each first visit, whether or not it is worth the price."""
    offered = catalogue(seed)
    shop = rule.open(offered)
    found = []
    for buyer in (one for buyers in world(seed).buyers for one in buyers):
        needs = buyer.visits[0].needs
        direct = cheapest(shop, offered, needs, (), clever=False)
        around = cheapest(shop, offered, needs, (), clever=True)
        if direct is not None and around is not None:
            found.append(direct.price - around.price)
    return found


def test_nobody_gets_around_the_book() -> None:
    for seed in SEEDS:
        assert set(savings(BookRule(), seed)) == {0}
        clever, honest = run(BookRule(), seed), run(BookRule(), seed, clever=False)
        assert clever.saved == 0
        assert replace(clever, direct=0) == honest


@pytest.mark.parametrize("rule", RULES[1:], ids=lambda rule: rule.name)
def test_clever_buyers_get_around_the_others(rule: Rule) -> None:
    found = [saved for seed in SEEDS for saved in savings(rule, seed)]
    assert min(found) >= 0
    assert max(found) > 0


def test_the_book_charges_what_the_library_quotes() -> None:
    offered = catalogue(1)
    everything = offered.everything()
    prices = PriceList(DEFAULT_BOOK, Rarity.of_catalogue(everything))
    shop = BookRule().open(offered)
    owned, rng = everything[:2], np.random.default_rng(0)
    for _ in range(20):
        bundle = [everything[place] for place in rng.integers(0, len(everything), 4)]
        assert shop.charge(bundle, ()) == quote(prices, bundle).total
        assert shop.charge(bundle, owned) == quote(prices, bundle, owned).total


def test_the_book_starts_its_tuning_as_it_is() -> None:
    tried = book_with({}).to_dict()
    assert tried | {"version": DEFAULT_BOOK.version} == DEFAULT_BOOK.to_dict()


def test_bundles_meet_the_need() -> None:
    offered = catalogue(1)
    for rule in (BookRule(), EpsilonRule()):
        shop = rule.open(offered)
        for buyer in world(1).buyers[0]:
            needs = buyer.visits[0].needs
            plan = cheapest(shop, offered, needs, (), clever=True)
            if plan is not None:
                bought = [item for basket in plan.baskets for item in basket.items]
                answered = {answer.question.axes for item in bought for answer in item.answers}
                assert all(frozenset(t) in answered for need in needs for t in need.tables)


def test_a_cover_answers_all_that_is_wanted() -> None:
    tables = world(1).collections[0].tables
    assert cover((("age",), ("day",), ("place",)), tables) != (("age",), ("day",), ("place",))
    for wanted in (tables, tables[:3], tables[2:6]):
        found = cover(wanted, tables)
        assert all(any(set(one) <= set(table) for table in found) for one in wanted)


def test_a_level_compared_with_itself_gains_nothing() -> None:
    levels = Markets().play([BookRule().scaled(s) for s in (0.5, 1.0, 2.0)], SEEDS, SETTINGS)
    for one in levels:
        assert np.allclose(served_at_equal_income(one, levels), 0.0)


@pytest.mark.exhaustive
def test_the_whole_of_it_runs_and_draws_the_same_twice(tmp_path: Path) -> None:
    findings = experiment(Markets(), QUICK)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        report.publish(findings, folder)
        plots.draw(findings, folder)
    names = sorted(file.name for file in first.iterdir())
    assert len(names) == 6
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    for drawn in first.glob("*.svg"):
        assert drawn.stat().st_size < 150_000
        assert "<dc:date>" not in drawn.read_text()
    rows = json.loads((first / "market.json").read_text())
    assert len({row["name"] for row in rows}) == len(rows)
    assert all(set(row) == {"name", "value", "unit", "how"} for row in rows)


def test_every_family_starts_within_its_box() -> None:
    for family in FAMILIES:
        for box in family.boxes.values():
            assert box.at(box.place()) == pytest.approx(box.start)
    assert QUICK.tries >= 2
