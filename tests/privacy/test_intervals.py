import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import intervals


def test_holds_ninety_five_percent_of_a_gaussian():
    low, high = intervals.around(10.0, 2.0)
    assert (low, high) == pytest.approx((10 - 2 * 1.959964, 10 + 2 * 1.959964))


@given(st.integers(-100, 100), st.floats(0.1, 50))
def test_whole_numbers_get_whole_intervals_never_narrower(value, sd):
    low, high = intervals.around_whole(value, sd)
    assert low.is_integer()
    assert high.is_integer()
    exact = intervals.around(value, sd)
    assert low <= exact[0]
    assert exact[1] <= high


@given(
    st.floats(-100, 1000),
    st.floats(-50, 200),
    st.floats(0.1, 50),
    st.floats(0.1, 10),
    st.floats(-0.9, 0.9),
)
def test_a_mean_and_its_interval_stay_within_bounds(top, bottom, top_sd, bottom_sd, correlation):
    covariance = correlation * top_sd * bottom_sd
    value, low, high, told = intervals.ratio(
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
        _, low, high, _ = intervals.ratio(top, bottom, 400.0, 25.0, 60.0, (-100.0, 100.0))
        held += low <= 5.0 <= high
    assert abs(held / 20_000 - 0.95) < 5 * (0.95 * 0.05 / 20_000) ** 0.5


def test_zero_is_told_apart_only_outside_the_interval():
    assert intervals.told_apart(2.0, 1.0)
    assert intervals.told_apart(-2.0, 1.0)
    assert not intervals.told_apart(1.9, 1.0)
