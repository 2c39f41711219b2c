"""Splitting the budget evenly: Gaussian noise under zCDP, the same rho for every query.

The conversion from (epsilon, delta) to rho is the one the release uses. A sum is taken plainly,
over values from 0 to their bound.

- plain: each table on its own; one person moves a cell by up to k records.
- joint: the sensitivity of all tables together, for people whose records differ somewhere:
  two records of a person share at most the tables over all keys but one.
"""

from math import comb, sqrt

import numpy as np

from bench.release.workloads import CUBE, DELTA, EPSILON, Floats
from privacy.loss import rho_for


def sd(bound: int, joint: bool) -> float:
    """Noise standard deviation of each figure of the cube, in units of its measure's bound."""
    statistics = 1 + len(CUBE.measures)
    queries = statistics * len(CUBE.tables)
    squared = bound**2 * queries
    if joint:
        shared = sum(comb(len(CUBE.keys) - 1, size) for size in range(3))
        squared = bound * queries + bound * (bound - 1) * statistics * shared
    return sqrt(squared / (2 * rho_for(EPSILON, DELTA).value))


def simulate(bound: int, runs: int, truth: dict[str, Floats]) -> dict[str, Floats]:
    """Draw estimates as the other libraries give them."""
    rng = np.random.default_rng(13)
    drawn: dict[str, Floats] = {}
    for way, joint in (("plain", False), ("joint", True)):
        for statistic, exact in truth.items():
            top = 1 if statistic == "count" else CUBE.measures[statistic.partition(":")[2]]
            noise = rng.normal(0, sd(bound, joint) * top, (runs, len(exact)))
            drawn[f"{way}/{statistic}"] = exact + noise
    return drawn
