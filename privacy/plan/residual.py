"""Take residuals of tables, and rebuild tables from residuals, in whole numbers.

For a set A of axes, H_A removes the mean along each of them. Kept in integers, a residual is
a numerator over a denominator that the plan's mechanism gives: q_A D_A^2 for Gaussian noise, where
q_A is the product of the axes' grids and D_A that of their sizes.
"""

from collections.abc import Mapping
from math import lcm, prod

import numpy as np
import numpy.typing as npt

from privacy.plan.workload import Marginal, cells
from privacy.schema import CubeSchema

Exact = npt.NDArray[np.object_]


def without_means(array: Exact) -> Exact:
    """Apply d I - J along every axis: D_A H_A in whole numbers."""
    for axis, size in enumerate(array.shape):
        array = array * size - array.sum(axis=axis, keepdims=True)
    return array


def plus(one: Exact, other: Exact) -> Exact:
    """Add; numpy makes a bare integer of the sum of two single cells, this does not."""
    return np.asarray(one + other, dtype=object)


def residual(masses: Exact, noise: Exact) -> Exact:
    """Return the numerator of H_A(x + z).

    Parameters
    ----------
    masses : Exact
        x in multiples of 1/q_A.
    noise : Exact
        z in multiples of 1/(q_A D_A), of the same shape.

    References
    ----------
    docs/privacy.md, "Noise on a grid": the grid of z makes the loss that of H_A u, not of u.
    """
    return without_means(plus(masses * prod(masses.shape), noise))


def rebuild(
    schema: CubeSchema,
    marginal: Marginal,
    residuals: Mapping[Marginal, Exact],
    denominators: Mapping[Marginal, int],
) -> tuple[Exact, int]:
    """Add up the residuals of all subsets of a marginal, each spread evenly.

    Parameters
    ----------
    schema : CubeSchema
    marginal : Marginal
    residuals : mapping of Marginal to Exact
        Numerators of at least all subsets of the marginal.
    denominators : mapping of Marginal to int
        What they are counted in.

    Returns
    -------
    tuple of (Exact, int)
        Numerators over the marginal's axes and their common denominator.
    """
    shape = tuple(schema.size(axis) for axis in marginal)
    parts = [subset for subset in residuals if set(subset) <= set(marginal)]
    spread = {
        subset: denominators[subset] * (cells(schema, marginal) // cells(schema, subset))
        for subset in parts
    }
    common = lcm(*spread.values())
    total = np.zeros(shape, dtype=object)
    for subset in parts:
        along = tuple(schema.size(axis) if axis in subset else 1 for axis in marginal)
        total = plus(total, residuals[subset].reshape(along) * (common // spread[subset]))
    return total, common


def as_floats(numerators: Exact, denominator: int) -> npt.NDArray[np.float64]:
    """Divide exactly and round once, as Python's division of integers does."""
    values = [int(number) / denominator for number in numerators.ravel()]
    return np.array(values, dtype=float).reshape(numerators.shape)
