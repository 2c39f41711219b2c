"""Rolled up tables: the same figures as tables say, and intervals that hold as often as claimed."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.errors import PlanError
from privacy.plan.tiers import BRONZE, GOLD
from privacy.tables import derived, rollup
from privacy.tables.rollup import Along, cells_of, compare, covariances, roll_up, told_apart
from tests.privacy.tables.test_derived import MASSES, PLANS, release_of

DAYS = ("Fri", "Sat", "Sun")
WEEKEND = Along("day", (("weekend", ("Sat", "Sun")), ("Friday", ("Fri",))))
ALL = Along("day", (("all", DAYS),), over=True)


@pytest.fixture(params=sorted(PLANS))
def kind(request):
    return request.param


def table_of(kind, tier=GOLD, marginal=("day", "paid")):
    return release_of(kind).table(marginal, tier)


def test_whole_dimensions_say_what_the_table_says(kind):
    table = table_of(kind)
    found = roll_up(table, (), ("contributions", "sum", "mean", "share", "median"), "paid")
    said = [*table.estimates(), *derived.shares(table), *derived.quantiles(table, "paid")]
    by_kind = {}
    for figure in said:
        by_kind.setdefault(figure.statistic, []).append(figure)
    for statistic in ("contributions", "sum", "mean", "share", "median"):
        ours = [one for one in found if one.statistic == statistic]
        assert [one.cell for one in ours] == [one.coordinates for one in by_kind[statistic]]
        for one, other in zip(ours, by_kind[statistic], strict=True):
            for name in ("value", "sd", "low", "high", "distinct"):
                assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-7), name
            assert (one.unit, one.measure, one.cells) == (other.unit, other.measure, 1)


def test_a_group_is_the_sum_of_its_cells_with_the_noise_of_that_sum(kind):
    table = table_of(kind)
    weekend, friday = roll_up(table, (WEEKEND,), ("sum",), "paid")
    said = derived.group(table, [(("day", "Sat"),), (("day", "Sun"),)], "paid")
    assert (weekend.value, weekend.low, weekend.high) == pytest.approx(
        (said.value, said.low, said.high)
    )
    assert weekend.sd == pytest.approx(said.sd)
    assert (weekend.cell, weekend.cells) == ((("day", "weekend"),), 2)
    assert friday.cells == 1


def test_what_is_summed_over_is_one_figure_whose_noise_is_not_that_of_its_rows():
    table = release_of("gaussian").table(("day", "hour"), GOLD)
    (whole,) = roll_up(table, (ALL, Along("hour", (("all", ("noon", "night")),), over=True)))
    rows = roll_up(table, ())
    assert whole.value == pytest.approx(sum(row.value for row in rows))
    assert whole.cell == ()
    assert whole.sd == pytest.approx(table.plan.cell_sd((), GOLD))
    apart = sqrt(sum(row.sd**2 for row in rows))
    assert abs(whole.sd / apart - 1) > 0.1, "rows share noise"


def test_a_difference_is_that_of_the_two_cells():
    table = table_of("gaussian")
    one, other, _ = cells_of(table, ())
    found = compare(one, other).difference
    said = derived.difference(table, (("day", "Fri"),), (("day", "Sat"),))
    assert (found.value, found.low, found.high) == pytest.approx((said.value, said.low, said.high))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sets(st.sampled_from(DAYS), min_size=1), min_size=1, max_size=4),
    st.lists(st.sets(st.sampled_from(("noon", "night")), min_size=1), min_size=1, max_size=3),
)
def test_covariances_are_those_of_weights_over_the_whole_table(days, hours):
    """Against plain weights over every entry, where nothing is a product."""
    table = TWO_WAY
    asked = [
        Along("day", tuple((str(n), tuple(sorted(group))) for n, group in enumerate(days))),
        Along("hour", tuple((str(n), tuple(sorted(group))) for n, group in enumerate(hours))),
    ]
    cells = cells_of(table, asked)
    spread = covariances(cells)
    every = [cell.weights({}) for cell in cells]
    for i, one in enumerate(every):
        assert cells[i].value({}) == pytest.approx(float((table.masses * one).sum()))
        for j, other in enumerate(every):
            said = table.plan.covariance_of(table.marginal, one, other, table.tier)
            assert spread[i, j] == pytest.approx(said, abs=1e-9)


TWO_WAY = release_of("gaussian").table(("day", "hour"), BRONZE)


@pytest.mark.statistics
def test_the_truth_lies_in_every_interval_as_often_as_claimed(kind):
    """100 releases of groups, shares, means, a ratio and differences: false alarms once in 10^5.

    Of each kind the figures of one release depend on one another, so the spread over releases
    gives the standard error, of which 5 are allowed.
    """
    knots = np.arange(0, 101, 10)
    day = MASSES.sum(axis=1)
    sums = MASSES @ knots
    weekend, friday = day[1] + day[2], day[0]
    truth = {
        "contributions": [weekend, friday],
        "sum": [sums[1] + sums[2], sums[0]],
        "mean": [(sums[1] + sums[2]) / weekend, sums[0] / friday],
        "share": [weekend / day.sum(), friday / day.sum()],
    }
    held = {name: [] for name in (*truth, "difference", "mean difference", "ratio")}
    for _ in range(100):
        table = table_of(kind)
        found = roll_up(table, (WEEKEND,), tuple(truth), "paid")
        for name, exact in truth.items():
            ours = [one for one in found if one.statistic == name]
            held[name].append(
                np.mean([one.low <= e <= one.high for one, e in zip(ours, exact, strict=True)])
            )
        one, other = cells_of(table, (WEEKEND,))
        both = compare(one, other)
        held["difference"].append(both.difference.low <= weekend - friday <= both.difference.high)
        assert both.ratio is not None
        held["ratio"].append(both.ratio[1] <= weekend / friday <= both.ratio[2])
        means = compare(one, other, "mean", "paid").difference
        exact = truth["mean"][0] - truth["mean"][1]
        held["mean difference"].append(means.low <= exact <= means.high)
    for name, values in held.items():
        mean = np.mean(values)
        error = max(np.std(values, ddof=1) / sqrt(100), 0.015)
        assert abs(mean - 0.95) < 5 * error, (name, mean)


@pytest.mark.statistics
def test_of_many_comparisons_few_are_named_by_noise_alone():
    """400 runs of 40 comparisons, 10 of them true: named falsely 5 % of the time at most."""
    rng = np.random.default_rng(5)
    false = []
    for _ in range(400):
        z = rng.normal(size=40) + np.where(np.arange(40) < 10, 4.0, 0.0)
        chances = [rollup.erfc(abs(one) / sqrt(2)) for one in z.tolist()]
        named = np.array(told_apart(chances))
        false.append(named[10:].sum() / max(1, named.sum()))
        assert named[:10].any()
    assert np.mean(false) < 0.05 + 5 * np.std(false) / 20


def test_nothing_is_named_where_nothing_is_far():
    assert told_apart([]) == ()
    assert told_apart([0.03, 0.9, 0.5]) == (False, False, False)
    assert told_apart([1e-9, 0.9, 1e-8]) == (True, False, True)


@pytest.mark.parametrize(
    ("asked", "statistics", "measure", "says"),
    [
        ((Along("month", (("a", ("b",)),)),), ("contributions",), None, "'day'"),
        ((Along("day", (("a", ("Mon",)),)),), ("contributions",), None, "'Fri', 'Sat', 'Sun'"),
        ((Along("day", (("a", ()),)),), ("contributions",), None, "no value"),
        ((ALL, ALL), ("contributions",), None, "once"),
        ((Along("day", (("a", ("Fri",)), ("a", ("Sat",)))),), ("contributions",), None, "name"),
        ((), ("mode",), None, "'median'"),
        ((), ("sum",), None, "'paid'"),
        ((), ("mean",), "weight", "'paid'"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_can(asked, statistics, measure, says):
    with pytest.raises(PlanError, match=says):
        roll_up(table_of("gaussian"), asked, statistics, measure)


def test_medians_need_knots_and_too_much_is_refused(monkeypatch):
    with pytest.raises(PlanError):
        roll_up(TWO_WAY, (), ("median",), "paid")
    with pytest.raises(PlanError, match="contributions, sums and means"):
        compare(*cells_of(TWO_WAY, ())[:2], "share")
    monkeypatch.setattr(rollup, "MOST_FIGURES", 5)
    with pytest.raises(PlanError, match="at most 5"):
        roll_up(TWO_WAY, ())
