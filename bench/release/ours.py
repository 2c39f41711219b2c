"""The release itself: rows through the bounded cube, counted once, noise drawn anew for each run.

Where the bound drops records, which are kept is drawn anew as well, by another secret.
"""

import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.engine.duckdb import DuckDBEngine
from bench.release.workloads import CUBE, DELTA, EPSILON, Floats, Question
from privacy.measure import add_noise, count, measure
from privacy.plan.mechanism import Counts
from privacy.plan.planning import Mechanism, NoisePlan, Objective, plan_release
from privacy.plan.tiers import GOLD
from privacy.plan.workload import Workload, default_workload
from privacy.release import Release
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule

SECRETS = 10
ALIKE = Objective(counts=1.0, sums=0.7)
"""Counts and sums of the cube are asked for alike; these weights make their errors about equal."""
SOURCE = "one"


def schema_of(question: Question, bound: int) -> CubeSchema:
    """Describe the rows: keys by their codes, measures in their smallest unit."""
    dimensions = tuple(
        Dimension(key, tuple(str(code) for code in range(size)))
        for key, size in question.keys.items()
    )
    measures = tuple(
        Measure(name, "", Decimal(0), Decimal(top), Decimal(1), MeasureRule.SUM)
        for name, top in question.measures.items()
    )
    return CubeSchema(dimensions, measures, bound)


def plan_of(question: Question, bound: int) -> NoisePlan:
    """Plan one release of everything asked, at one tier, the number of people not asked for."""
    schema = schema_of(question, bound)
    if question is CUBE:
        workload = default_workload(schema, 2)
    else:
        workload = Workload(((*question.tables[0], *question.measures),), (1.0,))
    return plan_release(
        schema,
        workload,
        EPSILON,
        DELTA,
        tiers=(GOLD,),
        mechanism=Mechanism.AUTO,
        objective=ALIKE,
        people=False,
    )


def rows_of(question: Question, file: Path) -> pa.Table:
    """Read rows as a measurement wants them: people and keys as text."""
    table = pq.read_table(file, columns=["person", *question.keys, *question.measures])
    size = table.num_rows
    columns: dict[str, object] = {
        "source": pa.repeat(SOURCE, size),
        "person": pc.cast(table.column("person"), pa.string()),
        "ordinal": pa.array(np.arange(size)),
    }
    for key in question.keys:
        columns[key] = pc.cast(table.column(key), pa.string())
    for name in question.measures:
        columns[name] = table.column(name)
    return pa.table(columns)


def counted(plan: NoisePlan, table: pa.Table, secret: str) -> Counts:
    """Compute the exact bounded cube."""
    with DuckDBEngine(threads=1) as engine:
        rows = engine.stream(table.schema, table.to_batches())
        return count(engine, [rows], plan, secret)[0]


def figures(question: Question, release: Release) -> dict[str, Floats]:
    """Read counts and sums of all tables off a release."""
    found: dict[str, list[Floats]] = {}
    for keys in question.tables:
        together = question is not CUBE
        main = release.table((*keys, *question.measures) if together else keys, GOLD)
        found.setdefault("count", []).append(main.contributions().ravel())
        for name in question.measures:
            table = main if together else release.table((*keys, name), GOLD)
            found.setdefault(f"sum:{name}", []).append(table.sums(name).ravel())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def answer(question: Question, file: Path, bound: int, runs: int, cut: bool) -> dict[str, Floats]:
    """Answer a question many times: (runs, cells of all tables) for each statistic.

    Parameters
    ----------
    question : Question
    file : Path
    bound : int
    runs : int
    cut : bool
        Whether the bound drops records, so that several secrets are tried.
    """
    plan = plan_of(question, bound)
    table = rows_of(question, file)
    secrets = [f"secret {n}" for n in range(min(SECRETS, runs) if cut else 1)]
    exact = [counted(plan, table, secret) for secret in secrets]
    drawn = [
        figures(question, add_noise(plan, exact[run % len(exact)], 0, {SOURCE: 0}))
        for run in range(runs)
    ]
    return {name: np.array([one[name] for one in drawn]) for name in drawn[0]}


def noise_name(question: Question, bound: int) -> str:
    """Say which noise the plan chose."""
    chosen = plan_of(question, bound).noise
    return chosen.name


def seconds(question: Question, file: Path, bound: int, rounds: int = 3) -> Sequence[float]:
    """Time the whole measurement, from file to figures."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        plan = plan_of(question, bound)
        table = rows_of(question, file)
        with DuckDBEngine(threads=1) as engine:
            rows = engine.stream(table.schema, table.to_batches())
            figures(question, measure(engine, [rows], plan, "secret", (SOURCE,)))
        taken.append(time.perf_counter() - started)
    return taken
