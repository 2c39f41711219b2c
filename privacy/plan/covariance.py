"""Noise variances and covariances of figures of a table, from those of its residuals.

The residuals of a table have uncorrelated noises, so a figure's variance is a sum over them.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from privacy.plan.workload import Marginal

Vector = npt.NDArray[np.float64]


def of_products(
    variances: Mapping[Marginal, float],
    marginal: Marginal,
    a: Mapping[str, Vector],
    b: Mapping[str, Vector],
) -> float:
    """Return the noise covariance of two functionals that are products along the axes.

    sum_{A <= M} s2_A prod_{i in A} <a_i - mean, b_i - mean>
    prod_{i in M minus A} (1'a_i)(1'b_i) / d_i^2

    Parameters
    ----------
    variances : mapping of Marginal to float
        s2_A of the residuals that the table M is made of, in squared contributions.
    marginal : Marginal
        M.
    a, b : mapping of axis to (d_i,) float64
        The functional's factor along each axis of the marginal.

    References
    ----------
    docs/privacy.md, "What the noise adds up to".
    """
    inside = {axis: _about_mean(a[axis], b[axis]) for axis in marginal}
    outside = {axis: float(a[axis].mean() * b[axis].mean()) for axis in marginal}
    total = 0.0
    for subset, term in variances.items():
        for axis in marginal:
            term *= inside[axis] if axis in subset else outside[axis]
        total += term
    return total


def of_weights(
    variances: Mapping[Marginal, float], marginal: Marginal, a: Vector, b: Vector
) -> float:
    """Return the noise covariance of any two weighted sums of a table's entries.

    Parameters
    ----------
    variances : mapping of Marginal to float
        s2_A of the residuals that the table is made of, in squared contributions.
    marginal : Marginal
    a, b : (d_1, ..., d_n) float64
        The weight of each entry.
    """
    total = 0.0
    for subset, variance in variances.items():
        inner = _residual(a, marginal, subset), _residual(b, marginal, subset)
        total += variance * float((inner[0] * inner[1]).sum())
    return total


def _about_mean(a: Vector, b: Vector) -> float:
    return float((a - a.mean()) @ (b - b.mean()))


def _residual(weights: Vector, marginal: Marginal, subset: Marginal) -> Vector:
    """Average over the axes that a residual lacks; subtract the mean along those it has."""
    rest = tuple(i for i, axis in enumerate(marginal) if axis not in subset)
    part = np.asarray(weights.mean(axis=rest) if rest else weights, dtype=float)
    for axis in range(part.ndim):
        part = part - part.mean(axis=axis, keepdims=True)
    return part
