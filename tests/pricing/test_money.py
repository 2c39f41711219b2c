from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.errors import CurrencyMismatch, InvalidMoney
from pricing.money import MICROS_PER_CENT, Money, whole_cents

AMOUNTS = st.integers(-(10**15), 10**15)


@given(micros=AMOUNTS)
def test_cents_up_and_down_enclose_the_amount(micros: int) -> None:
    amount = Money(micros, "EUR")
    down, up = amount.cents_down(), amount.cents_up()
    assert Money.from_cents(down, "EUR") <= amount <= Money.from_cents(up, "EUR")
    assert up - down == (micros % 10_000 != 0)


@given(a=AMOUNTS, b=AMOUNTS)
def test_sums_are_exact(a: int, b: int) -> None:
    assert Money(a, "EUR") + Money(b, "EUR") - Money(b, "EUR") == Money(a, "EUR")
    assert -Money(a, "EUR") == Money(0, "EUR") - Money(a, "EUR")
    assert (Money(a, "EUR") < Money(b, "EUR")) == (a < b)


def test_currencies_never_mix() -> None:
    euro, pound = Money(1, "EUR"), Money(1, "GBP")
    assert euro != pound
    for mix in (lambda: euro + pound, lambda: euro - pound, lambda: euro < pound):
        with pytest.raises(CurrencyMismatch):
            mix()


@pytest.mark.parametrize("micros", [1.0, True, "1", None])
def test_refuses_what_is_no_whole_number(micros: object) -> None:
    with pytest.raises(InvalidMoney):
        Money(micros, "EUR")  # type: ignore[arg-type]
    with pytest.raises(InvalidMoney):
        Money.from_cents(micros, "EUR")  # type: ignore[arg-type]
    if micros is not True:
        with pytest.raises((InvalidMoney, TypeError)):
            Money(1, "EUR") * micros  # type: ignore[operator]


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "E1R", "JPY", "KWD"])
def test_refuses_currencies_without_hundredths(currency: str) -> None:
    with pytest.raises(InvalidMoney):
        Money(1, currency)


def test_shares_round_down_and_nothing_is_false() -> None:
    assert Money(19_999, "EUR").share_down(1_000) == Money(1_999, "EUR")
    assert not Money.zero("EUR")
    assert Money(-1, "EUR")
    assert Money(3, "EUR") * 4 == Money(12, "EUR")


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "0.00 EUR"), (1_500_000, "1.50 EUR"), (-10_001, "-0.010001 EUR"), (12, "0.000012 EUR")],
)
def test_is_written_without_loss(micros: int, text: str) -> None:
    assert str(Money(micros, "EUR")) == text


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_parts_in_cents_add_up_to_their_sum_in_cents(micros: list[int]) -> None:
    amounts = [Money(each, "EUR") for each in micros]
    cents = whole_cents(amounts)
    assert len(cents) == len(amounts)
    assert all(part.micros % MICROS_PER_CENT == 0 for part in cents)
    assert all(abs((a - b).micros) <= MICROS_PER_CENT for a, b in zip(amounts, cents, strict=True))
    assert abs(sum(micros) - sum(part.micros for part in cents)) <= MICROS_PER_CENT // 2
