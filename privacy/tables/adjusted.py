"""Make released numbers whole and not negative, in a second column beside the unbiased one.

What noise alone may have made of a table with several columns is drawn towards the product of its
margins; then contributions are made whole, none below zero, adding up to the table's own total, and
sums to fit them and their measure's bounds. All of it is post-processing of one released table, so
it costs no privacy. It lowers the error of most cells, most where they are small or where columns
have little to do with one another, and biases them: small cells upwards, rare combinations towards
what is usual.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from privacy.tables.shrinking import towards_independence
from privacy.tables.table import Table

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def contributions(table: Table) -> Whole:
    """Return whole contributions of each hard cell, none below zero: (d_1, ..., d_h) int64.

    The nearest such numbers, by squared distance, with the total that the table itself has
    (rounded, and 0 where it is below), then rounded by largest remainder.

    References
    ----------
    Duchi, Shalev-Shwartz, Singer, Chandra (2008), Efficient Projections onto the l1-Ball, ICML,
    figure 1: projection onto the simplex. Its use on noisy tables: Hay, Rastogi, Miklau, Suciu
    (2010), arXiv 0904.0942.
    """
    counts = towards_independence(table)
    total = max(0, round(float(counts.sum())))
    return _whole(_onto_simplex(counts.ravel(), total), total).reshape(counts.shape)


def sums(table: Table, measure: str) -> Floats:
    """Return sums of a measure that fit the adjusted contributions: (d_1, ..., d_h) float64.

    In its unit: multiples of the resolution between lower and upper bound for each contribution.
    """
    rules = table.plan.schema.measure(measure)
    counts = contributions(table)
    resolution = float(rules.resolution)
    above = towards_independence(table, measure)
    units = np.rint((above + float(rules.lower) * counts) / resolution)
    low, high = (counts * knot for knot in (rules.knot_units[0], rules.knot_units[-1]))
    step = Fraction(rules.resolution)
    held = np.clip(units, low, high).astype(np.int64)
    scaled = [int(n) * step.numerator / step.denominator for n in held.ravel()]
    return np.array(scaled, dtype=float).reshape(counts.shape)


def _onto_simplex(values: Floats, total: int) -> Floats:
    """Return the nearest point with no entry below zero and this sum."""
    if total == 0:
        return np.zeros(values.shape)
    falling = np.sort(values)[::-1]
    excess = np.cumsum(falling) - total
    rank = np.arange(1, len(values) + 1)
    last = int(np.flatnonzero(falling - excess / rank > 0)[-1])
    return np.asarray(np.maximum(values - excess[last] / (last + 1), 0.0))


def _whole(values: Floats, total: int) -> Whole:
    """Round so that the sum is kept: the largest remainders are rounded up, ties by position."""
    floors = np.floor(values).astype(np.int64)
    missing = total - int(floors.sum())
    remainders = values - floors
    floors[np.argsort(-remainders, kind="stable")[:missing]] += 1
    return floors
