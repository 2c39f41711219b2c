"""From rows to a release, against the slow count."""

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from app.engine.duckdb import DuckDBEngine
from privacy.errors import PlanError, ReleaseError
from privacy.measure import add_noise, count, measure
from privacy.plan.planning import plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER, TIERS, Tier
from privacy.plan.workload import Workload, default_workload
from privacy.release import Release
from privacy.schema import MeasureRule
from tests.privacy.cubes import keep_slowly, masses_of, measure_of, rows_of, schema_of

SCHEMA = schema_of(
    (3, 2),
    (
        measure_of("paid", MeasureRule.SUM, knots=("0", "4", "10")),
        measure_of("age", MeasureRule.LAST, upper="8"),
        measure_of("mood", MeasureRule.MEAN, lower="-3", upper="4"),
    ),
    bound=2,
)
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6, sources=2)

rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["ann", "bob", "cy", "a", "b"]),
        st.sampled_from(["v0", "v1", "v2"]),
        st.sampled_from(["v0", "v1"]),
        st.integers(-15, 15),
        st.integers(-2, 12),
        st.integers(-9, 9),
    ),
    max_size=40,
)


def counted(schema, plan, table, secret="secret"):
    with DuckDBEngine(memory_limit="1GB", threads=1, own_hash=False) as engine:
        return count(engine, [engine.stream(table.schema, table.to_batches())], plan, secret)


@settings(max_examples=25, deadline=None)
@given(rows)
def test_every_marginal_equals_the_slow_count(drawn):
    table = rows_of(SCHEMA, drawn)
    plan = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6, sources=2, brought=True)
    counts, people, kept, brought = counted(SCHEMA, plan, table)
    slow = keep_slowly(SCHEMA, table, "secret")
    for marginal in PLAN.closure:
        grid = np.prod([SCHEMA.grid(axis) for axis in marginal])
        fast = np.asarray(counts[marginal], dtype=float) / grid
        assert fast == pytest.approx(masses_of(SCHEMA, slow, marginal)), marginal
    assert sum(people.values()) == len({key[:2] for key in slow})
    for source in people:
        assert kept[source] == sum(key[0] == source for key in slow)
    cells = {row[:4] for row in drawn}
    persons = Counter(cell[:2] for cell in cells)
    assert brought == sum(min(PLAN.most_brought, number) for number in persons.values())


@pytest.mark.statistics
def test_what_the_bound_left_out_is_told_with_its_noise():
    """300 people in all six cells, two of which are kept, and four counted as brought."""
    plan = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6, brought=True)
    assert plan.most_brought == 4
    assert plan.rho == PLAN.rho
    cells = [(f"v{one}", f"v{other}") for one in range(3) for other in range(2)]
    table = rows_of(SCHEMA, [("a", f"p{n}", *cell, 1, 1, 1) for n in range(300) for cell in cells])
    counts, people, kept, brought = counted(SCHEMA, plan, table)
    assert (sum(people.values()), kept["a"], brought) == (300, 600, 1200)
    drawn = [add_noise(plan, counts, 300, kept, brought).left_out() for _ in range(200)]
    inside = sum(found.low <= 600 <= found.high for found in drawn)
    # 190 expected; a false alarm once in 10^6 runs.
    assert binom.sf(inside - 1, 200, 0.95) < 1 - 1e-6
    assert binom.cdf(inside, 200, 0.95) > 1e-6
    spread = np.std([found.value for found in drawn])
    assert spread == pytest.approx(drawn[0].sd, rel=0.25)
    release = add_noise(plan, counts, 300, kept, brought)
    assert Release.from_bytes(release.to_bytes()) == release


def test_where_the_bound_leaves_nothing_out_nothing_is_spent_on_saying_so():
    every = schema_of((3, 2), bound=6)
    plan = plan_release(every, default_workload(every), 1.0, 1e-6, brought=True)
    assert plan.brought_rho.micro == 0
    counts = {a: np.zeros([every.size(axis) for axis in a], dtype=object) for a in plan.counted}
    assert add_noise(plan, counts, 0, {"one": 0}).left_out() is None


@settings(max_examples=10, deadline=None)
@given(rows)
def test_two_measures_in_one_table(drawn):
    plan = plan_release(SCHEMA, Workload((("d0", "paid", "age"),), (1.0,)), 1.0, 1e-6)
    table = rows_of(SCHEMA, drawn)
    counts, *_ = counted(SCHEMA, plan, table)
    slow = keep_slowly(SCHEMA, table, "secret")
    for marginal in plan.closure:
        grid = np.prod([SCHEMA.grid(axis) for axis in marginal])
        fast = np.asarray(counts[marginal], dtype=float) / grid
        assert fast == pytest.approx(masses_of(SCHEMA, slow, marginal)), marginal


@settings(max_examples=15, deadline=None)
@given(rows, st.sampled_from(["ann", "bob"]))
def test_removing_a_person_moves_nobody_else(drawn, gone):
    """The cubes differ by that person's records alone: what the sensitivity is about."""
    table = rows_of(SCHEMA, drawn)
    less = rows_of(SCHEMA, [row for row in drawn if row[:2] != ("a", gone)])
    slow = keep_slowly(SCHEMA, table, "secret")
    mine = {key: value for key, value in slow.items() if key[:2] == ("a", gone)}
    assert len(mine) <= SCHEMA.bound
    with_them, *_ = counted(SCHEMA, PLAN, table)
    without, *_ = counted(SCHEMA, PLAN, less)
    for marginal in PLAN.closure:
        grid = np.prod([SCHEMA.grid(axis) for axis in marginal])
        change = np.asarray(with_them[marginal] - without[marginal], dtype=float) / grid
        assert change == pytest.approx(masses_of(SCHEMA, mine, marginal))


