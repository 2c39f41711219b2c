import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.errors import InvalidSplit
from pricing.shares import best_people, denominator, expected, on_simplex, shares_of

COUNTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.integers(-300, 900), min_size=1
)


@given(COUNTS, st.fractions(0, 5_000, max_denominator=50))
def test_shares_are_the_nearest_that_are_not_negative_and_sum_to_the_total(
    counts: dict[str, int], total: Fraction
) -> None:
    """The conditions of Karush, Kuhn and Tucker: one amount is taken off all that stay above 0."""
    parts = on_simplex(counts, total)
    assert sum(parts.values()) == total
    assert min(parts.values()) >= 0
    taken = {counts[source] - part for source, part in parts.items() if part > 0}
    assert len(taken) <= 1
    for amount in taken:
        assert all(counts[source] <= amount for source, part in parts.items() if part == 0)


@given(COUNTS, st.floats(-100, 5_000), st.floats(-100, 3_000))
def test_shares_never_sum_to_more_than_the_released_people(
    counts: dict[str, int], contributions: float, people: float
) -> None:
    shares = shares_of(counts, contributions, people)
    assert shares.keys() == counts.keys()
    assert 0 <= sum(shares.values()) <= max(0.0, people)


def test_a_file_has_as_many_shares_as_people() -> None:
    assert shares_of({"shop": 800, "club": 200, "none": 0}, 1_000.0, 500.0) == {
        "shop": 400,
        "club": 100,
        "none": 0,
    }
    # Noise may say that there are more people than contributions; each has at least one.
    assert shares_of({"shop": 90, "none": 3}, 90.0, 120.0) == {"shop": 88, "none": 1}


@pytest.mark.statistics
def test_no_way_of_splitting_rows_among_files_pays() -> None:
    """40 accounts with a file of one row each beside one file of 400 took 65 of 100 shares.

    The true part is 9. The mean of 2,000 draws lies within 1 of its expectation but once in 10^9:
    each draw is at most 100.
    """
    draws = np.random.default_rng(5)
    taken = []
    for _ in range(2_000):
        noise = draws.normal(0, 20, 42).round().astype(int).tolist()
        tiny = {f"tiny {n}": 1 + noise[n] for n in range(40)}
        counts = {"shop": 400 + noise[40], "none": noise[41], **tiny}
        shares = shares_of(counts, 440.0, 440.0)
        taken.append(100 * sum(shares[name] for name in tiny) / max(1, sum(shares.values())))
    cut_at_nothing = 100 * 40 * 8.5 / (400 + 41 * 8.5)
    assert np.mean(taken) < 20 < cut_at_nothing


def test_a_denominator_covers_the_true_number_19_times_in_20() -> None:
    assert denominator(1_000.0, 0.0) == expected(1_000.0, 0.0) == 1_000
    assert (denominator(1_000.0, 10.0), expected(1_000.0, 10.0)) == (1_017, 1_000)
    assert (denominator(-500.0, 10.0), expected(-500.0, 10.0)) == (1, 1)
    margin = (denominator(10**6, 10**5) - 10**6) / 10**5
    assert 0.5 * math.erfc(margin / math.sqrt(2)) == pytest.approx(0.05, rel=1e-3)
    for released, sd in ((math.nan, 1.0), (1.0, -1.0), (1.0, math.inf)):
        for rule in (denominator, expected):
            with pytest.raises(InvalidSplit):
                rule(released, sd)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e5))
def test_what_is_expected_is_never_more_than_what_is_divided(people: float, sd: float) -> None:
    assert 1 <= expected(people, sd) <= denominator(people, sd)


def test_two_numbers_of_the_same_people_are_weighed_by_their_precision() -> None:
    assert best_people([(100.0, 400.0)]) == (100.0, 20.0)
    mean, sd = best_people([(100.0, 400.0), (200.0, 400.0)])
    assert (mean, sd) == (150.0, pytest.approx(20 / math.sqrt(2)))
    mean, sd = best_people([(100.0, 100.0), (200.0, 400.0)])
    assert (mean, sd) == (pytest.approx(120.0), pytest.approx(math.sqrt(80)))
    for wrong in ([], [(1.0, 0.0)]):
        with pytest.raises(InvalidSplit):
            best_people(wrong)


def test_a_margin_keeps_less_than_a_third_at_fifty_people() -> None:
    """At 3.09 standard deviations of the contributions it kept 37 to 43 %.

    With epsilon 1 the people are known to 22.4, and to 14.3 from their count.
    """
    people, sd = best_people([(50.0, 22.4**2), (50.0, 14.3**2)])
    total = denominator(people, sd)
    assert (total - expected(people, sd)) / total < 0.32
