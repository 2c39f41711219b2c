"""Find the best noise for each residual at a given cost, by convex optimisation.

Uses public facts alone.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, prod

import numpy as np
import numpy.typing as npt

from privacy.loss import Rho
from privacy.plan.objective import Aim, Objective, reaches, statistics
from privacy.plan.sensitivity import Costs
from privacy.plan.workload import Workload, cells
from privacy.schema import CubeSchema

STEPS = 1024
SAFETY = 1 + 1e-9
#: Every residual is measured: its demand counts as at least this part of the largest.
LEAST = 1e-9
ROUNDS = 60
SEARCH = 400
CLOSE = 1e-3

Vector = npt.NDArray[np.float64]


def grid_variances(
    schema: CubeSchema, workload: Workload, rho: Rho, objective: Objective
) -> tuple[Fraction, ...]:
    """Find the noise of each residual that is best for an objective at the cost `rho`.

    Scaled to the exact bound for k records and rounded up to 1/1024 of a squared grid step, so
    that sampling is exact and the cost within `rho`.

    Returns
    -------
    tuple of Fraction
        In squared grid steps, in the order of the workload's closure.
    """
    closure = workload.closure()
    costs = Costs(schema, closure)
    shape = best_shape(schema, workload, objective, costs)
    scale = costs.squared_sensitivity(shape) / (2 * rho.value) * SAFETY
    grids = [prod(schema.grid(axis) for axis in a) * cells(schema, a) for a in closure]
    while True:
        rounded = [
            Fraction(ceil(Fraction(float(part)) * Fraction(scale) * grid**2 * STEPS), STEPS)
            for part, grid in zip(shape, grids, strict=True)
        ]
        variances = [float(v / grid**2) for v, grid in zip(rounded, grids, strict=True)]
        if costs.squared_sensitivity(np.array(variances)) * SAFETY <= 2 * rho.value:
            return tuple(rounded)
        scale *= 1 + 1e-6


def best_shape(
    schema: CubeSchema, workload: Workload, objective: Objective, costs: Costs
) -> Vector:
    """Return the residual variances of the best plan, up to a common factor: (n_closure,).

    For given weights of statistics and of worst persons the optimum has the closed form
    s2_A ~ sqrt(c_A / v_A), v_A the demand for residual A and c_A its cost. Two persons can cost
    the most by being alike in different axes, so the weights of persons are searched for too:
    the programme is convex and its dual, a concave function of those weights, is climbed.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), arXiv 2305.08175, sections 4 and 5: closed form for k = 1 and
    convex objectives. The rest is docs/privacy.md, "The noise plan".
    """
    asked = statistics(schema, workload, objective)
    reach = reaches(asked, costs.closure)
    weights = np.array([one.weight for one in asked])
    if objective.aim is Aim.VARIANCE:
        return _for_demand(weights @ reach, costs)
    return _for_largest(reach, np.array([one.share for one in asked]), weights, costs)


def _for_demand(demand: Vector, costs: Costs) -> Vector:
    """Minimise sum_A v_A s2_A at a fixed worst cost, adding persons as they become the worst."""
    v = np.maximum(demand, LEAST * demand.max())
    persons = [costs.apart]
    best = _Best()
    for _ in range(ROUNDS):
        shape = _climb(v, np.array(persons))
        worst, cost = costs.worst(shape)
        best.offer(float(v @ shape) * cost, shape)
        if cost <= max(float((person / shape).sum()) for person in persons) * (1 + CLOSE):
            break
        persons += worst
    return best.shape


def _for_largest(reach: Vector, share: Vector, weights: Vector, costs: Costs) -> Vector:
    """Minimise the largest weighted relative error: what is still the worst gets more weight."""
    relative = weights / share**2
    prices = relative / relative.sum()
    best = _Best()
    for step in range(1, SEARCH + 1):
        demand = prices * relative @ reach
        shape = np.sqrt(costs.apart / np.maximum(demand, LEAST * demand.max()))
        errors = relative * (reach @ shape)
        best.offer(float(errors.max()) * costs.squared_sensitivity(shape), shape)
        prices = prices * np.exp((errors / errors.max() - 1) * 4 / np.sqrt(step))
        prices /= prices.sum()
    shape = _for_demand(prices * relative @ reach, costs)
    best.offer(float((relative * (reach @ shape)).max()) * costs.squared_sensitivity(shape), shape)
    return best.shape


@dataclass
class _Best:
    """The best shape offered so far."""

    value: float = np.inf
    shape: Vector = field(default_factory=lambda: np.empty(0))

    def offer(self, value: float, shape: Vector) -> None:
        if value < self.value:
            self.value, self.shape = value, shape


def _climb(v: Vector, persons: Vector) -> Vector:
    """Return the best shape against some worst persons: (n_persons, n_closure) costs each.

    The dual (sum_A sqrt(v_A c_A))^2, c the persons' weighted mean cost, is climbed by
    multiplicative steps.
    """
    weights = np.full(len(persons), 1 / len(persons))
    floor = LEAST * persons.max()
    shape = np.sqrt(np.maximum(weights @ persons, floor) / v)
    best = _Best()
    for step in range(1, SEARCH + 1 if len(persons) > 1 else 2):
        cost = np.maximum(weights @ persons, floor)
        shape = np.sqrt(cost / v)
        each = persons @ (1 / shape)
        best.offer(float(v @ shape) * float(each.max()), shape)
        weights = weights * np.exp((each / each.max() - 1) * 4 / np.sqrt(step))
        weights /= weights.sum()
    return best.shape
