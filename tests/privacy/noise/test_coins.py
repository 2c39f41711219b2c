"""Coins are decided by floats only where every rounding of them would decide the same."""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.noise import coins

exponents = st.fractions(min_value=0, max_value=40)


def exp_minus(exponent):
    with localcontext(prec=120):
        return Fraction((-Decimal(exponent.numerator) / Decimal(exponent.denominator)).exp())


@given(exponents)
def test_floats_are_trusted_no_further_than_they_are_right(exponent):
    """The error of the float computation is far inside the slack that is left undecided."""
    value = float(exponent)
    error = abs(Fraction(float(np.exp(-value))) - exp_minus(exponent))
    assert error <= exp_minus(exponent) * Fraction(coins.TOLERANCE * (1 + value)) / 100


@given(exponents, st.integers(0, 2**53 - 1))
def test_decides_by_the_first_bits_where_they_are_enough(exponent, head):
    chance = exp_minus(exponent)
    if Fraction(head + 1, 2**53) <= chance:
        assert coins.decide(head, 53, exponent)
    elif Fraction(head, 2**53) >= chance:
        assert not coins.decide(head, 53, exponent)


@pytest.mark.statistics
def test_further_bits_decide_in_proportion():
    """A head of no bits leaves all to the bits drawn: 5 standard errors, once in 10^6 runs."""
    yes = sum(coins.decide(0, 0, Fraction(1)) for _ in range(20_000))
    assert abs(yes / 20_000 - 0.36788) < 5 * (0.368 * 0.632 / 20_000) ** 0.5


@pytest.mark.statistics
def test_exact_arithmetic_decides_all_coins_when_floats_are_not_trusted(monkeypatch):
    """With a slack so wide that nothing is decided by floats, chances stay what they are."""
    monkeypatch.setattr(coins, "TOLERANCE", 1e6)
    asked = []

    def exact(position):
        asked.append(position)
        return Fraction(1, 2)

    yes = coins.happens(np.full(20_000, 0.5), exact)
    assert len(asked) == 20_000
    assert abs(yes.mean() - 0.60653) < 5 * (0.607 * 0.393 / 20_000) ** 0.5


def test_exact_arithmetic_is_hardly_ever_asked():
    asked = []
    exponents = np.linspace(0, 30, 200_000)
    coins.happens(exponents, lambda i: asked.append(i) or Fraction(float(exponents[i])))
    assert len(asked) <= 2


def test_a_chance_too_small_for_floats_is_not_taken_for_none():
    """exp(-2000) underflows; a uniform number whose first bits are all 0 must not decide it."""
    assert coins.decide(0, 53, Fraction(2000)) is False
    assert coins.happens(np.array([2000.0]), lambda _: Fraction(2000)).tolist() == [False]


@pytest.mark.parametrize("bound", [1, 2, 3, 1000, 2**52 + 1, 2**62])
def test_uniform_numbers_stay_below_their_bound(bound):
    drawn = coins.below(bound, 2_000)
    assert len(drawn) == 2_000
    assert (drawn >= 0).all()
    assert (drawn < bound).all()


@pytest.mark.statistics
def test_uniform_numbers_are_even():
    """Chi-square by 5 standard errors of its normal approximation."""
    seen = np.bincount(coins.below(10, 100_000), minlength=10)
    statistic = ((seen - 10_000) ** 2 / 10_000).sum()
    assert statistic < 9 + 8 * 18**0.5
