"""Cost of the bounded cube beside the plain query and beside a window over all rows.

Run as `python -m bench.cube`; writes docs/benchmarks/cube.json and cube.md. Each query runs in
a process of its own, over the same synthetic rows, already loaded; CPU is that of all threads,
memory the growth of the process's peak.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from app.engine.duckdb import DuckDBEngine
from privacy import bounding, cube
from privacy.plan import plan_release
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from privacy.workload import default_workload

ROWS = 1_000_000
PEOPLE = 560_000
ROUNDS = 5
THREADS = 2
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


def rows() -> pa.Table:
    """Make visits: most people come once or twice, few very often."""
    rng = np.random.default_rng(2026)
    person = rng.integers(0, PEOPLE, ROWS)
    regular = rng.random(ROWS) < 0.1
    person[regular] = rng.integers(0, PEOPLE // 100, int(regular.sum()))
    columns = {
        "source": pa.repeat("one", ROWS),
        "person": pa.array([f"p{n}" for n in person.tolist()]),
        "ordinal": pa.array(np.arange(ROWS)),
        "paid": pa.array(rng.integers(0, 6500, ROWS)),
        "minutes": pa.array(rng.integers(0, 200, ROWS)),
    }
    for dimension in SCHEMA.dimensions:
        names = pa.array(dimension.domain)
        columns[dimension.name] = names.take(pa.array(rng.integers(0, len(names), ROWS)))
    return pa.table(columns)


def bounded_cube(engine: DuckDBEngine, table: ir.Table) -> None:
    """Do all that a release asks of the engine."""
    records = engine.keep(bounding.records(table, SCHEMA))
    people = engine.keep(bounding.counts(records))
    engine.run(bounding.by_source(people, SCHEMA))
    kept = bounding.bounded(records, people, SCHEMA, "secret")
    occupied = engine.keep(cube.cells(kept, SCHEMA, PLAN.closure))
    for hard in cube.largest_hard_parts(SCHEMA, PLAN.closure):
        engine.run(cube.roll_up(occupied, SCHEMA, hard))


def plain_query(engine: DuckDBEngine, table: ir.Table) -> None:
    """Group by person and cell, and nothing else: no bound, no privacy."""
    sums = {name: table[name].sum() for name in SCHEMA.soft}
    engine.keep(table.group_by("person", *SCHEMA.hard).agg(**sums))


def window_query(engine: DuckDBEngine, table: ir.Table) -> None:
    """Bound by ranking every record of everybody."""
    records = engine.keep(bounding.records(table, SCHEMA))
    rank = ibis.row_number().over(
        group_by=list(bounding.PERSON),
        order_by=[bounding._hash(records, SCHEMA, "secret"), *(records[n] for n in SCHEMA.hard)],
    )
    ranked = records.mutate(rank=rank)
    kept = ranked.filter(ranked["rank"] < SCHEMA.bound).drop("rank")
    engine.keep(cube.cells(kept, SCHEMA, PLAN.closure))


QUERIES = {"cube": bounded_cube, "plain": plain_query, "window": window_query}


def run_one(name: str) -> None:
    """Run one query in this process and print its cost."""
    table = rows()
    with DuckDBEngine(memory_limit="8GB", threads=THREADS) as engine:
        loaded = engine.keep(engine.stream(table.schema, table.to_batches()))
        del table
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu, wall = time.process_time(), time.perf_counter()
        QUERIES[name](engine, loaded)
        cost = {
            "cpu": time.process_time() - cpu,
            "wall": time.perf_counter() - wall,
            "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        }
    print(json.dumps(cost))


def run_all() -> dict[str, dict[str, float]]:
    """Run each query several times, in turn, and keep the medians."""
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in QUERIES}
    for _ in range(ROUNDS):
        for name, seen in costs.items():
            command = [sys.executable, "-m", "bench.cube", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seen.append(json.loads(done.stdout))
    return {
        name: {key: statistics.median(cost[key] for cost in seen) for key in seen[0]}
        for name, seen in costs.items()
    }


def table_of(costs: dict[str, dict[str, float]]) -> list[dict[str, str | float]]:
    """Turn medians into the rows that are published."""
    ours, plain, window = costs["cube"], costs["plain"], costs["window"]
    how = f"median of {ROUNDS} runs, {ROWS:,} rows, up to {PEOPLE:,} people, k = 3"
    figures: list[tuple[str, float, str, str]] = [
        ("cube_cpu_vs_plain", ours["cpu"] / plain["cpu"], "ratio", "CPU of all threads; " + how),
        ("cube_cpu_vs_window", ours["cpu"] / window["cpu"], "ratio", "CPU of all threads; " + how),
        ("cube_cpu", ours["cpu"], "s", how),
        ("plain_cpu", plain["cpu"], "s", how),
        ("window_cpu", window["cpu"], "s", how),
        ("cube_wall", ours["wall"], "s", how),
        ("cube_memory", ours["memory"], "MiB", "growth of the peak; " + how),
        ("plain_memory", plain["memory"], "MiB", "growth of the peak; " + how),
        ("window_memory", window["memory"], "MiB", "growth of the peak; " + how),
    ]
    return [
        {"name": name, "value": round(value, 3), "unit": unit, "how": how}
        for name, value, unit, how in figures
    ]


def page_of(figures: list[dict[str, str | float]]) -> str:
    """Write the page beside the figures."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{os.cpu_count()} cores and {memory:.0f} GiB"
    lines = [f"| {f['name']} | {f['value']} | {f['unit']} |" for f in figures]
    return "\n".join(
        [
            "# The bounded cube",
            "",
            f"Measured {datetime.now(tz=UTC).date()} on {machine}",
            f"({platform.machine()}, DuckDB with {THREADS} threads).",
            "Repeat with `make bench-cube`.",
            "",
            f"{ROWS:,} synthetic visits: most people come once or twice, one in ten visits is by",
            "a regular who is far over the bound. Three dimensions, two measures, k = 3.",
            "All queries run over the same loaded rows, each in a process of its own.",
            "",
            "- *cube*: all a release asks of the engine: combine, clamp, bound, spread, roll up.",
            "- *plain*: `GROUP BY person, cell` with the same sums, and nothing else.",
            "- *window*: the cube with every record of everybody ranked, instead of only those of",
            "  people over the bound.",
            "",
            "The aim is at most 2 beside the plain query and 0.1 beside the window.",
            "",
            "| figure | value | unit |",
            "|---|---|---|",
            *lines,
            "",
        ]
    )


def main() -> None:
    """Measure and write, or run one query where one is named."""
    if len(sys.argv) > 1:
        run_one(sys.argv[1])
        return
    figures = table_of(run_all())
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "cube.json").write_text(json.dumps(figures, indent=2) + "\n")
    (FOLDER / "cube.md").write_text(page_of(figures))
    print(page_of(figures))


if __name__ == "__main__":
    main()
