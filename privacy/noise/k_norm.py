"""The shape of K-norm noise: its norm, its variances and how often a draw is accepted.

K-norm noise is shaped like what one person can change in a table of counts.

One person adds or removes a 0/1 vector with at most k ones. The smallest convex body that holds all
of these and their opposites has the norm ||x|| = g(x+) + g(x-), g(y) = max(max y, sum y / k), since
the vectors of one sign form a body that is closed downwards. Noise with P(z) proportional to
exp(-epsilon ||z||) over whole vectors costs epsilon: ||z + u|| differs from ||z|| by at most 1.

k ||z|| is a whole number, by which vectors can be counted; so moments are sums, not simulations.

References
----------
Hardt, Talwar (2010), On the Geometry of Differential Privacy, arXiv 0907.3754.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, factorial

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

#: Largest k ||z|| that is looked at, and how far beyond the mean, in means: exp(-30) remains.
LARGEST = 3000
MOST_CELLS = 40


@dataclass(frozen=True)
class Moments:
    """What one noise vector is like.

    Parameters
    ----------
    cell, total : float
        Variance of a cell, and of the sum of all cells.
    acceptance : float
        The chance that a vector of independent two-sided geometric draws is kept.
    """

    cell: float
    total: float
    acceptance: float


def steps(vectors: npt.NDArray[np.int64], bound: int) -> npt.NDArray[np.int64]:
    """Return k ||z|| of each row: (n, n_cells) int64 -> (n,) int64."""
    up, down = (
        np.maximum(bound * part.max(axis=1), part.sum(axis=1))
        for part in (np.maximum(vectors, 0), np.maximum(-vectors, 0))
    )
    return np.asarray(up + down)


@lru_cache(maxsize=256)
def moments(cells: int, bound: int, scale: float) -> Moments | None:
    """Return the moments of noise with P(z) proportional to exp(-k ||z|| / scale).

    Parameters
    ----------
    cells : int
        >= 1.
    bound : int
        k, from 1 to `cells`.
    scale : float
        k / epsilon.

    Returns
    -------
    Moments or None
        None where there are too many cells or too wide a noise to be counted.
    """
    reach = int(scale * (cells + 30 + 8 * cells**0.5)) + 2 * bound
    if cells > MOST_CELLS or reach > LARGEST:
        return None
    sums = _one_sided(cells, bound, reach, 1 / scale)
    whole = square = total = 0.0
    for up in range(cells + 1):
        for down in range(cells + 1 - up):
            ways = factorial(cells) // (
                factorial(up) * factorial(down) * factorial(cells - up - down)
            )
            a, b = sums[up], sums[down]
            whole += ways * a[0] * b[0]
            square += ways * (a[1] * b[0] + a[0] * b[1])
            total += ways * (a[3] * b[0] + a[0] * b[3] - 2 * a[2] * b[2])
    p = exp(-1 / scale)
    kept = whole / ((1 + p) / (1 - p)) ** cells
    return Moments(float(square / whole / cells), float(total / whole), float(kept))


def _one_sided(cells: int, bound: int, reach: int, rate: float) -> Vector:
    """Sum over all vectors of p whole numbers >= 1, weighted by exp(-rate k g(y)).

    Returns
    -------
    (cells + 1, 4) float64
        By p: sums of 1, of sum y_i^2, of sum y_i, of (sum y_i)^2.
    """
    held = np.zeros((cells + 1, 4, reach + 1))
    held[0, 0, :] = 1.0
    totals = np.arange(reach + 1, dtype=float)
    for largest in range(1, reach // bound + 1):
        one = np.zeros(reach + 1)
        one[1 : largest + 1] = 1.0
        count, squares = np.eye(1, reach + 1)[0], np.zeros(reach + 1)
        ends = slice(bound * largest, min(bound * (largest + 1), reach + 1))
        for p in range(1, cells + 1):
            squares = _times(squares, one) + _times(count, one * totals**2)
            count = _times(count, one)
            for place, part in enumerate((count, squares, count * totals, count * totals**2)):
                held[p, place, ends] = np.cumsum(part)[ends]
    # Vectors with k g(y) <= a, less those with at most a - 1.
    exact = np.diff(held, axis=2, prepend=0.0)
    return np.asarray(exact @ np.exp(-rate * totals))


def _times(one: Vector, other: Vector) -> Vector:
    return np.convolve(one, other)[: len(one)]
