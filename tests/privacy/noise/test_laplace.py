"""Quantiles of sums of geometric noise, against simulation and closed forms."""

from fractions import Fraction
from math import log, sqrt

import numpy as np
import pytest

from privacy.noise import laplace
from privacy.noise.samplers import discrete_laplace


def test_one_draw_has_the_closed_form():
    assert laplace.half_width(np.array([3.0]), np.array([1.0]), 2.0) == pytest.approx(3 * log(20))


def test_many_draws_become_gaussian():
    width = laplace.half_width(np.array([1.0]), np.array([4000.0]), 1.0)
    assert width / sqrt(4000) == pytest.approx(1.95996, rel=1e-3)


def test_two_equal_draws_against_the_exact_sum():
    """|sum of two standard Laplace| has the tail exp(-x)(1 + x/2)."""
    width = laplace.half_width(np.array([1.0]), np.array([2.0]), 2.0)
    assert np.exp(-width) * (1 + width / 2) == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize("weights", [[1.0, 5.0], [0.2, 1.0, 7.0], [1.0, 1.0001]])
def test_uneven_weights_against_simulation(weights):
    """400,000 draws: the held share within 5 standard errors, a false alarm once in 10^6."""
    rng = np.random.default_rng()
    counts = np.array([2.0, 1.0, 3.0][: len(weights)])
    total = sum(
        w * rng.laplace(size=(400_000, int(c))).sum(axis=1)
        for w, c in zip(weights, counts, strict=True)
    )
    width = laplace.half_width(np.array(weights), counts, 2.0)
    held = (np.abs(total) <= width).mean()
    assert abs(held - 0.95) < 5 * sqrt(0.95 * 0.05 / 400_000)


def test_weights_of_nothing_have_no_width():
    assert laplace.half_width(np.array([]), np.array([]), 2.0) == 0.0


@pytest.mark.parametrize(("scale", "count"), [(0.5, 1), (1.0, 1), (1.0, 4), (3.7, 16), (20.0, 2)])
def test_whole_intervals_hold_at_least_what_they_say_and_one_less_does_not(scale, count):
    """200,000 exact draws: 5 standard errors."""
    fraction = Fraction(scale).limit_denominator(100)
    drawn = sum(discrete_laplace(fraction, 200_000).astype(float) for _ in range(count))
    half = laplace.whole_half_width(scale, count)
    error = 5 * sqrt(0.95 * 0.05 / 200_000)
    assert (np.abs(drawn) <= half).mean() > 0.95 - error
    assert (np.abs(drawn) <= half - 1).mean() < 0.95 + error


def test_wide_whole_intervals_follow_the_continuous_ones():
    assert laplace.whole_half_width(20_000.0, 1) == pytest.approx(20_000 * log(20), rel=1e-4)
