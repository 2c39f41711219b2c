"""What each bound would leave out, from the few bounds at which it is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.tables.keeping import Kept, concave, left_out

MOST = 24


def kept(records, bound):
    return float(np.minimum(records, bound).sum())


def known_of(records, bounds, variance=1.0):
    return tuple(Kept(bound, kept(records, bound), variance) for bound in bounds)


people = st.lists(st.integers(1, MOST), min_size=1, max_size=40).map(np.array)
bounds = st.lists(st.integers(1, MOST), min_size=1, max_size=3, unique=True).map(sorted)
drawn = st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3)
variances = st.lists(st.floats(0, 1e4), min_size=3, max_size=3)


@given(people, bounds)
def test_without_noise_what_is_known_is_found_again(records, known):
    found = left_out(known_of(records, known, 0.0))
    for bound in known:
        exact = kept(records, known[-1]) - kept(records, bound)
        assert found[bound - 1].value == pytest.approx(exact, abs=1e-6)


@given(people, bounds)
def test_without_noise_the_interval_holds_whatever_people_brought(records, known):
    for one in left_out(known_of(records, known, 0.0)):
        exact = kept(records, known[-1]) - kept(records, one.bound)
        assert one.low - 1e-6 <= exact <= one.high + 1e-6
        assert one.low <= one.value <= one.high


@given(bounds, drawn, variances)
def test_whatever_the_noise_some_people_could_have_brought_it(known, values, noise):
    """What is kept grows with the bound, by ever less, and nothing is below nought."""
    points = tuple(map(Kept, known, values, noise))
    nearest = concave(points)
    slopes = np.diff([0, *nearest]) / np.diff([0, *known])
    room = 1e-6 * (1 + max(map(abs, values)))
    assert slopes[-1] >= -room
    assert (np.diff(slopes) <= room).all()
    for one in left_out(points):
        assert 0 <= one.low <= one.value <= one.high


@given(bounds, drawn)
def test_no_other_possible_values_are_nearer(known, values):
    points = tuple(map(Kept, known, values, (1.0,) * 3))
    nearest = concave(points)
    drawn = np.array([one.value for one in points])
    rng = np.random.default_rng(1)
    for _ in range(20):
        other = np.cumsum(np.sort(rng.exponential(size=len(known)))[::-1] * np.diff([0, *known]))
        # The possible values are a cone, so the way to the nearest is at right angles to it.
        assert (drawn - nearest) @ (other - nearest) <= 1e-6 * (1 + (drawn**2).sum())


@given(people, bounds)
def test_what_is_likely_falls_and_never_faster_than_before(records, known):
    found = [one.value for one in left_out(known_of(records, known, 0.0))]
    steps = -np.diff(found)
    assert (steps >= -1e-6).all()
    assert (np.diff(steps) <= 1e-6).all()


SHAPES = {
    "geometric": lambda rng: rng.geometric(0.3, 4000),
    "around five": lambda rng: 1 + rng.poisson(4, 4000),
    "heavy tail": lambda rng: rng.zipf(1.8, 4000),
    "four each": lambda rng: np.full(4000, 4),
    "one or twelve": lambda rng: np.where(rng.random(4000) < 0.7, 1, 12),
    "anything": lambda rng: rng.integers(1, MOST, 4000),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bound", [3, 6])
def test_between_what_is_known_it_is_nearer_than_a_straight_line(shape, bound):
    records = SHAPES[shape](np.random.default_rng(2))
    known = known_of(records, (1, bound, 2 * bound), 0.0)
    found = np.array([one.value for one in left_out(known)])
    exact = np.array([known[-1].value - kept(records, one) for one in range(1, 2 * bound + 1)])
    places = np.arange(1, 2 * bound + 1)
    line = known[-1].value - np.interp(places, [k.bound for k in known], [k.value for k in known])
    assert abs(found - exact).max() <= abs(line - exact).max() + 1e-6


def test_it_is_exact_where_records_are_geometric_and_where_all_have_as_many():
    part = 0.6
    geometric = [Kept(k, 1000 * (1 - part**k) / (1 - part), 0.0) for k in (1, 4, 8)]
    for one in left_out(geometric):
        exact = 1000 * (part**one.bound - part**8) / (1 - part)
        assert one.value == pytest.approx(exact, abs=1e-3)
    everybody = [Kept(k, 1000.0 * k, 0.0) for k in (1, 3, 6)]
    assert [one.value for one in left_out(everybody)] == pytest.approx(
        [1000.0 * (6 - k) for k in range(1, 7)]
    )


@pytest.mark.statistics
@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_of_each_bound_holds_in_95_of_100_draws(shape):
    """Fails by chance less than once in 10^5: 4.8 deviations of 2,000 draws, at six bounds."""
    rng = np.random.default_rng()
    records = SHAPES[shape](rng)
    known, runs = (1, 3, 6), 2000
    exact = [kept(records, 6) - kept(records, bound) for bound in range(1, 7)]
    held = np.zeros(6)
    for _ in range(runs):
        points = [Kept(k, kept(records, k) + rng.normal() * 60, 3600.0) for k in known]
        held += [one.low <= e <= one.high for one, e in zip(left_out(points), exact, strict=True)]
    assert (held / runs >= 0.95 - 4.8 * (0.95 * 0.05 / runs) ** 0.5).all()
