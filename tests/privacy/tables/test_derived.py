"""Figures made from a released table: their values, and how often their intervals hold."""

from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import binom

from privacy.errors import PlanError
from privacy.measure import add_noise
from privacy.plan.planning import Mechanism, plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER
from privacy.plan.workload import Workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from privacy.tables import adjusted
from privacy.tables.derived import (
    between_editions,
    difference,
    group,
    quantiles,
    shares,
)

#: So rarely one comparison accuses an honest release.
ONCE_IN = 1e-7
KNOTS = tuple(Decimal(n) for n in range(0, 101, 10))
SCHEMA = CubeSchema(
    (Dimension("day", ("Fri", "Sat", "Sun")), Dimension("hour", ("noon", "night"))),
    (Measure("paid", "EUR", Decimal(0), Decimal(100), Decimal(1), MeasureRule.SUM, KNOTS),),
    2,
)
TABLES = Workload((("day", "hour"), ("day", "paid")), (1.0, 1.0))
SMALL = Workload((("day", "paid"),), (1.0,))
PLANS = {
    "gaussian": plan_release(SCHEMA, TABLES, 1.0, 1e-6),
    "geometric": plan_release(
        SCHEMA, SMALL, 1.0, 1e-6, (GOLD, SILVER, BRONZE), mechanism=Mechanism.GEOMETRIC
    ),
}
#: 600, 300 and 100 contributions by day, spread over the knots in different ways.
MASSES = np.array(
    [
        [0, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60],
        [0, 100, 100, 100, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0],
    ]
)


