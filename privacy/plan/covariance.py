"""Noise variances and covariances of figures of a table, from those of its residuals.

The residuals of a table have uncorrelated noises, so a figure's variance is a sum over them. A
measure that has contrasts is seen through them: `spreads` names it, with the columns that total and
contrasts are spread by.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from privacy.plan.parts import Part
from privacy.plan.workload import Marginal

Vector = npt.NDArray[np.float64]


def of_products(
    variances: Mapping[Part, float],
    marginal: Marginal,
    a: Mapping[str, Vector],
    b: Mapping[str, Vector],
    spreads: Mapping[str, Vector],
) -> float:
    """Return the noise covariance of two functionals that are products along the axes.

    sum_{A <= M} s2_A prod_{i in A} <a_i - mean, b_i - mean>
    prod_{i in M minus A} (1'a_i)(1'b_i) / d_i^2, and (a_i'g)(b_i'g) along a measure with contrasts,
    g the column of the part.

    Parameters
    ----------
    variances : mapping of Part to float
        s2_A of the parts that the table M is made of, in squared contributions.
    marginal : Marginal
        M.
    a, b : mapping of axis to (d_i,) float64
        The functional's factor along each axis of the marginal.
    spreads : mapping of measure to (m, m) float64

    References
    ----------
    docs/privacy.md, "What the noise adds up to".
    """
    parts = tuple(variances)
    total = np.array(list(variances.values()))
    for axis in marginal:
        total = total * along(parts, axis, a[axis], b[axis], spreads.get(axis))
    return float(total.sum())


def along(parts: Sequence[Part], axis: str, a: Vector, b: Vector, spread: Vector | None) -> Vector:
    """Return how much of each part's variance two functionals have in common along one axis.

    Parameters
    ----------
    parts : sequence of Part
    axis : str
    a, b : (d_i,) float64
    spread : (m, m) float64, or None
        Of a measure with contrasts.

    Returns
    -------
    (n_parts,) float64
    """
    if spread is not None:
        both = (a @ spread) * (b @ spread)
        return np.asarray(both[[part.contrast + 1 for part in parts]])
    inside, outside = _about_mean(a, b), float(a.mean() * b.mean())
    return np.array([inside if axis in part.axes else outside for part in parts])


def of_weights(
    variances: Mapping[Part, float],
    marginal: Marginal,
    a: Vector,
    b: Vector,
    spreads: Mapping[str, Vector],
) -> float:
    """Return the noise covariance of any two weighted sums of a table's entries.

    Parameters
    ----------
    variances : mapping of Part to float
        s2_A of the parts that the table is made of, in squared contributions.
    marginal : Marginal
    a, b : (d_1, ..., d_n) float64
        The weight of each entry.
    spreads : mapping of measure to (m, m) float64
    """
    even = tuple(axis for axis in marginal if axis not in spreads)
    for axis in spreads:
        # A measure with contrasts is the last axis.
        a, b = a @ spreads[axis], b @ spreads[axis]
    total = 0.0
    for part, variance in variances.items():
        at = part.contrast + 1
        own = (a[..., at], b[..., at]) if spreads else (a, b)
        inner = _residual(own[0], even, part.axes), _residual(own[1], even, part.axes)
        total += variance * float((inner[0] * inner[1]).sum())
    return total


def _about_mean(a: Vector, b: Vector) -> float:
    return float((a - a.mean()) @ (b - b.mean()))


def _residual(weights: Vector, marginal: Marginal, axes: Marginal) -> Vector:
    """Average over the axes that a residual lacks; subtract the mean along those it has."""
    rest = tuple(i for i, axis in enumerate(marginal) if axis not in axes)
    part = np.asarray(weights.mean(axis=rest) if rest else weights, dtype=float)
    for axis in range(part.ndim):
        part = part - part.mean(axis=axis, keepdims=True)
    return part
