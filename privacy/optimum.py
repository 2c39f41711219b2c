"""The best share of the noise between residuals."""

from fractions import Fraction
from math import ceil, prod, sqrt

from privacy.loss import Rho
from privacy.schema import CubeSchema
from privacy.sensitivity import squared_sensitivity
from privacy.workload import Marginal, Workload, cells

STEPS = 1024
SAFETY = 1 + 1e-9


def grid_variances(schema: CubeSchema, workload: Workload, rho: Rho) -> tuple[Fraction, ...]:
    """Find the noise of each residual that minimises the weighted sum of cell variances.

    s2_A is proportional to sqrt(p_A / v_A), scaled to the bound for k records and rounded up to
    1/1024 of a squared grid step, so that sampling is exact and the cost within `rho`.

    Returns
    -------
    tuple of Fraction
        In squared grid steps, in the order of the workload's closure.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), arXiv 2305.08175, theorem on the closed-form optimum.
    """
    closure = workload.closure()
    shape = _optimal_shape(schema, workload)
    scale = squared_sensitivity(schema, shape) / (2 * rho.value) * SAFETY
    grids = {
        subset: prod(schema.grid(axis) for axis in subset) * cells(schema, subset)
        for subset in closure
    }
    while True:
        rounded = {
            subset: Fraction(ceil(Fraction(shape[subset] * scale) * grids[subset] ** 2 * STEPS))
            / STEPS
            for subset in closure
        }
        variances = {subset: float(rounded[subset] / grids[subset] ** 2) for subset in closure}
        if squared_sensitivity(schema, variances) * SAFETY <= 2 * rho.value:
            return tuple(rounded[subset] for subset in closure)
        scale *= 1 + 1e-6


def _optimal_shape(schema: CubeSchema, workload: Workload) -> dict[Marginal, float]:
    """Return s2_A up to a common factor: sqrt(p_A / v_A)."""
    gain = dict.fromkeys(workload.closure(), 0.0)
    for marginal, weight in zip(workload.marginals, workload.weights, strict=True):
        for subset in gain:
            if set(subset) <= set(marginal):
                gain[subset] += weight * _spread(schema, marginal, subset)
    return {
        subset: sqrt(_spread(schema, subset, subset) / gained) for subset, gained in gain.items()
    }


def _spread(schema: CubeSchema, marginal: Marginal, subset: Marginal) -> float:
    """Share of s2_A that reaches one cell of the marginal."""
    return prod(
        (schema.size(axis) - 1) / schema.size(axis)
        if axis in subset
        else 1 / schema.size(axis) ** 2
        for axis in marginal
    )
