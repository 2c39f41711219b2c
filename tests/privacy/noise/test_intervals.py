from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from privacy.noise import intervals


def test_holds_ninety_five_percent_of_a_gaussian():
    assert pytest.approx(1.959964) == intervals.QUANTILE


@pytest.mark.parametrize("variance", [Fraction(1, n) for n in (1024, 50, 3)] + [Fraction(9)])
def test_the_variance_of_rounded_noise_is_that_of_its_exact_distribution(variance):
    reach = 40
    edges = norm.cdf((np.arange(-reach, reach + 2) - 0.5) / float(variance) ** 0.5)
    exact = float((np.diff(edges) * np.arange(-reach, reach + 1) ** 2).sum())
    assert intervals.rounded_variance(variance) == pytest.approx(exact, rel=1e-9, abs=1e-15)


def test_noise_that_is_not_measured_has_no_variance():
    assert intervals.rounded_variance(Fraction(0)) == 0


@given(st.floats(0.1, 50))
def test_whole_numbers_get_whole_intervals_never_narrower(sd):
    half = intervals.whole_half_width(sd)
    assert intervals.QUANTILE * sd <= half < intervals.QUANTILE * sd + 1


@given(
    st.floats(-100, 1000),
    st.floats(-50, 200),
    st.floats(0.1, 50),
    st.floats(0.1, 10),
    st.floats(-0.9, 0.9),
)
def test_a_mean_and_its_interval_stay_within_bounds(top, bottom, top_sd, bottom_sd, correlation):
    covariance = correlation * top_sd * bottom_sd
    value, low, high, told = intervals.fieller(
        top, bottom, top_sd**2, bottom_sd**2, covariance, (0.0, 10.0)
    )
    assert 0 <= low <= value <= high <= 10
    if not told:
        assert (low, high) == (0, 10)


@pytest.mark.statistics
def test_fieller_holds_the_true_ratio_as_often_as_it_says():
    """20,000 draws: a false alarm about once in 10^6 runs (5 standard errors)."""
    rng = np.random.default_rng()
    variance = np.array([[400.0, 60.0], [60.0, 25.0]])
    draws = rng.multivariate_normal([200.0, 40.0], variance, 20_000)
    held = 0
    for top, bottom in draws:
        _, low, high, _ = intervals.fieller(top, bottom, 400.0, 25.0, 60.0, (-100.0, 100.0))
        held += low <= 5.0 <= high
    assert abs(held / 20_000 - 0.95) < 5 * (0.95 * 0.05 / 20_000) ** 0.5
