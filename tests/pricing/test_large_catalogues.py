"""The rules hold over catalogues of hundreds of products, for any book that may be published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from pricing.coverage import coverage
from pricing.item import Item
from pricing.money import Money
from pricing.price_book import DEFAULT_BOOK
from pricing.tariff import charge, exact_price, tariff
from tests.pricing.arbitrage import Charge
from tests.pricing.broken import BROKEN
from tests.pricing.large import Shopping, shopping, shoppings
from tests.support.lengths import examples
from tests.support.selection import exhaustive_but

QUICK = settings(
    max_examples=examples(60, 25), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
Check = Callable[[Charge, Shopping], None]


def monotone(price: Charge, case: Shopping) -> None:
    """More is never cheaper."""
    prices = case.market.prices
    more = price(prices, (*case.first, *case.second), case.holdings)
    assert price(prices, case.first, case.holdings) <= more


def no_gain_from_accounts(price: Charge, case: Shopping) -> None:
    """However a purchase is spread over accounts, it costs no less than on one."""
    prices = case.market.prices
    one = price(prices, (*case.first, *case.second), ())
    parts = [price(prices, part, ()).micros for part in case.accounts]
    assert one.micros <= sum(parts)


def no_gain_from_steps(price: Charge, case: Shopping) -> None:
    """Bought account by account on the same one, in any order, it costs no less than at once."""
    prices = case.market.prices
    one = price(prices, (*case.first, *case.second), case.holdings)
    held: tuple[Item, ...] = case.holdings
    total = Money.zero("EUR")
    for part in case.accounts:
        total += price(prices, part, held)
        held = (*held, *part)
    assert one <= total
    if prices.book.minimum_micros == 0:
        assert one == total


def owned_is_free(price: Charge, case: Shopping) -> None:
    """What is owned, or included in what is owned, costs nothing."""
    prices = case.market.prices
    gold = {(i.edition, i.marginal): i for i in case.market.catalogue if i.tier == "gold"}
    finer = [gold[item.edition, item.marginal] for item in case.first]
    assert price(prices, case.first, (*case.holdings, *finer)).micros == 0
    assert price(prices, case.first, (*case.holdings, *case.first)).micros == 0


def owners_never_pay_more(price: Charge, case: Shopping) -> None:
    """Submodular: what something adds costs no more to somebody who owns more.

    Up to rounding, a cent a side, and a step raised to the smallest payment.
    """
    prices = case.market.prices
    newcomer = price(prices, case.second, case.holdings)
    owner = price(prices, case.second, (*case.holdings, *case.first))
    slack = 20_000 + prices.book.minimum_micros
    assert owner.micros <= newcomer.micros + slack


CHECKS = (
    monotone,
    no_gain_from_accounts,
    no_gain_from_steps,
    owned_is_free,
    owners_never_pay_more,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_hundreds_of_products_cannot_be_played(check: Check) -> None:
    @QUICK
    @given(case=shoppings())
    def holds(case: Shopping) -> None:
        check(charge, case)

    holds()


@pytest.mark.parametrize(
    "price", exhaustive_but((BROKEN[0].__name__,), BROKEN, lambda price: price.__name__)
)
def test_a_broken_price_is_caught_among_hundreds_of_products(price: Charge) -> None:
    def cheated(case: Shopping) -> bool:
        for check in CHECKS:
            try:
                check(price, case)
            except AssertionError:
                return True
        return False

    free = replace(DEFAULT_BOOK, fixed_micros=0, floor_micros=0, minimum_micros=0)
    books = (DEFAULT_BOOK, free, replace(free, curve=((0, 0), (10_000, 1_000_000))))
    cases = (shopping(Random(n), books[n % len(books)]) for n in range(300))
    assert any(cheated(case) for case in cases)


@QUICK
@given(case=shoppings())
def test_the_exact_price_is_submodular(case: Shopping) -> None:
    """P(H+A) + P(H+B) >= P(H) + P(H+A+B), up to what rounding each question up adds."""
    prices, held = case.market.prices, case.holdings
    everything = (*held, *case.first, *case.second)

    def price(*items: Item) -> int:
        return exact_price(prices, items).micros

    left = price(*held, *case.first) + price(*held, *case.second)
    right = (price(*held) if held else prices.book.fixed_micros) + price(*everything)
    steepest = Fraction(prices.book.curve[1][1], prices.book.curve[1][0] * 1_000_000)
    slack = 2 * len(coverage(everything, prices.book.rule)) * steepest + 4
    assert left + slack >= right


@QUICK
@given(case=shoppings())
def test_the_order_of_hundreds_of_products_never_matters(case: Shopping) -> None:
    prices = case.market.prices
    everything = (*case.holdings, *case.first, *case.second)
    fresh = type(prices)(prices.book, prices.rarity)
    assert tariff(prices, everything) == tariff(fresh, everything[::-1])
