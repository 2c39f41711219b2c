"""Each shortcut of the bounded cube, against the slow count and at its edges."""

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.duckdb import DuckDBEngine, EngineError
from privacy.cube import bounding
from privacy.measure import count
from privacy.plan.planning import plan_release
from privacy.plan.workload import default_workload
from privacy.schema import CubeSchema, Dimension, MeasureRule
from tests.privacy.cubes import (
    keep_slowly,
    masses_of,
    measure_of,
    own_hash,
    rows_of,
    schema_of,
)
from tests.support.lengths import examples

LONG = Dimension("long", tuple(f"w{n}" for n in range(bounding.LONGEST_DOMAIN + 1)))
UNORDERED = Dimension("unordered", ("é", "b", "Z", "10", "9"), other="other")
FLAG = Dimension("flag", ("yes", "no"))
NEAR = measure_of("near", MeasureRule.SUM, lower="-3", upper="4")
WIDE = measure_of("wide", MeasureRule.SUM, upper="1000000000", knots=("0", "1000000000"))
FAR = measure_of("far", MeasureRule.SUM, lower="-900000000", upper="100000000")

people = st.sampled_from(["ann", "bob", "é\x1f", "a' --", ""])
sources = st.sampled_from(["a", "b"])


def counted(schema, *tables, secret="it's secret", threads=1, own=True):
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6, sources=2)
    with DuckDBEngine(memory_limit="1GB", threads=threads, own_hash=own) as engine:
        streams = (engine.stream(table.schema, table.to_batches()) for table in tables)
        return plan, *count(engine, streams, plan, secret)


def agrees(schema, table, secret="it's secret"):
    """With the engine's own hash and with the portable one."""
    for own in (True, False):
        _agrees(schema, table, secret, own)


def _agrees(schema, table, secret, own):
    plan, counts, people, kept, _ = counted(schema, table, secret=secret, own=own)
    slow = keep_slowly(schema, table, secret, own_hash(schema) if own else None)
    for marginal in plan.closure:
        grid = np.prod([schema.grid(axis) for axis in marginal])
        fast = np.asarray(counts[marginal], dtype=float) / grid
        assert fast == pytest.approx(masses_of(schema, slow, marginal)), marginal
    assert people == {s: len({key[:2] for key in slow if key[0] == s}) for s in people}
    assert kept == {s: sum(key[0] == s for key in slow) for s in kept}
    assert set(people) == set(kept) == {key[0] for key in slow}


def drawn_rows(schema, size=30):
    columns = [st.sampled_from(d.domain) for d in schema.dimensions]
    columns += [st.integers(-15, 15) for _ in schema.measures]
    return st.lists(st.tuples(sources, people, *columns), max_size=size)


@settings(max_examples=examples(40, 5), deadline=None)
@given(st.data(), st.integers(1, 7), st.sampled_from([(), (NEAR,), (NEAR, WIDE)]))
def test_codes_and_long_texts_side_by_side(data, bound, measures):
    for dimensions in ((UNORDERED, LONG, FLAG), (LONG,), (FLAG, UNORDERED)):
        schema = CubeSchema(dimensions, measures, bound)
        agrees(schema, rows_of(schema, data.draw(drawn_rows(schema))))


def test_joins_short_domains_and_leaves_long_ones():
    schema = CubeSchema((UNORDERED, LONG, FLAG, Dimension("d", ("x", "y"))), (), 1)
    keys = bounding.keys(schema)
    assert [len(key.dimensions) for key in keys] == [1, 1, 2]
    assert [len(key.cells) for key in keys] == [6, 0, 4]
    assert list(keys[0].cells) == sorted(keys[0].cells)
    assert list(keys[2].cells) == sorted(keys[2].cells)
    many = bounding.keys(schema_of((16, 16, 16, 16)))
    assert [len(key.cells) for key in many] == [bounding.MOST_CODES, 16]


@pytest.mark.parametrize("bound", [1, 5, 6, 99])
def test_one_person_in_every_cell(bound):
    schema = schema_of((3, 2), (NEAR,), bound)
    cells = [("a", "ann", f"v{i}", f"v{j}", 9) for i in range(3) for j in range(2)]
    agrees(schema, rows_of(schema, cells * 3))


def test_no_rows_at_all():
    schema = schema_of((3, 2), (NEAR,))
    agrees(schema, rows_of(schema, []))


def test_every_row_in_other():
    schema = CubeSchema((UNORDERED, FLAG), (NEAR,), 1)
    agrees(schema, rows_of(schema, [("a", f"p{i % 9}", "other", "no", i) for i in range(40)]))


@settings(max_examples=examples(20, 5), deadline=None)
@given(st.data())
def test_dimensions_may_have_any_name(data):
    names = ("mass", "people", "kept", "rank", "hash", "cell 0")
    schema = CubeSchema(tuple(Dimension(name, ("v0", "v1")) for name in names), (NEAR,), 2)
    agrees(schema, rows_of(schema, data.draw(drawn_rows(schema, 12))))