def exact_counts(plan):
    """All counted tables of those masses; half of each day's contributions at each hour."""
    cube = np.stack([MASSES // 2, MASSES - MASSES // 2], axis=1).astype(object)
    found = {}
    for table in plan.counted:
        gone = tuple(i for i, axis in enumerate(SCHEMA.axes) if axis not in table)
        part = np.asarray(cube.sum(axis=gone), dtype=object)
        found[table] = np.asarray(part * (10 if "paid" in table else 1), dtype=object)
    return found


def release_of(kind):
    return add_noise(PLANS[kind], exact_counts(PLANS[kind]), 900, {"s": 1000})


@pytest.fixture(params=sorted(PLANS))
def kind(request):
    return request.param


@pytest.mark.statistics
@pytest.mark.parametrize("tier", [GOLD, BRONZE], ids=["gold", "bronze"])
def test_intervals_hold_the_exact_figures_as_often_as_they_say(kind, tier, everything):
    """100 or 400 releases; each figure is held 95 % of the time, by the exact binomial tail.

    Intervals cut at bounds, and of quantiles whose excess is flat, hold more often: only the
    others are held to no more than that. Of 80 comparisons none is off once in 10^5 runs.
    """
    runs = 400 if everything else 100
    exact = {"share": [0.6, 0.3, 0.1], "difference": 300.0, "group": 900.0, "mean": [55, 20, 90]}
    held = {name: [] for name in ("share", "difference", "group", "mean", "median", "count")}
    for _ in range(runs):
        table = release_of(kind).table(("day", "paid"), tier)
        by_day = shares(table)
        held["share"].append(
            [e.low <= s <= e.high for e, s in zip(by_day, exact["share"], strict=True)]
        )
        one = difference(table, (("day", "Fri"),), (("day", "Sat"),))
        held["difference"].append(one.low <= exact["difference"] <= one.high)
        two = group(table, [(("day", "Fri"),), (("day", "Sat"),)])
        held["group"].append(two.low <= exact["group"] <= two.high)
        figures = table.estimates()
        means = [e for e in figures if e.statistic == "mean"]
        held["mean"].append(
            [e.low <= m <= e.high for e, m in zip(means, exact["mean"], strict=True)]
        )
        counts = [e for e in figures if e.statistic == "contributions"]
        held["count"].append(
            [e.low <= c <= e.high for e, c in zip(counts, [600, 300, 100], strict=True)]
        )
        medians = quantiles(table, "paid", {"median": 0.5})
        held["median"].append(
            [e.low <= m <= e.high for e, m in zip(medians, [55, 20, 90], strict=True)]
        )
    for name, values in held.items():
        times = np.atleast_1d(np.sum(np.array(values), axis=0))
        assert (binom.cdf(times, runs, 0.95) > ONCE_IN).all(), (name, times)
        if name in ("difference", "group", "count"):
            assert (binom.sf(times - 1, runs, 0.95) > ONCE_IN).all(), (name, times)


def test_shares_add_up_to_one(kind):
    found = shares(release_of(kind).table(("day", "paid"), GOLD))
    assert sum(e.value for e in found) == pytest.approx(1.0)
    assert all(0 <= e.low <= e.value <= e.high <= 1 for e in found)
    assert [e.coordinates for e in found] == [(("day", d),) for d in ("Fri", "Sat", "Sun")]


def test_a_share_of_nothing_is_not_told_apart_from_zero(kind):
    """Nine of nine said yes, also of a share of zero: they spoke of what it is a share of."""
    table = release_of(kind).table(("day", "paid"), GOLD)
    for share in shares(table):
        assert share.distinct == (share.low > 0)
    counts = [e for e in table.estimates() if e.statistic == "contributions"]
    for share, count in zip(shares(table), counts, strict=True):
        assert not share.distinct or count.value > 0


def test_a_table_of_no_dimension_has_no_shares():
    assert shares(release_of("gaussian").table((), GOLD)) == ()


def test_quantiles_are_those_of_the_masses():
    """Bronze at a huge budget: the noise is small beside a gap of ten, however it falls."""
    plan = plan_release(SCHEMA, SMALL, 40.0, 1e-6)
    for _ in range(60):
        release = add_noise(plan, exact_counts(plan), 900, {"s": 1000})
        table = release.table(("day", "paid"), GOLD)
        found = {(e.coordinates, e.statistic): e for e in quantiles(table, "paid")}
        assert found[(("day", "Fri"),), "median"].value == pytest.approx(55, abs=1)
        assert found[(("day", "Fri"),), "quantile_25"].value == pytest.approx(30, abs=1)
        assert found[(("day", "Sat"),), "quantile_75"].value == pytest.approx(27.5, abs=1)
        assert all(e.low <= e.value <= e.high for e in found.values())
        # As exact as this, nothing is said to lie anywhere.
        assert all(e.high - e.low < 5 for e in found.values())


def test_a_group_is_the_sum_of_its_cells_and_of_no_other():
    table = release_of("gaussian").table(("day", "hour"), SILVER)
    weekend = [(("day", d), ("hour", h)) for d in ("Sat", "Sun") for h in ("noon", "night")]
    found = group(table, weekend)
    assert found.value == pytest.approx(float(table.contributions()[1:].sum()))
    everything = group(table, table.cells())
    total = release_of("gaussian").plan.cell_sd((), SILVER)
    assert everything.sd == pytest.approx(total), "noise that cancels is not counted"


def test_a_sum_can_be_compared_too():
    table = release_of("gaussian").table(("day", "paid"), GOLD)
    found = difference(table, (("day", "Fri"),), (("day", "Sun"),), "paid")
    sums = table.sums("paid")
    assert found.value == pytest.approx(float(sums[0] - sums[2]))
    assert found.unit == "EUR"


@pytest.mark.statistics
def test_changes_between_editions_hold_zero_when_nothing_changed(kind):
    """300 pairs of three cells: 5 standard errors, one sided for the wider geometric interval."""
    held = []
    for _ in range(300):
        one, two = (release_of(kind).table(("day", "paid"), GOLD) for _ in range(2))
        held.append([e.low <= 0 <= e.high for e in between_editions(one, two, "paid")])
    assert np.mean(held) > 0.95 - 5 * (0.95 * 0.05 / 300) ** 0.5


def test_refuses_cells_and_measures_that_are_not_there():
    table = release_of("gaussian").table(("day", "paid"), GOLD)
    pair = release_of("gaussian").table(("day", "hour"), GOLD)
    with pytest.raises(PlanError):
        difference(table, (("day", "Mon"),), (("day", "Sat"),))
    with pytest.raises(PlanError):
        group(table, [(("hour", "noon"),)])
    with pytest.raises(PlanError):
        group(table, table.cells(), "weight")
    with pytest.raises(PlanError):
        quantiles(pair, "paid")
    with pytest.raises(PlanError):
        between_editions(table, pair)
    with pytest.raises(PlanError):
        between_editions(pair, pair, "paid")


def test_adjusted_numbers_are_whole_not_negative_and_add_up():
    for _ in range(20):
        table = release_of("gaussian").table(("day", "hour"), BRONZE)
        found = adjusted.contributions(table)
        assert (found >= 0).all()
        assert found.sum() == max(0, round(float(table.contributions().sum())))


def test_adjusted_sums_fit_their_counts():
    table = release_of("gaussian").table(("day", "paid"), BRONZE)
    counts, sums = adjusted.contributions(table), adjusted.sums(table, "paid")
    assert (sums >= 0).all()
    assert (sums <= counts * 100).all()
    assert (sums == np.rint(sums)).all(), "multiples of the resolution"


@pytest.mark.statistics
def test_adjusted_numbers_are_nearer_the_truth_where_cells_are_empty():
    """100 tables of 100 cells, 90 of them empty: the error falls by half, here by a third at least.

    The ratio of two sums of 10^4 squared errors has a standard error of about 2 %.
    """
    schema = CubeSchema(
        (
            Dimension("a", tuple(f"a{i}" for i in range(10))),
            Dimension("b", tuple(f"b{i}" for i in range(10))),
        ),
        (),
        1,
    )
    plan = plan_release(schema, Workload((("a", "b"),), (1.0,)), 1.0, 1e-6)
    exact = np.zeros((10, 10), dtype=object)
    exact[0] = 50
    counts = {
        table: np.asarray(
            exact.sum(axis=tuple(i for i, axis in enumerate(schema.axes) if axis not in table)),
            dtype=object,
        )
        for table in plan.counted
    }
    plain = better = 0.0
    for _ in range(100):
        table = add_noise(plan, counts, 500, {"s": 500}).table(("a", "b"), GOLD)
        plain += float(((table.contributions() - exact.astype(float)) ** 2).sum())
        better += float(((adjusted.contributions(table) - exact.astype(float)) ** 2).sum())
    assert better < plain * 4 / 9
