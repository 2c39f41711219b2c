from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from pricing.tariff import charge, tariff
from tests.pricing.arbitrage import CHECKS, Charge
from tests.pricing.broken import BROKEN
from tests.pricing.strategies import Purchase, purchases
from tests.support.selection import exhaustive_but

Check = Callable[[Charge, Purchase], None]


def breaks(check: Check, price: Charge, case: Purchase) -> bool:
    try:
        check(price, case)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_route_is_cheaper(check: Check) -> None:
    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(case=purchases())
    def holds(case: Purchase) -> None:
        check(charge, case)

    holds()


@pytest.mark.parametrize(
    "price", exhaustive_but((BROKEN[0].__name__,), BROKEN, lambda price: price.__name__)
)
def test_checks_catch_a_price_that_can_be_cheated(price: Charge) -> None:
    quick = settings(
        max_examples=3_000,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    found = find(
        purchases(),
        lambda case: any(breaks(check, price, case) for check in CHECKS),
        settings=quick,
    )
    assert any(breaks(check, price, found) for check in CHECKS)


@settings(max_examples=60, deadline=None)
@given(case=purchases())
def test_order_of_items_never_matters(case: Purchase) -> None:
    prices = case.market.prices
    everything = (*case.holdings, *case.first, *case.second)
    assert tariff(prices, everything) == tariff(prices, everything[::-1])


@pytest.mark.exhaustive
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_catches_something(check: Check) -> None:
    quick = settings(
        max_examples=3_000,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    caught = find(
        purchases(),
        lambda case: any(breaks(check, price, case) for price in BROKEN),
        settings=quick,
    )
    assert not breaks(check, charge, caught)
