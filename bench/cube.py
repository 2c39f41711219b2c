"""Cost of the bounded cube beside the plain query and beside windows.

Run as `python -m bench.cube [--quick]`; writes docs/benchmarks/cube.json and cube.md. Each query
runs in a process of its own, over the same synthetic rows, already loaded; CPU is that of all
threads, memory the process's peak and how much the query raised it.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.engine.duckdb import DuckDBEngine
from privacy.measure import count
from privacy.plan.planning import plan_release
from privacy.plan.workload import default_workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule

MILLION = 10**6
THREADS = 2
BATCH = 2 * MILLION
SECRET = "secret"  # noqa: S105 (of synthetic rows)
FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
SCHEMA = CubeSchema(
    (
        Dimension("day", tuple(f"day {n}" for n in range(7))),
        Dimension("place", tuple(f"place {n}" for n in range(6))),
        Dimension("hour", ("morning", "noon", "evening")),
    ),
    (
        Measure("paid", "EUR", Decimal(0), Decimal(60), Decimal("0.01"), MeasureRule.SUM),
        Measure("minutes", "min", Decimal(0), Decimal(180), Decimal(1), MeasureRule.SUM),
    ),
    3,
)
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6)

Figure = dict[str, str | float]
Cost = dict[str, float]


def visits(rows: int, people: int, seed: int) -> pa.Table:
    """Make visits: nine in ten by anyone, one in ten by the hundredth who are regulars."""
    rng = np.random.default_rng(seed)
    person = rng.integers(0, people, rows)
    regular = rng.random(rows) < 0.1
    person[regular] = rng.integers(0, max(people // 100, 1), int(regular.sum()))
    columns = {
        "source": pa.repeat("one", rows),
        "person": pc.binary_join_element_wise("p", pa.array(person).cast(pa.string()), ""),
        "ordinal": pa.array(np.arange(rows) + rows * seed),
        "paid": pa.array(rng.integers(0, 6500, rows)),
        "minutes": pa.array(rng.integers(0, 200, rows)),
    }
    for dimension in SCHEMA.dimensions:
        names = pa.array(dimension.domain)
        columns[dimension.name] = names.take(pa.array(rng.integers(0, len(names), rows)))
    return pa.table(columns)


def load(engine: DuckDBEngine, rows: int, people: int) -> ir.Table:
    """Load visits, some at a time, so that making them is not the peak of memory."""
    sizes = [min(BATCH, rows - start) for start in range(0, rows, BATCH)]
    batches = (
        batch
        for seed, size in enumerate(sizes)
        for batch in visits(size, people, seed).to_batches(max_chunksize=65_536)
    )
    return engine.keep(engine.stream(visits(1, 1, 0).schema, batches))


def bounded_cube(engine: DuckDBEngine, table: ir.Table) -> None:
    """Do all that a release asks of the engine."""
    count(engine, [table], PLAN, SECRET)


def plain_query(engine: DuckDBEngine, table: ir.Table) -> None:
    """Group by person and cell, and nothing else: no bound, no privacy."""
    sums = {name: table[name].sum() for name in SCHEMA.soft}
    engine.keep(table.group_by("person", *SCHEMA.hard).agg(**sums))


def window_over_rows(engine: DuckDBEngine, table: ir.Table) -> None:
    """Rank every row's cell among its person's, keep the first k, then group: the naive way."""
    rank = ibis.dense_rank().over(group_by=["source", "person"], order_by=_order(table))
    ranked = table.mutate(rank=rank)
    kept = ranked.filter(ranked["rank"] < SCHEMA.bound)
    engine.keep(_cells(_records(kept)))


def window_over_records(engine: DuckDBEngine, table: ir.Table) -> None:
    """Group first, then rank every record among its person's: less naive."""
    every = _records(table)
    rank = ibis.row_number().over(group_by=["source", "person"], order_by=_order(every))
    ranked = every.mutate(rank=rank)
    engine.keep(_cells(ranked.filter(ranked["rank"] < SCHEMA.bound)))


QUERIES: dict[str, Callable[[DuckDBEngine, ir.Table], None]] = {
    "cube": bounded_cube,
    "plain": plain_query,
    "rows": window_over_rows,
    "records": window_over_records,
}


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]  # ibis is untyped
def _md5(text: str) -> str:
    raise NotImplementedError


def _order(table: ir.Table) -> list[ir.Column]:
    """Order by the keyed hash, then by the cell; texts joined in one go, as ours are."""
    cell = [table[name] for name in SCHEMA.hard]
    text = [ibis.literal(SECRET), table["source"], table["person"], *cell]
    return [_md5(ibis.literal("\x1f").join(text)), *cell]


def _records(rows: ir.Table) -> ir.Table:
    sums = {
        measure.name: ibis.least(rows[measure.name].sum(), measure.knot_units[-1]).cast("int32")
        for measure in SCHEMA.measures
    }
    return rows.group_by("source", "person", *SCHEMA.hard).agg(**sums)


def _cells(kept: ir.Table) -> ir.Table:
    """Sum records and measures by cell: enough for all masses, as each has but two knots."""
    sums = {name: kept[name].sum() for name in SCHEMA.soft}
    return kept.group_by(*SCHEMA.hard).agg(n=kept.count(), **sums)


def run_one(name: str, rows: int, people: int) -> None:
    """Run one query in this process and print its cost: s and MiB."""
    with DuckDBEngine(memory_limit="16GB", threads=THREADS) as engine:
        loaded = load(engine, rows, people)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu, wall = time.process_time(), time.perf_counter()
        QUERIES[name](engine, loaded)
        cost = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(cost | {"growth": (peak - before) / 1024, "peak": peak / 1024}))


