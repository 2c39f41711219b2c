from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from pricing.coverage import coverage
from pricing.item import BY_DETAIL, Item, Question
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from pricing.routes import EVERY_WAY, RouteKind, cheapest_other_route, other_routes
from pricing.tariff import charge
from tests.pricing.large import Shopping, shoppings
from tests.pricing.strategies import Purchase, make_item, purchases

TABLES = [make_item(f"e{n}", m) for n in (1, 2) for m in (("age",), ("day",))]
PRICES = PriceList(DEFAULT_BOOK, Rarity.of_catalogue(TABLES))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=purchases())
def test_no_other_route_is_cheaper(case: Purchase) -> None:
    prices = case.market.prices
    offered: dict[str, tuple[Item, ...]] = {}
    for item in case.market.catalogue:
        offered[item.edition] = (*offered.get(item.edition, ()), item)
    price = charge(prices, case.first, case.holdings)
    for route in other_routes(prices, case.first, case.holdings, offered):
        assert route.total >= price, route


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=shoppings())
def test_no_other_route_is_cheaper_among_hundreds_of_products(case: Shopping) -> None:
    prices = case.market.prices
    price = charge(prices, case.first, case.holdings)
    for route in other_routes(prices, case.first, case.holdings):
        assert route.total >= price, route


def test_every_way_is_tried() -> None:
    kinds = {route.kind for route in other_routes(PRICES, TABLES[:3])}
    assert {
        RouteKind.TABLE_BY_TABLE,
        RouteKind.EDITION_BY_EDITION,
        RouteKind.TWO_ACCOUNTS,
        RouteKind.ACCOUNTS,
        RouteKind.STEP_BY_STEP,
    } <= kinds
    assert len(TABLES[:3]) <= EVERY_WAY
    upgrade = make_item("e1", ("age",), "silver")
    owned = {route.kind for route in other_routes(PRICES, TABLES[:1], [upgrade])}
    assert owned == {RouteKind.NEW_ACCOUNT}


def test_a_finer_table_that_includes_the_one_asked_for_is_priced() -> None:
    asked = make_item("e1", ("age",), "silver")
    finer = make_item("e1", ("age", "day"), "gold")
    too_coarse = make_item("e1", ("age", "day"), "bronze")
    question = Question("everywhere", frozenset({"age"}))
    assert dict(finer.reach(BY_DETAIL))[question] >= coverage([asked], BY_DETAIL)[question]["e1"]
    (route,) = other_routes(PRICES, [asked], (), {"e1": (asked, finer, too_coarse)})
    assert route.kind == RouteKind.FINER
    assert route.total == charge(PRICES, [finer]) > charge(PRICES, [asked])


def test_nothing_to_compare_where_one_table_is_asked_for_and_nothing_else_is_offered() -> None:
    assert cheapest_other_route(PRICES, TABLES[:1]) is None
    assert cheapest_other_route(PRICES, TABLES[:1], TABLES[:1]) is None


def test_a_price_that_can_be_cheated_shows_a_cheaper_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is worked out: under a price that grows too fast, going apart wins."""
    free = replace(DEFAULT_BOOK, fixed_micros=0, floor_micros=0, minimum_micros=0)
    plain = PriceList.value

    def squared(self: PriceList, items: list[Item]) -> int:
        return plain(self, items) ** 2 // 10_000_000

    monkeypatch.setattr(PriceList, "value", squared)
    prices = PriceList(free, Rarity.of_catalogue(TABLES))
    best = cheapest_other_route(prices, TABLES)
    assert best is not None
    assert best.total < charge(prices, TABLES)
