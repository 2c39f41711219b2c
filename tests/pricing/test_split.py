from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.errors import InvalidSplit
from pricing.item import Item
from pricing.money import Money
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from pricing.split import (
    apportion,
    aumann_shapley,
    parts_of,
    per_share,
    platform_share,
    share_out,
)
from tests.pricing.strategies import Purchase, make_item, purchases

A, B = make_item("a", ("age",)), make_item("b", ("age",), people=900)
RARITY = Rarity.of_catalogue([A, B])
PRICES = PriceList(DEFAULT_BOOK, RARITY)


def split(
    prices: PriceList, bundle: Iterable[Item], holdings: Iterable[Item], net: Money
) -> dict[str, Money]:
    return share_out(parts_of(prices, bundle, holdings), net)


@settings(max_examples=150, deadline=None)
@given(case=purchases(), net=st.integers(0, 10**9))
def test_shares_add_up_to_the_millionth(case: Purchase, net: int) -> None:
    market = case.market
    parts = split(market.prices, case.first, case.holdings, Money(net, "EUR"))
    assert sum((part.micros for part in parts.values()), 0) == net
    assert all(part.micros >= 0 for part in parts.values())
    assert set(parts) == {item.edition for item in case.first}


@settings(max_examples=60, deadline=None)
@given(case=purchases())
def test_weights_add_up_to_the_value_gained(case: Purchase) -> None:
    market = case.market
    weights = aumann_shapley(market.prices, case.first, case.holdings)
    both = market.prices.covered([*case.holdings, *case.first])
    gain = market.prices.value([*case.holdings, *case.first]) - market.prices.value(case.holdings)
    shares = sum(weights.values()) / 2**64
    assert shares == pytest.approx(gain, abs=1e-6 * (1 + len(both)))


def test_without_holdings_it_is_the_published_formula() -> None:
    covered = PRICES.covered([A, B])
    worth = PRICES.terms(covered)
    for edition, weight in aumann_shapley(PRICES, [A, B]).items():
        expected = sum(
            worth[question] * found[edition] / sum(found.values())
            for question, found in covered.items()
        )
        assert weight / 2**64 == pytest.approx(expected, rel=1e-12)


def test_floors_come_first_and_an_owned_edition_gets_none() -> None:
    floor = DEFAULT_BOOK.floor_micros
    both = split(PRICES, [A, B], [], Money(2 * floor, "EUR"))
    assert both == {"a": Money(floor, "EUR"), "b": Money(floor, "EUR")}
    short = split(PRICES, [A, B], [], Money(floor, "EUR"))
    assert short["a"] == short["b"] == Money(floor // 2, "EUR")
    fine = replace(DEFAULT_BOOK, floor_micros=0)
    upgrade = split(PriceList(fine, RARITY), [A, B], [A], Money(1_000, "EUR"))
    assert upgrade == {"a": Money(0, "EUR"), "b": Money(1_000, "EUR")}


def test_larger_editions_earn_more() -> None:
    parts = split(PRICES, [A, B], [], Money(9_000_000, "EUR"))
    assert parts["b"] > parts["a"]


def test_refuses_to_share_debts_or_another_currency() -> None:
    with pytest.raises(InvalidSplit):
        split(PRICES, [A], [], Money(-1, "EUR"))
    with pytest.raises(InvalidSplit):
        split(PRICES, [], [], Money(1, "EUR"))
    with pytest.raises(InvalidSplit):
        apportion(1, {"a": -1})
    with pytest.raises(InvalidSplit):
        platform_share(DEFAULT_BOOK, Money(-1, "EUR"))


@given(
    amount=st.integers(0, 10**12),
    weights=st.dictionaries(st.text(max_size=3), st.integers(0, 10**9), min_size=1, max_size=9),
)
def test_largest_remainder_is_within_one_of_the_exact_share(
    amount: int, weights: dict[str, int]
) -> None:
    parts = apportion(amount, weights)
    whole = sum(weights.values())
    assert sum(parts.values()) == amount
    for name, part in parts.items():
        if whole:
            assert part * whole < amount * weights[name] + whole
            assert part * whole > amount * weights[name] - whole


def test_platform_share_is_the_published_one() -> None:
    assert platform_share(DEFAULT_BOOK, Money(1_000_019, "EUR")) == Money(100_001, "EUR")


@given(amounts=st.lists(st.integers(0, 10**10), max_size=8), shares=st.integers(1, 10**7))
def test_nothing_is_lost_between_shares_and_reserve(amounts: list[int], shares: int) -> None:
    cumulative = reserve = 0
    for amount in amounts:
        spread = per_share(Money(amount, "EUR"), shares)
        cumulative += spread.micros
        reserve += spread.remainder.micros
        assert spread.remainder.micros < shares
    assert shares * cumulative + reserve == sum(amounts)


def test_shares_refuse_nonsense() -> None:
    with pytest.raises(InvalidSplit):
        per_share(Money(1, "EUR"), 0)
    with pytest.raises(InvalidSplit):
        per_share(Money(-1, "EUR"), 1)
