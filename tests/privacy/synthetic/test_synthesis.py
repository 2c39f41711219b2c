"""Synthetic rows: they agree with the tables they were fitted to, and are the same each time."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import numpy as np
import pytest

from privacy.errors import PlanError
from privacy.measure import add_noise
from privacy.plan.planning import Mechanism, plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER
from privacy.plan.workload import Workload, default_workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from privacy.synthetic.likeness import compare
from privacy.synthetic.spreading import assigned, between_knots
from privacy.synthetic.synthesis import MAX_ROWS, largest, synthesise

KNOTS = tuple(Decimal(n) for n in (0, 10, 20, 40, 80))
SCHEMA = CubeSchema(
    (
        Dimension("day", ("Fri", "Sat", "Sun")),
        Dimension("hour", ("noon", "night")),
        Dimension("size", tuple("abcde")),
    ),
    (
        Measure("paid", "EUR", Decimal(0), Decimal(80), Decimal("0.5"), MeasureRule.SUM, KNOTS),
        Measure("tip", "EUR", Decimal(-5), Decimal(5), Decimal("0.1"), MeasureRule.SUM),
    ),
    2,
)
TABLES = Workload((("day", "hour", "paid"), ("day", "size"), ("size", "tip")), (1.0,) * 3)


def records(n=3000):
    """Positions along the dimensions, values of the measures in units of their resolution."""
    rng = np.random.default_rng(8)
    day = rng.integers(0, 3, n)
    hour = (rng.random(n) < 0.2 + 0.2 * day).astype(int)
    size = np.minimum(rng.poisson(1 + day), 4)
    paid = np.minimum(rng.gamma(2.0, 10.0 + 15 * hour) * 2, 160).astype(int)
    tip = np.clip(size * 10 - 20 + rng.integers(-20, 21, n), -50, 50)
    return {"day": day, "hour": hour, "size": size, "paid": paid, "tip": tip}


def exact_counts(plan, found):
    """Every counted table of some records, in the whole numbers of its grid."""
    schema = plan.schema
    counts = {}
    for marginal in plan.counted:
        table = np.zeros(tuple(schema.size(axis) for axis in marginal), dtype=object)
        for row in range(len(next(iter(found.values())))):
            places = [((), 1)]
            for axis in marginal:
                value = int(found[axis][row])
                near = [(value, 1)] if axis in schema.hard else near_knots(schema, axis, value)
                places = [((*at, j), m * w) for at, m in places for j, w in near]
            for at, mass in places:
                table[at] += mass
        counts[marginal] = table
    return counts


def near_knots(schema, axis, value):
    knots, grid = schema.measure(axis).knot_units, schema.grid(axis)
    j = min(int(np.searchsorted(knots, value, side="right")) - 1, len(knots) - 2)
    right = (value - knots[j]) * grid // (knots[j + 1] - knots[j])
    return [(j, grid - right), (j + 1, right)]


def release_of(epsilon, workload=TABLES, mechanism=Mechanism.GAUSSIAN, n=3000):
    plan = plan_release(SCHEMA, workload, epsilon, 1e-6, mechanism=mechanism)
    return add_noise(plan, exact_counts(plan, records(n)), n, {"s": n})


@pytest.fixture(scope="module")
def release():
    return release_of(1.0)


def tables_of(release, tier=GOLD):
    return [release.table(marginal, tier) for marginal in release.plan.workload.marginals]


def test_rows_agree_with_tables_of_almost_no_noise():
    """At epsilon 50 what remains is rounding: at most one row a cell of a table of the tree."""
    tables = tables_of(release_of(50.0))
    rows = synthesise(tables, 1)
    assert len(rows) == rows.total == round(tables[0].contributions().sum())
    assert rows.left_out == ()
    for table in tables:
        made = rows.masses(table.marginal)
        assert made.sum() == pytest.approx(rows.total)
        assert np.abs(made - table.masses).sum() / 2 < 0.02 * rows.total
        counts = made.sum(axis=tuple(range(len(table.hard), made.ndim)))
        assert np.abs(counts - table.contributions()).max() < 12
    for likeness in compare(rows, tables):
        if likeness.statistic == "mean":
            assert likeness.difference < {"paid": 1.0, "tip": 0.15}[likeness.measure]


def test_most_figures_of_the_rows_lie_within_the_noise_intervals(release):
    tables = tables_of(release)
    found = compare(synthesise(tables, 2), tables)
    assert {(one.statistic, one.measure) for one in found} == {
        ("contributions", None),
        *((kind, name) for kind in ("sum", "mean") for name in ("paid", "tip")),
        ("contributions_near", "paid"),
    }
    assert sum(one.inside for one in found) >= 0.9 * sum(one.cells for one in found)
    assert all(one.fitted for one in found)
    for one in found:
        assert (one.distance is not None) is (one.statistic == "contributions")
        assert one.distance is None or 0 <= one.distance < 0.2


def test_with_geometric_noise_too():
    workload = Workload((("day", "paid"),), (1.0,))
    release = release_of(1.0, workload, Mechanism.GEOMETRIC)
    tables = tables_of(release)
    found = compare(synthesise(tables, 2), tables)
    assert sum(one.inside for one in found) >= 0.85 * sum(one.cells for one in found)


def test_the_same_tables_and_seed_give_the_same_rows(release):
    one, same, other = (synthesise(tables_of(release), seed) for seed in (3, 3, 4))
    assert (one.positions == same.positions).all()
    assert (one.units == same.units).all()
    assert (one.units != other.units).any()


@pytest.mark.exhaustive
def test_another_process_draws_the_same_rows(release, tmp_path):
    """Sets of texts have another order in each process: nothing may hang on it."""
    rows = synthesise(tables_of(release), 3)
    here = hashlib.sha256(rows.positions.tobytes() + rows.units.tobytes()).hexdigest()
    path = tmp_path / "release.json"
    path.write_bytes(release.to_bytes())
    code = (
        "import sys, hashlib, pathlib\n"
        "from privacy.release import Release\nfrom privacy.synthetic.synthesis import synthesise\n"
        "release = Release.from_bytes(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "tables = [release.table(m, release.plan.tiers[0]) for m in "
        "release.plan.workload.marginals]\n"
        "rows = synthesise(tables, 3)\n"
        "print(hashlib.sha256(rows.positions.tobytes() + rows.units.tobytes()).hexdigest())\n"
    )
    there = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(path)],
        # The order of this process is random, or another one.
        env={"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert there.strip() == here


def test_values_are_within_bounds_and_columns_are_those_of_the_tables(release):
    tables = tables_of(release)
    rows = synthesise(tables, 5)
    assert rows.axes == ("day", "hour", "size", "paid", "tip")
    for axis in ("paid", "tip"):
        units, knots = rows.units[:, rows.axes.index(axis)], SCHEMA.measure(axis).knot_units
        assert units.min() >= knots[0]
        assert units.max() <= knots[-1]
        assert len(np.unique(units)) > 2 * len(knots)
    for axis in SCHEMA.hard:
        assert rows.positions[:, rows.axes.index(axis)].max() < SCHEMA.size(axis)
        assert (rows.units[:, rows.axes.index(axis)] == 0).all()
    assert synthesise([tables[1]], 5).axes == ("day", "size")


def test_an_empty_release_gives_no_rows(release):
    """Residuals of nothing, and of less than nothing."""
    for scale in (0, -1):
        residuals = tuple(
            tuple(tuple(scale * abs(n) for n in part) for part in tier)
            for tier in release.residuals
        )
        empty = replace(release, residuals=residuals)
        tables = tables_of(empty)
        rows = synthesise(tables, 1)
        assert (len(rows), rows.total, rows.weight) == (0, 0, 1.0)
        assert rows.positions.shape == (0, 5)
        found = compare(rows, tables)
        assert {one.cells for one in found if one.statistic == "mean"} == {0}


def test_rows_may_be_fewer_and_then_stand_for_more(release):
    tables = tables_of(release)
    rows = synthesise(tables, 1, rows=500)
    assert len(rows) == 500
    assert rows.weight == rows.total / 500
    assert rows.masses(("day",)).sum() == pytest.approx(rows.total)


def test_there_are_never_more_than_the_most_rows(release):
    assert len(synthesise(tables_of(release), 1, rows=10 * MAX_ROWS)) == MAX_ROWS


def test_tables_too_large_for_one_model_are_left_out_large_ones_first(release):
    tables = tables_of(release)
    rows = synthesise(tables, 1, limit=35)
    assert rows.fitted == ((("size", "tip"), "gold"), (("day", "size"), "gold"))
    assert rows.left_out == ((("day", "hour", "paid"), "gold"),)
    # Columns of none of the fitted tables stand alone, and are right by themselves.
    assert rows.axes == ("day", "hour", "size", "paid", "tip")
    hours = release.table(("hour",), GOLD)
    assert np.abs(rows.masses(("hour",)) - hours.masses).max() < 60


def test_refuses_no_tables_and_too_many_columns(release):
    with pytest.raises(PlanError, match="at least one"):
        synthesise([], 1)
    with pytest.raises(PlanError, match="fewer tables"):
        synthesise(tables_of(release), 1, limit=5)


def test_of_one_table_the_finest_tier_is_used(release):
    tables = [release.table(("day", "size"), tier) for tier in (BRONZE, GOLD, SILVER)]
    assert [table.tier for table in largest(tables)] == [GOLD]
    within = release.table(("day",), GOLD)
    assert largest([tables[0], within]) == (within, tables[0])
    assert largest([tables[1], within]) == (tables[1],)


def test_knots_that_say_nothing_more_than_bounds_keep_the_mean(release):
    table = release.table(("size", "tip"), GOLD)
    (mean,) = (one for one in compare(synthesise([table], 1), [table]) if one.statistic == "mean")
    assert mean.inside >= mean.cells - 1


def test_progress_rises_to_the_end(release):
    told = []
    synthesise(tables_of(release), 1, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 100


@pytest.mark.parametrize("knots", [(0, 50), (0, 10, 20, 40, 80), (-3, -1, 4)])
def test_values_between_knots_leave_masses_counts_and_sums_alone(knots):
    rng = np.random.default_rng(1)
    positions, groups = rng.integers(0, len(knots), 2000), rng.integers(0, 7, 2000)
    units = np.array(knots)
    values = between_knots(positions, groups, units, rng)
    for group in range(7):
        mine = groups == group
        shares = np.array([np.interp(values[mine], units, each) for each in np.eye(len(knots))])
        counts = np.bincount(positions[mine], minlength=len(knots))
        assert shares.sum(axis=1) == pytest.approx(counts)
        assert values[mine].sum() == units[positions[mine]].sum()
    # Few stay at a knot, but for those that the grid itself puts there.
    assert np.mean(values == units[positions]) < 0.5


def test_rows_without_a_partner_stay_at_their_knot():
    positions, groups = np.array([0, 1, 2]), np.array([0, 1, 2])
    values = between_knots(positions, groups, np.array([0, 5, 9]), np.random.default_rng(0))
    assert values.tolist() == [0, 5, 9]


def test_dealing_out_gives_each_group_its_due_number_but_for_one():
    rng = np.random.default_rng(2)
    weights = rng.random((4, 30))
    weights[2] = 0
    groups = rng.integers(0, 4, 5000)
    dealt = assigned(weights, groups, rng)
    weights[2] = 1
    for group in range(4):
        due = weights[group] / weights[group].sum() * (groups == group).sum()
        found = np.bincount(dealt[groups == group], minlength=30)
        assert np.abs(found - due).max() < 1 + 1e-6
    assert len(assigned(weights, np.zeros(0, np.int64), rng)) == 0


@pytest.mark.exhaustive
def test_many_columns_make_a_tree_of_the_tables_that_fit():
    dimensions = tuple(Dimension(f"x{i}", tuple(f"v{j}" for j in range(8))) for i in range(9))
    schema = CubeSchema(dimensions, (), 1)
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    rng = np.random.default_rng(0)
    first = rng.integers(0, 8, 4000)
    found = {f"x{i}": (first + rng.integers(0, 1 + i, 4000)) % 8 for i in range(9)}
    counts = {}
    for marginal in plan.counted:
        table = np.zeros((8,) * len(marginal), dtype=np.int64)
        np.add.at(table, tuple(found[axis] for axis in marginal) or (), 1)
        counts[marginal] = table.astype(object) if marginal else np.array(4000, dtype=object)
    release = add_noise(plan, counts, 4000, {"s": 4000})
    tables = [release.table(pair, GOLD) for pair in combinations(schema.axes, 2)]
    rows = synthesise(tables, 1, limit=5000)
    assert len(rows.fitted) >= 8
    assert rows.left_out
    fitted = [one for one in compare(rows, tables) if one.fitted]
    assert sum(one.inside for one in fitted) >= 0.85 * sum(one.cells for one in fitted)