@pytest.mark.parametrize("measure", [NEAR, WIDE, FAR], ids=lambda measure: measure.name)
def test_measures_at_their_bounds_and_far_beyond(measure):
    schema = schema_of((2,), (measure,), bound=1)
    lower, upper = measure.knot_units[0], measure.knot_units[-1]
    values = [lower, upper, lower - 1, upper + 1, 2**63 - 1, -(2**63), 2**31, -(2**31)]
    agrees(schema, rows_of(schema, [("a", f"p{v}", "v0", v) for v in values]))


def test_sums_beyond_64_bits_are_held_within_the_bounds():
    schema = schema_of((2,), (NEAR,), bound=1)
    rows = [("a", "ann", "v0", 2**63 - 1)] * 3 + [("a", "bob", "v1", -(2**63))] * 3
    agrees(schema, rows_of(schema, rows))


def test_ten_million_rows_of_one_person():
    schema = schema_of((3, 2), (NEAR, WIDE), bound=2)
    rows_of_ann = 10_000_000
    values = {
        "source": ibis.literal("a"),
        "person": ibis.literal("ann"),
        "d0": ibis.literal("v1"),
        "d1": ibis.literal("v0"),
        "near": ibis.literal(2**62, "int64"),
        "wide": ibis.literal(7, "int64"),
    }
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    with DuckDBEngine(memory_limit="1GB", threads=2) as engine:
        numbers = ibis.range(rows_of_ann).unnest().name("ordinal").as_table()
        rows = engine.keep(numbers.mutate(**values))
        counts, people, kept, _ = count(engine, [rows], plan, "secret")
    assert people == kept == {"a": 1}
    assert counts[("near",)].tolist() == [0, 7]
    assert counts[("wide",)].tolist() == [10**9 - 7 * rows_of_ann, 7 * rows_of_ann]


def test_a_sum_beyond_64_bits_fails_rather_than_wrap():
    table = pa.table({"n": pa.array([2**62, 2**62, 2**62])})
    for ask in (DuckDBEngine.run, DuckDBEngine.keep):
        with DuckDBEngine(threads=1) as engine:
            rows = engine.stream(table.schema, table.to_batches())
            with pytest.raises(EngineError):
                ask(engine, rows.agg(mass=rows.n.sum()))


@settings(max_examples=examples(20, 8), deadline=None)
@given(st.data())
def test_sources_in_tables_of_their_own_count_the_same(data):
    schema = CubeSchema((UNORDERED, FLAG), (NEAR,), 2)
    drawn = data.draw(drawn_rows(schema))
    one = counted(schema, rows_of(schema, drawn))
    halves = [rows_of(schema, [row for row in drawn if row[0] == s]) for s in ("a", "b")]
    two = counted(schema, *halves)
    for marginal in one[0].closure:
        assert (one[1][marginal] == two[1][marginal]).all()
    assert one[2:] == two[2:]


def test_reads_each_table_once_and_before_the_next():
    schema = schema_of((2,), (), bound=1)
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6, sources=2)
    order = []

    def batches(name):
        order.append(f"{name} begins")
        yield from rows_of(schema, [(name, "ann", "v0")]).to_batches()
        order.append(f"{name} ends")

    with DuckDBEngine(threads=1) as engine:
        columns = rows_of(schema, []).schema
        streams = (engine.stream(columns, batches(name)) for name in ("a", "b"))
        count(engine, streams, plan, "secret")
    assert order == ["a begins", "a ends", "b begins", "b ends"]


def test_hashes_nothing_where_nothing_can_be_cut():
    rows = ibis.table(
        {"source": "string", "person": "string", "ordinal": "int64", "d0": "string"}, name="rows"
    )
    kept = bounding.ranked(rows, schema_of((3,), bound=3), "the secret")
    assert "the secret" not in ibis.to_sql(kept, dialect="duckdb")
    assert "the secret" in ibis.to_sql(
        bounding.ranked(rows, schema_of((3,), bound=2), "the secret"), dialect="duckdb"
    )


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "pyspark"])
def test_compiles_for_other_engines(dialect):
    schema = CubeSchema((UNORDERED, LONG), (NEAR,), 1)
    rows = ibis.table(
        {"source": "string", "person": "string", "ordinal": "int64"}
        | dict.fromkeys(schema.hard, "string")
        | {"near": "int64"},
        name="rows",
    )
    assert "md5" in ibis.to_sql(bounding.ranked(rows, schema, "s"), dialect=dialect).lower()


@pytest.mark.statistics
@pytest.mark.parametrize("own", [True, False], ids=["own", "portable"])
@pytest.mark.parametrize("bound", [1, 3])
def test_every_cell_of_a_person_is_kept_as_often_as_every_other(own, bound):
    """6,000 people in all of twelve cells: a hash that mixed badly would favour some cells.

    Chi-square at its normal approximation, 6 standard errors: a false alarm once in 10^7 runs.
    """
    schema = schema_of((4, 3), bound=bound)
    rows = [
        ("a", f"p{n}", f"v{i}", f"v{j}") for n in range(6000) for i in range(4) for j in range(3)
    ]
    _, counts, *_ = counted(schema, rows_of(schema, rows), own=own)
    seen = counts["d0", "d1"].astype(float).ravel()
    expected = 6000 * bound / 12
    assert seen.sum() == 6000 * bound
    assert ((seen - expected) ** 2 / expected).sum() < 11 + 6 * 22**0.5
