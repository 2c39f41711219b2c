from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from pricing.errors import InvalidBundle, TooFewPeople
from pricing.money import Money
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.quote import LineKind, quote
from pricing.rarity import Rarity
from pricing.tariff import charge, exact_price
from tests.pricing.strategies import TIERS, Purchase, make_item, purchases

GOLD = make_item("e1", ("age", "day"), "gold")
SILVER = make_item("e1", ("age", "day"), "silver")
ONE_WAY = make_item("e1", ("age",), "gold")
OTHER = make_item("e2", ("age", "day"), "gold")
RARITY = Rarity.of_catalogue([GOLD, OTHER])
PRICES = PriceList(DEFAULT_BOOK, RARITY)


@settings(max_examples=150, deadline=None)
@given(case=purchases())
def test_lines_add_up_to_the_total_and_round_by_less_than_a_cent(case: Purchase) -> None:
    market = case.market
    made = quote(market.prices, case.first, case.holdings)
    assert sum((line.amount for line in made.lines), Money.zero("EUR")) == made.total
    assert made.total == charge(market.prices, case.first, case.holdings)
    assert made.total.micros % 10_000 == 0
    for line in made.lines:
        if line.kind is LineKind.ROUNDING:
            assert abs(line.amount.micros) < 10_000
        if line.kind in (LineKind.BULK, LineKind.OVERLAP, LineKind.OWNED):
            assert line.amount.micros <= 0
        if line.kind is LineKind.TABLE:
            assert line.facts is not None
            assert line.amount.micros >= 0


def test_lines_say_why() -> None:
    made = quote(PRICES, [GOLD, OTHER])
    kinds = [line.kind for line in made.lines]
    assert kinds[:5] == ["fixed", "floor", "floor", "table", "table"]
    facts = made.lines[3].facts
    assert facts is not None
    assert (facts.editions_answering, facts.editions_total) == (2, 2)
    # Of 35 cells the mean one: s = 34 / 35^2.
    assert facts.cells == 35
    assert facts.respondents == int(400 * 400 * 34 / (400 * 34 + 150 * 35**2))
    assert made.book_version == DEFAULT_BOOK.version


def test_nothing_more_costs_nothing() -> None:
    made = quote(PRICES, [ONE_WAY, SILVER], [GOLD])
    assert made.total == Money.zero("EUR")


def test_a_new_buyer_pays_the_exact_price_rounded_up() -> None:
    exact = exact_price(PRICES, [GOLD])
    made = quote(PRICES, [GOLD])
    assert made.total.cents_up() == exact.cents_up()


def test_a_small_step_is_raised_to_the_smallest_payment() -> None:
    book = replace(DEFAULT_BOOK, curve=((0, 0), (1, 10_000)), floor_micros=1_000_000)
    prices = PriceList(book, RARITY)
    first = charge(prices, [SILVER])
    step = quote(prices, [GOLD], [SILVER])
    assert first + step.total >= charge(prices, [GOLD])
    assert step.total == Money.from_cents(100, "EUR")
    assert LineKind.MINIMUM in [line.kind for line in step.lines]


def test_only_the_smallest_payment_breaks_submodularity() -> None:
    """Who owns little gets a little more for nothing; who owns more pays the smallest payment."""
    book = replace(DEFAULT_BOOK, curve=((0, 0), (10_000, 100_000_000)), respondent_micros=0)
    little = [ONE_WAY]
    much = [ONE_WAY, *(make_item(f"m{n}", ("age", "day"), people=4_000) for n in range(4))]

    def paid(minimum: int) -> list[int]:
        prices = PriceList(replace(book, minimum_micros=minimum), RARITY)
        return [charge(prices, [OTHER], owned).micros for owned in (little, much)]

    assert paid(1_000_000) == [0, 1_000_000]
    less, more = paid(0)
    assert 0 < more <= less + 20_000


def test_refuses_empty_bundles_and_tiny_editions() -> None:
    with pytest.raises(InvalidBundle):
        quote(PRICES, [])
    few = make_item("e3", people=DEFAULT_BOOK.minimum_people - 1)
    with pytest.raises(TooFewPeople):
        quote(PRICES, [few])
    assert quote(PRICES, [few, GOLD], [few]).total


def test_attack_buy_coarse_many_times_and_average() -> None:
    accounts = [charge(PRICES, [SILVER]) for _ in range(4)]
    assert sum(accounts, Money.zero("EUR")) > charge(PRICES, [GOLD])
    assert charge(PRICES, [SILVER] * 10) == accounts[0]
    tiers = [make_item("e1", ("age",), tier) for tier in TIERS]
    assert charge(PRICES, tiers) == charge(PRICES, tiers[:1])


def test_attack_buy_parts_and_add_them_up() -> None:
    parts = [ONE_WAY, make_item("e1", ("day",)), OTHER]
    bought = Money.zero("EUR")
    for count, part in enumerate(parts):
        bought += charge(PRICES, [part], parts[:count])
    assert bought >= charge(PRICES, parts)


def test_attack_derive_one_way_from_two_way() -> None:
    assert charge(PRICES, [ONE_WAY]) <= charge(PRICES, [GOLD])
    assert not charge(PRICES, [ONE_WAY], [GOLD])


def test_attack_two_accounts() -> None:
    apart = charge(PRICES, [GOLD]) + charge(PRICES, [OTHER])
    assert apart >= charge(PRICES, [GOLD, OTHER])
