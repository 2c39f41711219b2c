"""SmartNoise SQL over a data frame, with its default discrete Laplace noise.

It charges epsilon for each statistic of a query. The largest epsilon a statistic may have is
found with the library's own odometer, which composes better than adding up where statistics
are many. A mean is the ratio of sum and count: asked as AVG it would be charged again. Counts
are not clamped, keys are public. Its Gaussian noise takes the contribution bound for its L2
sensitivity, and is worse throughout.
"""

import time

import numpy as np
import pandas as pd
import snsql
from job import Estimates, Job, Rows, main, read, statistics, width
from snsql import Privacy
from snsql.sql.odometer import Odometer


def budget(job: Job, queries: int) -> Privacy:
    """Find the largest epsilon of one statistic that the library's odometer allows."""
    if queries == 1:
        return Privacy(epsilon=job["epsilon"], delta=job["delta"])
    delta = job["delta"] / (queries + 1)
    low, high = job["epsilon"] / queries, job["epsilon"]
    for _ in range(50):
        middle = (low + high) / 2
        odometer = Odometer(Privacy(epsilon=middle, delta=delta))
        odometer.spend(queries)
        epsilon, spent = odometer.spent
        fits = epsilon <= job["epsilon"] and spent <= job["delta"]
        low, high = (middle, high) if fits else (low, middle)
    return Privacy(epsilon=low, delta=delta)


def reader(job: Job, frame: pd.DataFrame) -> object:
    """Open a session: the bound, the measures' bounds, nothing censored."""
    columns: dict[str, object] = {
        "max_ids": job["bound"],
        "censor_dims": False,
        "clamp_counts": False,
        "rows": len(frame),
    }
    for name in frame.columns:
        columns[name] = {"type": "int"}
    columns["person"] = {"type": "int", "private_id": True}
    for measure, top in job["measures"].items():
        columns[measure] = {"type": "int", "lower": 0, "upper": top}
    privacy = budget(job, len(job["tables"]) * (1 + len(job["measures"])))
    return snsql.from_df(frame, privacy=privacy, metadata={"": {"D": {"T": columns}}})


def query(job: Job, table: dict) -> str:
    """Write the SQL of one table."""
    figures = ["COUNT(*) AS n", *(f"SUM({name}) AS sum_{name}" for name in job["measures"])]
    text = f"SELECT {', '.join([*table['keys'], *figures])} FROM D.T"
    return text + (f" GROUP BY {', '.join(table['keys'])}" if table["keys"] else "")


def laid_out(job: Job, table: dict, found: list) -> dict[str, np.ndarray]:
    """Put the groups in order."""
    numbers = np.array([list(row) for row in found[1:]], dtype=float)
    cell = np.zeros(len(numbers), dtype=np.int64)
    keys = len(table["keys"])
    for position, size in enumerate(table["sizes"]):
        cell = cell * size + numbers[:, position].astype(np.int64)
    laid = {}
    for position, name in enumerate(statistics(job)):
        laid[name] = np.full(width(table), np.nan)
        laid[name][cell] = numbers[:, keys + position]
    return laid


def answer(job: Job, rows: Rows) -> Estimates:
    """Answer a job."""
    session = reader(job, pd.DataFrame(rows))
    runs: dict[str, list[np.ndarray]] = {}
    for _ in range(job["runs"]):
        parts = [
            laid_out(job, table, session.execute(query(job, table))) for table in job["tables"]
        ]
        for name in statistics(job):
            values = np.concatenate([part[name] for part in parts])
            runs.setdefault(f"laplace/{name}", []).append(values)
    return {name: np.array(values) for name, values in runs.items()}


def clock(job: Job) -> float:
    """Time one count and sum by one key, from file to figures."""
    started = time.perf_counter()
    session = reader(job, pd.DataFrame(read(job)))
    session.execute(query(job, job["tables"][0]))
    return time.perf_counter() - started


if __name__ == "__main__":
    main(answer, clock)
