"""Find the best noise for each part at a given cost, by convex optimisation.

Uses public facts alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, prod

import numpy as np
import numpy.typing as npt

from privacy.loss import Rho
from privacy.plan.objective import Aim, Objective, reaches, statistics
from privacy.plan.parts import Contrasts, parts_of
from privacy.plan.sensitivity import Costs
from privacy.plan.workload import Workload, cells
from privacy.schema import CubeSchema

STEPS = 1024
SAFETY = 1 + 1e-9
#: Every part is measured: its demand counts as at least this part of the largest.
LEAST = 1e-9
ROUNDS = 60
SEARCH = 400
#: How often the worst persons are looked for anew where the largest error is to be small.
TURNS = 4
#: Newton's steps, of which some twenty are enough.
STEPS_UP = 200
CLOSE = 1e-3

Vector = npt.NDArray[np.float64]


def grid_variances(
    schema: CubeSchema,
    workload: Workload,
    rho: Rho,
    objective: Objective,
    contrasts: Sequence[Contrasts] = (),
) -> tuple[Fraction, ...]:
    """Find the noise of each part that is best for an objective at the cost `rho`.

    Scaled to the exact bound for k records and rounded up to 1/1024 of a squared grid step, so
    that sampling is exact and the cost within `rho`.

    Returns
    -------
    tuple of Fraction
        In squared grid steps, in the order of the workload's parts.
    """
    parts = parts_of(workload.closure(), contrasts)
    costs = Costs(schema, parts, contrasts)
    shape = best_shape(schema, workload, objective, costs, contrasts)
    scale = costs.squared_sensitivity(shape) / (2 * rho.value) * SAFETY
    grids = [prod(schema.grid(axis) for axis in a.subset) * cells(schema, a.axes) for a in parts]
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
    schema: CubeSchema,
    workload: Workload,
    objective: Objective,
    costs: Costs,
    contrasts: Sequence[Contrasts] = (),
) -> Vector:
    """Return the variances of the parts in the best plan, up to a common factor: (n_parts,).

    For given weights of statistics and of worst persons the optimum has the closed form
    s2_A ~ sqrt(c_A / v_A), v_A the demand for residual A and c_A its cost. Two persons can cost
    the most by being alike in different axes, so the weights of persons are searched for too:
    the programme is convex and its dual, a concave function of those weights, is climbed.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), arXiv 2305.08175, sections 4 and 5: closed form for k = 1 and
    convex objectives. The rest is docs/privacy.md, "The noise plan".
    """
    asked = statistics(schema, workload, objective, contrasts)
    reach = reaches(asked, costs.parts)
    weights = np.array([one.weight for one in asked])
    if objective.aim is Aim.VARIANCE:
        return _for_demand(weights @ reach, costs)[0]
    return _for_largest(reach, np.array([one.share for one in asked]), weights, costs)


def _for_demand(demand: Vector, costs: Costs) -> tuple[Vector, Vector]:
    """Minimise sum_A v_A s2_A at a fixed worst cost, adding persons as they become the worst.

    Ends where no shape can be better by more than a thousandth, whatever other persons cost.

    Returns
    -------
    tuple of ((n_parts,) float64, (n_parts,) float64)
        The shape, and what the worst persons cost together, as linear costs in 1/s2_A.
    """
    v = np.maximum(demand, LEAST * demand.max())
    persons = np.vstack([costs.alone, *costs.records()])
    weights = np.full(len(persons), np.sqrt(v * costs.alone).sum() ** 2 / len(persons))
    best = _Best()
    for _ in range(ROUNDS):
        weights, least = _climb(v, persons, weights)
        shape = np.sqrt(weights @ persons / v)
        worst, cost = costs.worst(shape)
        best.offer(float(v @ shape) * cost, shape)
        if best.value <= least * (1 + CLOSE):
            break
        persons = np.vstack([persons, worst])
        weights = _with_others(persons, weights)
    return best.shape, weights @ persons[: len(weights)]


def _with_others(persons: Vector, weights: Vector) -> Vector:
    """Give the last persons some weight, so little that mixed costs stay well above zero."""
    others = len(persons) - len(weights)
    mixed, more = weights @ persons[: len(weights)], persons[len(weights) :].sum(axis=0)
    share = weights.sum() / 2 / others
    while (mixed + share * more < mixed / 2).any():
        share /= 2
    return np.append(weights, np.full(others, share))


def _for_largest(reach: Vector, share: Vector, weights: Vector, costs: Costs) -> Vector:
    """Minimise the largest weighted relative error: what is still the worst gets more weight.

    First against one record alone, then against the persons that turned out to be the worst.
    """
    relative = weights / share**2
    prices = relative / relative.sum()
    cost = costs.alone
    best = _Best()
    for _ in range(TURNS):
        for step in range(1, SEARCH + 1):
            demand = prices * relative @ reach
            shape = np.sqrt(cost / np.maximum(demand, LEAST * demand.max()))
            errors = relative * (reach @ shape)
            best.offer(float(errors.max()) * costs.squared_sensitivity(shape), shape)
            prices = prices * np.exp((errors / errors.max() - 1) * 4 / np.sqrt(step))
            prices /= prices.sum()
        shape, cost = _for_demand(prices * relative @ reach, costs)
        largest = float((relative * (reach @ shape)).max())
        best.offer(largest * costs.squared_sensitivity(shape), shape)
    return best.shape


@dataclass
class _Best:
    """The best shape offered so far."""

    value: float = np.inf
    shape: Vector = field(default_factory=lambda: np.empty(0))

    def offer(self, value: float, shape: Vector) -> None:
        if value < self.value:
            self.value, self.shape = value, shape


def _climb(v: Vector, persons: Vector, weights: Vector) -> tuple[Vector, float]:
    """Find the best weights of some persons: (n_persons, n_parts) costs each.

    With c the weighted sum of their costs, the dual 2 sum_A sqrt(v_A c_A) - sum of the weights is
    concave and below every error at a cost of 1; its gradient is what each person costs at the
    shape sqrt(c_A / v_A), less 1. It is climbed by Newton's steps, a logarithm of each weight
    keeping it above zero and counting for less and less.

    Returns
    -------
    tuple of ((n_persons,) float64, float)
        The weights, and what no error is below.

    References
    ----------
    Boyd, Vandenberghe (2004), Convex Optimization, chapter 11: the barrier method.
    """

    def height(w: Vector, barrier: float) -> float:
        mixed = w @ persons
        if w.min() <= 0 or mixed.min() <= 0:
            return -np.inf
        return float(2 * np.sqrt(v * mixed).sum() - w.sum() + barrier * np.log(w).sum())

    barrier = float(weights.sum()) / len(weights)
    for _ in range(STEPS_UP):
        mixed = weights @ persons
        slope = persons @ np.sqrt(v / mixed) - 1 + barrier / weights
        scaled = weights[:, None] * persons * np.sqrt(np.sqrt(v) * mixed**-1.5 / 2)
        bend = scaled @ scaled.T + barrier * np.eye(len(weights))
        step = weights * np.linalg.solve(bend, weights * slope)
        length, now = 1.0, height(weights, barrier)
        while height(weights + length * step, barrier) < now and length > LEAST:
            length /= 2
        weights = weights + length * step
        if float(slope @ step) < barrier:
            if barrier * len(weights) < CLOSE / 10 * weights.sum():
                break
            barrier /= 5
    return weights, float(2 * np.sqrt(v * (weights @ persons)).sum() - weights.sum())
