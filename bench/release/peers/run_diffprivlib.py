"""diffprivlib by hand: bound and group in numpy, then one of its mechanisms on each figure.

`tools.count_nonzero` and `tools.mean` are not used: the first clips at the number of rows and
the second takes that number for public, which it is not for a group.

- geometric: epsilon split evenly over all statistics of all tables.
- gaussian: all figures as one vector under `GaussianAnalytic`, each statistic scaled to its
  own sensitivity so that all weigh the same.
- gaussian_centred: the same with measures moved to the middle of their bounds first, and the
  middle times the count added back.
"""

from math import sqrt

import numpy as np
from diffprivlib.mechanisms import GaussianAnalytic, Geometric
from job import Estimates, Job, Rows, bounded, cells, main, over_bound, wanted, width


def exact(job: Job, rows: Rows) -> dict[str, np.ndarray]:
    """Count and sum each cell of each table."""
    found: dict[str, list[np.ndarray]] = {"count": []}
    for table in job["tables"]:
        cell = cells(table, rows)
        found["count"].append(np.bincount(cell, minlength=width(table)))
        for measure, top in job["measures"].items():
            values = np.clip(rows[measure], 0, top)
            total = np.bincount(cell, weights=values, minlength=width(table))
            found.setdefault(f"sum:{measure}", []).append(total)
    return {name: np.concatenate(parts).astype(np.int64) for name, parts in found.items()}


def geometric(job: Job, truth: dict[str, np.ndarray]) -> Estimates:
    """Split epsilon evenly; a person moves a table by the bound, in absolute values."""
    share = job["epsilon"] / (len(job["tables"]) * (1 + len(job["measures"])))
    noisy: Estimates = {}
    for name, values in truth.items():
        top = 1 if name == "count" else job["measures"][name[4:]]
        mechanism = Geometric(epsilon=share, sensitivity=job["bound"] * top)
        noisy[name] = np.array([mechanism.randomise(int(value)) for value in values], float)
    return noisy


def gaussian(job: Job, truth: dict[str, np.ndarray], centred: bool) -> Estimates:
    """Release all figures as one vector."""
    queries = len(job["tables"]) * (1 + len(job["measures"]))
    bound, rows = job["bound"], job["rows_per_cell"]
    moved = sqrt(queries) * (sqrt(bound) if rows == 1 else bound)
    noisy: Estimates = {}
    for name, values in truth.items():
        top = 1.0 if name == "count" else float(job["measures"][name[4:]])
        shift = top / 2 if centred and name != "count" else 0.0
        mechanism = GaussianAnalytic(
            epsilon=job["epsilon"], delta=job["delta"], sensitivity=moved * (top - shift)
        )
        base = values - shift * truth["count"]
        noisy[name] = np.array([mechanism.randomise(float(value)) for value in base])
        noisy[name] += shift * noisy["count"]
    return noisy


def answer(job: Job, rows: Rows) -> Estimates:
    """Answer a job in each way."""
    rng = np.random.default_rng(11)
    over = over_bound(job, rows)
    truth = exact(job, rows)
    runs: dict[str, list[np.ndarray]] = {}
    ways = {
        "geometric": lambda: geometric(job, truth),
        "gaussian": lambda: gaussian(job, truth, False),
        "gaussian_centred": lambda: gaussian(job, truth, True),
    }
    for _ in range(job["runs"]):
        if over:
            truth = exact(job, bounded(job, rows, rng))
        for way, draw in ways.items():
            if not wanted(job, way):
                continue
            for name, values in draw().items():
                runs.setdefault(f"{way}/{name}", []).append(values)
    return {name: np.array(values) for name, values in runs.items()}


if __name__ == "__main__":
    main(answer, None)
