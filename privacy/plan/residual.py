"""Take residuals of tables, and rebuild tables from residuals, in whole numbers.

For a set A of axes, H_A removes the mean along each of them. Kept in integers, a residual is
a numerator over a denominator that the plan's mechanism gives: q_A D_A^2 for Gaussian noise, where
q_A is the product of the axes' grids and D_A that of their sizes. Of a measure that has contrasts,
one contrast is taken first; the residual is then one of the other axes alone.
"""

from collections.abc import Mapping, Sequence
from math import lcm, prod

import numpy as np
import numpy.typing as npt

from privacy.plan.parts import Contrasts, Part
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
    residuals: Mapping[Part, Exact],
    denominators: Mapping[Part, int],
    contrasts: Sequence[Contrasts] = (),
) -> tuple[Exact, int]:
    """Add up the residuals of all subsets of a marginal, each spread over the axes that it lacks.

    Evenly, or as the contrasts of a measure say.

    Parameters
    ----------
    schema : CubeSchema
    marginal : Marginal
    residuals : mapping of Part to Exact
        Numerators of at least all parts of the marginal.
    denominators : mapping of Part to int
        What they are counted in.
    contrasts : sequence of Contrasts

    Returns
    -------
    tuple of (Exact, int)
        Numerators over the marginal's axes and their common denominator.
    """
    shape = tuple(schema.size(axis) for axis in marginal)
    parts = [part for part in residuals if set(part.subset) <= set(marginal)]
    shaped = next((one for one in contrasts if one.measure in marginal), None)
    columns, scale = shaped.spread if shaped else (None, 1)
    even = tuple(axis for axis in marginal if shaped is None or axis != shaped.measure)
    spread = {
        part: denominators[part] * scale * (cells(schema, even) // cells(schema, part.axes))
        for part in parts
    }
    common = lcm(*spread.values())
    total = np.zeros(shape, dtype=object)
    for part in parts:
        along = tuple(schema.size(axis) if axis in part.axes else 1 for axis in marginal)
        own = residuals[part].reshape(along) * (common // spread[part])
        total = plus(total, own if columns is None else own * columns[:, part.contrast + 1])
    return total, common


def as_floats(numerators: Exact, denominator: int) -> npt.NDArray[np.float64]:
    """Divide exactly and round once, as Python's division of integers does."""
    values = [int(number) / denominator for number in numerators.ravel()]
    return np.array(values, dtype=float).reshape(numerators.shape)
