"""The noise has exactly the distribution it claims."""

from fractions import Fraction
from math import exp, sqrt

import numpy as np
import pytest
from scipy.stats import chi2

from privacy.errors import PlanError
from privacy.noise import discrete_gaussian

FALSE_ALARM = 1e-6


def probabilities(variance, reach):
    weights = np.array([exp(-x * x / (2 * variance)) for x in range(-reach, reach + 1)])
    return weights / weights.sum()


@pytest.mark.statistics
@pytest.mark.parametrize("variance", [Fraction(1, 3), Fraction(2), Fraction(1024, 100)])
def test_each_value_comes_as_often_as_it_should(variance):
    """Chi-square over the values, tails pooled: a false alarm once in 10^6 runs."""
    draws = 20_000
    reach = int(3 * sqrt(variance)) + 2
    exact = probabilities(float(variance), 20 * reach)
    middle = len(exact) // 2
    expected = exact[middle - reach : middle + reach + 1].copy()
    expected[[0, -1]] += (1 - expected.sum()) / 2
    drawn = np.clip(discrete_gaussian(variance, draws), -reach, reach)
    seen = np.bincount(drawn + reach, minlength=2 * reach + 1)
    keep = expected * draws >= 5
    expected, seen = (
        np.append(expected[keep], expected[~keep].sum()),
        np.append(seen[keep], seen[~keep].sum()),
    )
    filled = expected > 0
    statistic = float((((seen - expected * draws) ** 2)[filled] / (expected * draws)[filled]).sum())
    assert statistic < chi2.isf(FALSE_ALARM, int(filled.sum()) - 1)


@pytest.mark.statistics
def test_wide_noise_has_its_variance_and_no_mean():
    """On a grid of millions of steps; 5 standard errors each: a false alarm in about 10^6 runs."""
    variance = Fraction(10**16 + 1, 7)
    draws = np.array(discrete_gaussian(variance, 8_000), dtype=float) / sqrt(variance)
    assert abs(draws.mean()) < 5 / sqrt(8_000)
    assert abs(draws.var() - 1) < 5 * sqrt(2 / 8_000)


def test_never_the_same_twice():
    """128 draws of 40 bits: equal by chance about never."""
    variance = Fraction(2**80)
    assert discrete_gaussian(variance, 128) != discrete_gaussian(variance, 128)


def test_numbers_are_exact_beyond_what_floats_hold():
    draws = discrete_gaussian(Fraction(2**200), 64)
    assert any(draw % 2 for draw in draws), "floats of this size are all even"


@pytest.mark.parametrize("variance", [Fraction(0), Fraction(-1)])
def test_refuses_no_noise(variance):
    with pytest.raises(PlanError):
        discrete_gaussian(variance, 1)
