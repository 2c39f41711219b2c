"""The noise has exactly the distribution it claims."""

from fractions import Fraction
from math import exp, sqrt

import numpy as np
import pytest
from scipy.stats import chi2, kstest, norm

from privacy.errors import PlanError
from privacy.noise import coins, laplace, samplers
from privacy.noise.samplers import discrete_laplace, rounded_gaussian

FALSE_ALARM = 1e-6


def gaussian_chances(variance, reach):
    """The chance of each whole number: that of a normal one within half a step of it."""
    edges = norm.cdf((np.arange(-reach, reach + 2) - 0.5) / sqrt(variance))
    return np.diff(edges)


def laplace_chances(scale, reach):
    weights = np.array([exp(-abs(x) / scale) for x in range(-reach, reach + 1)])
    return weights / weights.sum()


def fits(drawn, exact, reach):
    """Chi-square over the values, tails pooled: a false alarm once in 10^6 runs."""
    draws = len(drawn)
    middle = len(exact) // 2
    expected = exact[middle - reach : middle + reach + 1].copy()
    expected[[0, -1]] += (1 - expected.sum()) / 2
    values = np.clip(np.array(drawn, dtype=np.int64), -reach, reach)
    seen = np.bincount(values + reach, minlength=2 * reach + 1)
    keep = expected * draws >= 5
    expected, seen = (
        np.append(expected[keep], expected[~keep].sum()),
        np.append(seen[keep], seen[~keep].sum()),
    )
    filled = expected > 0
    statistic = float((((seen - expected * draws) ** 2)[filled] / (expected * draws)[filled]).sum())
    return statistic < chi2.isf(FALSE_ALARM, int(filled.sum()) - 1)


@pytest.fixture(params=["many at once", "one at a time"])
def draws(request, monkeypatch):
    """Both ways to draw; returns how many draws a test can afford."""
    if request.param == "many at once":
        return 400_000
    monkeypatch.setattr(samplers, "WIDEST", 0)
    return 20_000


@pytest.mark.statistics
@pytest.mark.parametrize("variance", [Fraction(1, 3), Fraction(2), Fraction(1024, 100)])
def test_each_gaussian_value_comes_as_often_as_it_should(draws, variance):
    reach = int(3 * sqrt(variance)) + 2
    assert fits(
        rounded_gaussian(variance, draws), gaussian_chances(float(variance), 20 * reach), reach
    )


@pytest.mark.statistics
@pytest.mark.parametrize("widest", [2**52, 2])
def test_gaussian_values_come_as_often_when_floats_are_not_trusted(monkeypatch, widest):
    """Every decision is left to further bits and exact fractions."""
    monkeypatch.setattr(coins, "TOLERANCE", 1e6)
    monkeypatch.setattr(samplers, "WIDEST", widest)
    variance = Fraction(40, 3)
    drawn = rounded_gaussian(variance, 8_000)
    assert fits(drawn, gaussian_chances(float(variance), 200), 12)


@pytest.mark.statistics
@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(2), Fraction(37, 10)])
def test_each_laplace_value_comes_as_often_as_it_should(draws, scale):
    reach = int(5 * scale) + 2
    assert fits(discrete_laplace(scale, draws), laplace_chances(float(scale), 40 * reach), reach)


@pytest.mark.statistics
@pytest.mark.parametrize("variance", [Fraction(10**16 + 1, 7), Fraction(2**103), Fraction(2**106)])
def test_wide_noise_has_its_variance_and_no_mean(variance):
    """On a grid of millions of steps; 5 standard errors each: a false alarm in about 10^6 runs."""
    drawn = rounded_gaussian(variance, 8_000).astype(float) / sqrt(variance)
    assert abs(drawn.mean()) < 5 / sqrt(8_000)
    assert abs(drawn.var() - 1) < 5 * sqrt(2 / 8_000)
    assert kstest(drawn, "norm").pvalue > FALSE_ALARM


@pytest.mark.statistics
def test_the_last_digits_of_wide_noise_are_even():
    """Those below the coarse steps are random bits: chi-square of 16 ends."""
    drawn = rounded_gaussian(Fraction(2**200), 16_000)
    seen = np.bincount([number % 16 for number in drawn], minlength=16)
    assert ((seen - 1_000) ** 2 / 1_000).sum() < chi2.isf(FALSE_ALARM, 15)


@pytest.mark.statistics
@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(10**9, 7), Fraction(2**52)])
def test_laplace_noise_has_its_variance_and_no_mean(scale):
    """5 standard errors each, of a kurtosis of at most 6 (10 where narrow)."""
    drawn = discrete_laplace(scale, 40_000).astype(float) / sqrt(laplace.variance(scale))
    assert abs(drawn.mean()) < 5 / sqrt(40_000)
    assert abs(drawn.var() - 1) < 5 * sqrt(10 / 40_000)


def test_gives_as_many_as_were_asked():
    for size in (0, 1, 7, 1000):
        assert len(rounded_gaussian(Fraction(5), size)) == size
        assert len(discrete_laplace(Fraction(5), size)) == size


def test_never_the_same_twice():
    """128 draws of 40 bits: equal by chance about never."""
    variance = Fraction(2**80)
    one, two = (rounded_gaussian(variance, 128).tolist() for _ in range(2))
    assert one != two


def test_numbers_are_exact_beyond_what_floats_hold():
    for variance in (Fraction(2**200), Fraction(2**103)):
        drawn = rounded_gaussian(variance, 64).tolist()
        assert all(isinstance(number, int) for number in drawn)
        assert any(number % 2 for number in drawn)


@pytest.mark.parametrize("amount", [Fraction(0), Fraction(-1)])
def test_refuses_no_noise(amount):
    with pytest.raises(PlanError):
        rounded_gaussian(amount, 1)
    with pytest.raises(PlanError):
        discrete_laplace(amount, 1)
