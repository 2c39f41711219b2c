"""Draw a table nearer to what its margins alone would say, as far as noise made it differ.

Where nothing binds the columns of a table, each cell is the product of its margins, which are far
more exact than the cells. So the part of a table that no smaller table has is drawn towards that
product: wholly where it is no larger than its noise, and hardly at all where it is far larger.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import prod

import numpy as np
import numpy.typing as npt

from privacy.plan.workload import Marginal
from privacy.tables.table import Table

Floats = npt.NDArray[np.float64]


def towards_independence(table: Table, measure: str | None = None) -> Floats:
    """Return contributions, or sums of a measure above its lower bound: (d_1, ..., d_h) float64.

    The interactions of the table are drawn towards those of the product of its margins, each by
    the positive part of 1 - (nu - 2) tau / |difference|^2, nu their number and tau the noise
    variance of one. On average over the noise the result is nearer to the truth than the table is,
    but for the noise of the margins; it is biased, and the noise interval is not its own.

    References
    ----------
    James, Stein (1961), Estimation with Quadratic Loss, Proc. 4th Berkeley Symp.; Baranchik (1970),
    A Family of Minimax Estimators, Ann. Math. Stat. 41 (the positive part).
    """
    found = figures(table, measure)
    target = _product_of_margins(found)
    if found.ndim < 2 or target is None:
        return found
    noise = soft_factors(table, measure)
    shrunk = found.copy()
    for axes in _interactions(found.ndim):
        apart = component(found, axes) - component(target, axes)
        number = prod(found.shape[axis] - 1 for axis in axes)
        size = float((apart**2).sum())
        if number > 2 and size > 0:
            tau = variance_along(table, axes, noise)
            kept = max(0.0, 1 - (number - 2) * tau / size)
            shrunk -= (1 - kept) * apart
    return shrunk


def figures(table: Table, measure: str | None) -> Floats:
    """Return contributions, or sums of a measure above its lower bound: (d_1, ..., d_h) float64."""
    if measure is None:
        return table.contributions()
    lower = float(table.plan.schema.measure(measure).lower)
    return np.asarray(table.sums(measure) - lower * table.contributions())


def _product_of_margins(found: Floats) -> Floats | None:
    """Return what the cells were if no column had to do with another; None for nothing at all."""
    total = float(found.sum())
    product = np.array(total)
    for axis in range(found.ndim):
        rest = tuple(i for i in range(found.ndim) if i != axis)
        margin = np.maximum(found.sum(axis=rest), 0.0)
        if total <= 0 or not margin.any():
            return None
        product = np.multiply.outer(product, margin / margin.sum())
    return product


def _interactions(dimensions: int) -> Iterator[tuple[int, ...]]:
    for size in range(2, dimensions + 1):
        yield from combinations(range(dimensions), size)


def component(array: Floats, axes: tuple[int, ...]) -> Floats:
    """Return the part of an array that varies along just these axes, spread over the others."""
    part = array
    for axis in range(array.ndim):
        mean = part.mean(axis=axis, keepdims=True)
        part = part - mean if axis in axes else np.broadcast_to(mean, part.shape)
    return np.asarray(part)


def soft_factors(table: Table, measure: str | None) -> Mapping[str, Floats]:
    """Return what `figures` weighs the knots of each measure by."""
    factors = {}
    for name in table.soft:
        knots = np.array([float(knot) for knot in table.plan.schema.measure(name).knots])
        factors[name] = knots - knots[0] if name == measure else np.ones(len(knots))
    return factors


def variance_along(table: Table, axes: tuple[int, ...], soft: Mapping[str, Floats]) -> float:
    """Return the noise variance along one direction of a component: the same along all."""
    schema = table.plan.schema
    hard: Marginal = table.hard
    direction = dict(soft)
    for position, axis in enumerate(hard):
        size = schema.size(axis)
        vector = np.full(size, size**-0.5)
        if position in axes:
            vector = np.zeros(size)
            vector[:2] = 0.5**0.5, -(0.5**0.5)
        direction[axis] = vector
    return table.plan.covariance(table.marginal, direction, direction, table.tier)
