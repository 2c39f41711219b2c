"""What every peer's script shares: read jobs, bound rows by hand, write estimates.

Runs inside the peer's own environment, with numpy and pyarrow alone. A job names a file of
rows, tables of keys, measures with lower bound 0, the contribution bound and the budget.
Estimates are in the smallest unit of each measure: (runs, cells of all tables).
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

Job = dict[str, Any]
Rows = dict[str, np.ndarray]
Estimates = dict[str, np.ndarray]
"""By variant and statistic, such as "laplace/sum:paid"."""


def main(answer: Callable[[Job, Rows], Estimates], clock: Callable[[Job], float] | None) -> None:
    """Answer the jobs of the file named first, into the file named second."""
    jobs, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    results: Estimates = {}
    for job in jobs:
        started = time.perf_counter()
        if job.get("clock"):
            if clock is not None:
                results[f"{job['name']}/seconds"] = np.array([clock(job) for _ in range(3)])
            continue
        for name, values in answer(job, read(job)).items():
            results[f"{job['id']}/{name}"] = values
        print(job["id"], round(time.perf_counter() - started, 1), "s", flush=True)
    np.savez(out, **results)


def read(job: Job) -> Rows:
    """Read the rows of a job."""
    table = pq.read_table(job["file"])
    return {name: table.column(name).to_numpy() for name in table.column_names}


def wanted(job: Job, variant: str) -> bool:
    """Say whether a variant is asked for: all are, unless the job names some."""
    return variant in job.get("variants", [variant])


def bounded(job: Job, rows: Rows, rng: np.random.Generator) -> Rows:
    """Keep at most the bound's number of rows of each person, chosen at random."""
    order = np.lexsort((rng.random(len(rows["person"])), rows["person"]))
    person = rows["person"][order]
    starts = np.flatnonzero(np.r_[True, person[1:] != person[:-1]])
    sizes = np.diff(np.r_[starts, len(person)])
    rank = np.arange(len(person)) - np.repeat(starts, sizes)
    kept = np.sort(order[rank < job["bound"]])
    return {name: values[kept] for name, values in rows.items()}


def over_bound(job: Job, rows: Rows) -> bool:
    """Say whether anybody has more rows than the bound."""
    return bool(np.bincount(rows["person"]).max() > job["bound"])


def cells(table: dict[str, Any], rows: Rows) -> np.ndarray:
    """Return the number of each row's cell, the last key fastest."""
    cell = np.zeros(len(rows["person"]), dtype=np.int64)
    for key, size in zip(table["keys"], table["sizes"], strict=True):
        cell = cell * size + rows[key]
    return cell


def width(table: dict[str, Any]) -> int:
    """Count the cells of a table."""
    return int(np.prod(table["sizes"], dtype=np.int64))


def statistics(job: Job) -> list[str]:
    """List the statistics every script gives: a count, and the sum of each measure."""
    return ["count", *(f"sum:{measure}" for measure in job["measures"])]
