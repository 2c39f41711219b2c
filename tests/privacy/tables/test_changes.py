"""What changed between two editions: the difference, its interval, and which changes are named."""

from math import hypot

import pytest

from privacy.tables.changes import changes
from privacy.tables.rollup import Figure, told_apart


def figure(value, half=10.0, statistic="contributions", distinct=True, name="a"):
    ends = value - half, value + half
    return Figure((("day", name),), statistic, None, "", value, half / 1.96, *ends, distinct, 1)


def test_noises_of_two_editions_are_independent_so_their_variances_add_up():
    ((one,),) = changes(([figure(50, 3)], [figure(30, 4)]))
    assert one.figure.value == 20
    assert (one.figure.low, one.figure.high) == pytest.approx((20 - hypot(3, 4), 20 + hypot(3, 4)))
    assert one.named


def test_what_noise_may_have_done_is_not_named():
    ((one,),) = changes(([figure(35)], [figure(30)]))
    assert not one.named
    assert not one.figure.distinct


def test_a_mean_of_nothing_is_never_told_apart_from_another():
    ((one,),) = changes(
        ([figure(40, 1, "mean")], [figure(0, 50, "mean", distinct=False)]),
    )
    assert not one.named
    assert one.chance == 1.0
    assert (one.figure.low, one.figure.high) == (39 - 50, 41 + 50)


def test_all_comparisons_are_judged_together():
    """One change of 2.2 standard deviations is named alone, and not among many that are nothing."""
    alone = ([figure(15.9)], [figure(0)])
    ((one,),) = changes(alone)
    assert one.named
    nothing = [figure(0, name=str(n)) for n in range(20)]
    among = changes(alone, (nothing, nothing))
    assert not among[0][0].named
    chances = [each.chance for pair in among for each in pair]
    assert told_apart(chances) == tuple(each.named for pair in among for each in pair)


def test_nothing_to_compare_is_nothing():
    assert changes() == ()
    assert changes(([], [])) == ((),)