def test_another_secret_keeps_other_records():
    schema = schema_of((8,), bound=1)
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    table = rows_of(schema, [("a", f"p{i}", f"v{j}") for i in range(40) for j in range(8)])
    one, *_ = counted(schema, plan, table, "one")
    two, *_ = counted(schema, plan, table, "two")
    assert one[()][()] == two[()][()] == 40
    assert (one[("d0",)] != two[("d0",)]).any()


def test_measures_nothing_at_all():
    with DuckDBEngine(threads=1) as engine:
        table = rows_of(SCHEMA, [])
        release = measure(engine, [engine.stream(table.schema, [])], PLAN, "s", ("a", "b"))
    assert set(release.shares) == {"a", "b"}
    assert all(share >= 0 for share in release.shares.values())


def test_only_measures_and_no_dimension():
    schema = schema_of((), (measure_of(),))
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    table = rows_of(schema, [("a", "ann", 3), ("a", "ann", 4), ("a", "bob", 90)])
    counts, people, *_ = counted(schema, plan, table)
    assert people == {"a": 2}
    assert counts[("m",)].tolist() == [3, 17]


def release_of(cells=1000, paid=0):
    schema = schema_of((3, 2), (measure_of(knots=("0", "4", "10")),), bound=1)
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6, sources=2)
    counts = {
        subset: np.full(
            tuple(schema.size(axis) for axis in subset),
            cells
            * 6
            * int(np.prod([schema.grid(a) for a in subset]))
            // int(np.prod([schema.size(a) for a in subset])),
            dtype=object,
        )
        for subset in plan.closure
    }
    return add_noise(plan, counts, cells * 6, {"a": cells * 6, "b": paid})


def test_survives_being_written_and_read_to_the_byte():
    release = release_of()
    content = release.to_bytes()
    assert Release.from_bytes(content) == release
    assert Release.from_bytes(content).to_bytes() == content


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format":2}', b"[1]", b'{"format":1}'])
def test_refuses_what_is_not_a_release(content):
    with pytest.raises(ReleaseError):
        Release.from_bytes(content)


def test_refuses_a_release_cut_short():
    content = release_of().to_bytes().replace(b'"people":[', b'"people":[1,')
    with pytest.raises(ReleaseError):
        Release.from_bytes(content)


def test_refuses_other_sources_tables_and_tiers():
    release = release_of()
    with pytest.raises(PlanError):
        add_noise(release.plan, {}, 0, {"a": 1})
    with pytest.raises(PlanError):
        release.table(("nowhere",), GOLD)
    with pytest.raises(PlanError):
        release.table((), Tier("tin", 2))


@pytest.mark.parametrize("tier", TIERS)
def test_tables_of_a_tier_agree_exactly(tier):
    release = release_of()
    pair = release.table(("d0", "d1"), tier)
    with_measure = release.table(("d0", "m"), tier)
    one = release.table(("d0",), tier)
    for table, axis in ((pair, 1), (with_measure, 1)):
        total = table.numerators.sum(axis=axis)
        assert (total * one.denominator == one.numerators * table.denominator).all()


def test_share_of_one_source_is_the_released_total():
    schema = schema_of((2,))
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    counts = {(): np.array(9, dtype=object), ("d0",): np.array([4, 5], dtype=object)}
    release = add_noise(plan, counts, 9, {"only": 9})
    total = release.table((), GOLD).contributions()[()]
    assert release.shares == {"only": max(0, round(float(total)))}


def test_says_what_each_figure_is():
    figures = release_of().table(("d0", "m"), SILVER).estimates()
    assert [f.statistic for f in figures[:6]] == [
        "contributions",
        "sum",
        "mean",
        *["contributions_near"] * 3,
    ]
    assert figures[0].coordinates == (("d0", "v0"),)
    assert figures[3].coordinates == (("d0", "v0"), ("m", "0"))
    assert {f.unit for f in figures if f.statistic in ("sum", "mean")} == {"EUR"}
    assert all(f.low <= f.value <= f.high for f in figures)
    assert Decimal(str(figures[1].low)).is_finite()


@pytest.mark.statistics
def test_errors_have_the_variance_the_plan_says():
    """Counts, sums and people over 300 releases, at two tiers, and their difference.

    Sample variances of about 300 x 6 correlated draws against the plan, within 40 %: five
    standard errors even if the cells of a table moved together. A false alarm in 10^6 runs.
    """
    releases = [release_of() for _ in range(300)]
    plan = releases[0].plan
    spike = {"d0": np.eye(1, 3)[0], "m": np.array([0.0, 4.0, 10.0])}
    for tier in (GOLD, BRONZE):
        counts = np.array([r.table(("d0", "d1"), tier).contributions() for r in releases])
        assert (counts - 1000).var() == pytest.approx(
            plan.cell_variance(("d0", "d1"), tier), rel=0.4
        )
        sums = np.array([r.table(("d0", "m"), tier).sums("m") for r in releases])
        truth = 6000 / 9 * 14
        assert (sums - truth).var() == pytest.approx(
            plan.covariance(("d0", "m"), spike, spike, tier), rel=0.4
        )
        people = np.array([r.people(tier).value for r in releases])
        assert people.var() == pytest.approx(plan.people_sd(tier) ** 2, rel=0.45)
    gold = np.array([r.table((), GOLD).contributions()[()] for r in releases])
    bronze = np.array([r.table((), BRONZE).contributions()[()] for r in releases])
    extra = plan.cell_variance((), BRONZE) - plan.cell_variance((), GOLD)
    assert (bronze - gold).var() == pytest.approx(extra, rel=0.45)
    assert abs(np.corrcoef(gold - 6000, bronze - gold)[0, 1]) < 5 / 300**0.5
