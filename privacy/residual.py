"""Residuals and how tables are rebuilt from them, in whole numbers.

For a set A of axes, H_A removes the mean along each of them. Kept in integers, a residual is
the numerator of H_A(marginal + noise) over the denominator q_A D_A^2, where q_A is the product
of the axes' grids and D_A that of their sizes.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import prod

import numpy as np
import numpy.typing as npt

from privacy.schema import CubeSchema
from privacy.workload import Marginal, cells

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
    schema: CubeSchema, marginal: Marginal, residuals: Mapping[Marginal, Exact]
) -> tuple[Exact, int]:
    """Add up the residuals of all subsets of a marginal, each spread evenly.

    Returns
    -------
    tuple of (Exact, int)
        Numerators over the marginal's axes and their common denominator.
    """
    shape = tuple(schema.size(axis) for axis in marginal)
    total = np.zeros(shape, dtype=object)
    for subset, numerators in residuals.items():
        if not set(subset) <= set(marginal):
            continue
        rest = tuple(axis for axis in marginal if axis not in subset)
        factor = prod(schema.grid(axis) for axis in rest) * cells(schema, rest)
        spread = tuple(schema.size(axis) if axis in subset else 1 for axis in marginal)
        total = plus(total, numerators.reshape(spread) * factor)
    grid = prod(schema.grid(axis) for axis in marginal)
    return total, grid * cells(schema, marginal) ** 2


def as_floats(numerators: Exact, denominator: int) -> npt.NDArray[np.float64]:
    """Divide exactly, then round once."""
    values = [float(Fraction(int(number), denominator)) for number in numerators.ravel()]
    return np.array(values, dtype=float).reshape(numerators.shape)
