"""Draw figures of a table nearer to those of the editions around it, as far as noise moved them.

What an edition has beside its neighbours is partly news and partly noise. How much of each is seen
from how much figures move between editions: a part of the table that moves no more than its noise
says stays level, one that moves far more is left as it is.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.tables.shrinking import component, figures, soft_factors, variance_along
from privacy.tables.table import Table

Floats = npt.NDArray[np.float64]
#: With fewer movements than these between editions, how far figures move is not known.
FEWEST_MOVES = 8
#: Variances of movement, over a mean gap between editions, that are tried, in those of the noise.
TRIED = (0.0, *np.geomspace(1e-3, 1e4, 57).tolist())


def over_editions(
    tables: Sequence[Table], times: Sequence[int], measure: str | None = None
) -> tuple[Floats, ...]:
    """Smooth a table over editions: contributions, or sums of a measure above its lower bound.

    Each part of the table (its total, what each column adds, what pairs of columns add) is taken
    to be at a level that moves by chance, with a variance in proportion to time, and is seen with
    its noise. The variance that makes what was released most likely is used, for each part apart,
    and the best linear prediction of the levels is returned. On average nearer to the truth than
    the tables are; late where figures jump. The noise interval of a table is not its own.

    Parameters
    ----------
    tables : sequence of Table
        The same table of several editions, at any tiers.
    times : sequence of int
        When each was, in increasing order; only distances matter.
    measure : str, optional

    Returns
    -------
    tuple of (d_1, ..., d_h) float64
        One for each edition.

    Raises
    ------
    PlanError
        Where the tables have not the same cells or measures.

    References
    ----------
    Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, chapter 4: the
    local level. Patterson, Thompson (1971), Recovery of Inter-Block Information when Block Sizes
    are Unequal, Biometrika 58: the likelihood without the first level.
    """
    first = tables[0]
    alike = all(one.marginal == first.marginal and one.cells() == first.cells() for one in tables)
    if not alike or len(times) != len(tables) or sorted(set(times)) != list(times):
        raise PlanError("Only one table, of editions one after another, can be smoothed")
    at = np.array(times, dtype=float) - times[0]
    at /= max(1.0, at[-1]) / max(1, len(times) - 1)
    seen = np.stack([figures(table, measure) for table in tables])
    smooth = seen.copy()
    for axes in _parts(first):
        moves = prod(seen.shape[1 + axis] - 1 for axis in axes) * (len(tables) - 1)
        if moves < FEWEST_MOVES:
            continue
        part = np.stack([component(one, axes) for one in seen])
        noise = np.array([variance_along(one, axes, soft_factors(one, measure)) for one in tables])
        flat = part.reshape(len(tables), -1)
        weights = _weights(flat, noise, at, moves)
        smooth += (weights @ flat - flat).reshape(smooth.shape)
    return tuple(smooth)


def _parts(table: Table) -> Iterator[tuple[int, ...]]:
    dimensions = len(table.hard)
    for size in range(dimensions + 1):
        yield from combinations(range(dimensions), size)


def _weights(flat: Floats, noise: Floats, at: Floats, moves: int) -> Floats:
    """Return what each edition's level takes of each edition's figures: (T, T).

    With D the differences between editions, V the noise and K what movement adds, levels are
    y - V D'(D (V + q K) D')^-1 D y; q is the most likely of some.
    """
    editions = len(at)
    differences = np.diff(np.eye(editions), axis=0)
    moved = differences @ np.minimum.outer(at, at) @ differences.T
    quiet = differences @ np.diag(noise) @ differences.T
    apart = differences @ flat
    scatter = apart @ apart.T
    each = moves / (editions - 1)

    def misfit(ratio: float) -> tuple[float, Floats]:
        spread = quiet + ratio * float(noise.mean()) * moved
        inverse: Floats = np.asarray(np.linalg.inv(spread), dtype=np.float64)
        size = float(np.linalg.slogdet(spread)[1])
        return each * size + float((inverse * scatter).sum()), inverse

    _, best = min(map(misfit, TRIED), key=lambda found: found[0])
    return np.asarray(np.eye(editions) - np.diag(noise) @ differences.T @ best @ differences)