def medians(runs: list[tuple[str, int, int]], rounds: int) -> list[Cost]:
    """Run (query, rows, people) in turn, several times, each in a process of its own."""
    costs: list[list[Cost]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, seen in zip(runs, costs, strict=True):
            command = [sys.executable, "-m", "bench.cube", *map(str, run)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seen.append(json.loads(done.stdout))
    return [{key: statistics.median(c[key] for c in seen) for key in seen[0]} for seen in costs]


def figures(quick: bool = False) -> list[Figure]:
    """Measure; with `quick`, on a tenth of the rows, to try the benchmark itself.

    Parameters
    ----------
    quick : bool, optional

    Returns
    -------
    list of Figure
        "name", "value", "unit" and "how"; names speak of the full number of rows.
    """
    unit = MILLION // 10 if quick else MILLION
    rounds = 2 if quick else 3
    found: list[Figure] = []
    worst: dict[str, list[float]] = {"plain": [], "rows": [], "records": []}
    for people in (1, 5):
        how = f"CPU of all threads, {10 * unit:,} rows, {people * unit:,} people"
        how += f", k = {SCHEMA.bound}, median of {rounds}"
        runs = [(name, 10 * unit, people * unit) for name in QUERIES]
        costs = dict(zip(QUERIES, medians(runs, rounds), strict=True))
        for other, ratios in worst.items():
            ratios.append(costs["cube"]["cpu"] / costs[other]["cpu"])
        name = f"cpu_vs_group_by_person_cell_{people}m_people"
        found.append(_figure(name, worst["plain"][-1], "ratio", how))
        found += [
            _figure(f"{q}_cpu_{people}m_people", c["cpu"], "s", how) for q, c in costs.items()
        ]
        for kind in ("growth", "peak"):
            name = f"cube_memory_10m_rows_{kind}_{people}m_people"
            found.append(_figure(name, costs["cube"][kind], "MiB", how.replace("CPU", "memory")))
    both = f"the worse of the two numbers of people; {10 * unit:,} rows, median of {rounds}"
    found = [
        _figure("cpu_vs_group_by_person_cell", max(worst["plain"]), "ratio", both),
        _figure("cpu_vs_window", max(worst["rows"]), "ratio", f"every row ranked; {both}"),
        _figure("cpu_vs_window_over_records", max(worst["records"]), "ratio", both),
        _figure("cube_memory_10m_rows", _largest(found, "growth"), "MiB", f"growth; {both}"),
        _figure("cube_memory_10m_rows_peak", _largest(found, "peak"), "MiB", f"total; {both}"),
        *found,
    ]
    return found + _growth(unit, rounds)


def _largest(found: list[Figure], kind: str) -> float:
    return max(float(f["value"]) for f in found if f"memory_10m_rows_{kind}" in str(f["name"]))


def _growth(unit: int, rounds: int) -> list[Figure]:
    """Measure the cube on 1, 3, 10 and 30 units of rows, of half as many people."""
    sizes = (1, 3, 10, 30)
    costs = medians([("cube", size * unit, size * unit // 2) for size in sizes], rounds - 1)
    how = f"wall time, half as many people as rows, median of {rounds - 1}"
    found = [
        _figure(f"cube_seconds_{size}m_rows", cost["wall"], "s", f"{size * unit:,} rows; {how}")
        for size, cost in zip(sizes, costs, strict=True)
    ]
    per_row = costs[-1]["cpu"] / 30 / costs[0]["cpu"]
    found.append(_figure("cube_growth_30m_vs_1m_per_row", per_row, "ratio", "CPU per row; " + how))
    return found


def _figure(name: str, value: float, unit: str, how: str) -> Figure:
    return {"name": name, "value": round(value, 3), "unit": unit, "how": how}


def page_of(found: list[Figure]) -> str:
    """Write the page beside the figures."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [f"| {f['name']} | {f['value']} | {f['unit']} | {f['how']} |" for f in found]
    return "\n".join(
        [
            "# The bounded cube",
            "",
            f"Measured {datetime.now(tz=UTC).date()} on {os.cpu_count()} cores, {memory:.0f} GiB",
            f"({platform.machine()}, DuckDB with {THREADS} threads).",
            "Repeat with `make bench-cube`.",
            "",
            "Synthetic visits: nine in ten by anyone, one in ten by a regular who is far over the",
            "bound. Three dimensions, two measures, k = 3. With 5 million people most come once or",
            "twice; with 1 million they come nine times on average, and nearly all are over the",
            "bound. All queries run over the same loaded rows, each in a process of its own.",
            "",
            "- *cube*: all a release asks of the engine: combine, clamp, bound, spread, roll up.",
            "- *plain*: `GROUP BY person, cell` with the same sums, kept as a table.",
            "- *rows*: `dense_rank` over every row by keyed hash, then grouped: the naive window.",
            "- *records*: grouped by person and cell first, then every record ranked.",
            "",
            "The aim is at most 2 beside *plain*, at most 0.1 beside *rows*, and under 4096 MiB.",
            "",
            "| figure | value | unit | how |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def main() -> None:
    """Measure and write, or run one query where one is named."""
    arguments = sys.argv[1:]
    if len(arguments) == 3:
        run_one(arguments[0], int(arguments[1]), int(arguments[2]))
        return
    quick = arguments == ["--quick"]
    found = figures(quick)
    if not quick:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "cube.json").write_text(json.dumps(found, indent=2) + "\n")
        (FOLDER / "cube.md").write_text(page_of(found))
    print(page_of(found))


if __name__ == "__main__":
    main()
