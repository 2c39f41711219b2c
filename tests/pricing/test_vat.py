from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.vat import vat_added, vat_included

CENTS = st.integers(0, 10**15)
RATES = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [(1200, 2000, 200), (1000, 0, 0), (0, 2000, 0), (3, 2000, 1), (2, 2000, 0), (100, 550, 5)],
)
def test_known_amounts(gross: int, rate: int, vat: int) -> None:
    assert vat_included(gross, rate) == vat


@given(CENTS)
def test_nothing_is_inside_without_a_rate(gross: int) -> None:
    assert vat_included(gross, 0) == 0


@given(CENTS, RATES)
def test_nearest_cent_of_the_exact_tax_and_halves_go_up(gross: int, rate: int) -> None:
    exact = Fraction(gross * rate, 10_000 + rate)
    assert -Fraction(1, 2) < vat_included(gross, rate) - exact <= Fraction(1, 2)


@given(CENTS, RATES)
def test_never_negative_never_more_than_the_price_and_net_of_it_bears_the_rate(
    gross: int, rate: int
) -> None:
    vat = vat_included(gross, rate)
    net = gross - vat
    assert 0 <= vat <= gross
    assert net + vat == gross
    # Going back from the net comes to the same cent, as long as a rate stays below 100 %.
    assert abs(Fraction(net * rate, 10_000) - vat) <= 1


@given(CENTS, st.integers(0, 1000), RATES, st.integers(0, 1000))
def test_more_of_either_is_never_less_tax(gross: int, more: int, rate: int, higher: int) -> None:
    assert vat_included(gross + more, rate) >= vat_included(gross, rate)
    assert vat_included(gross, rate + higher) >= vat_included(gross, rate)


@pytest.mark.parametrize(("gross", "rate"), [(-1, 2000), (100, -1)])
def test_negative_amounts_and_rates_are_refused(gross: int, rate: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        vat_included(gross, rate)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_tax_on_top_is_just_the_tax_that_the_sum_includes(net: int, rate: int) -> None:
    tax = vat_added(net, rate)
    assert vat_included(net + tax, rate) == tax
    assert abs(tax * 10_000 - net * rate) <= 5_000
