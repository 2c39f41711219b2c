"""How far plans are from the best of all Gaussian mechanisms, and from earlier accounting.

Any Gaussian mechanism is a strategy, all its noise being independent and of variance 1 after a
change of basis. Its error is tr(V P^-1), P what a strategy B says of the cube (B'B) and V what is
asked; no person u may cost more than mu^2, u'P u <= mu^2. As what is asked stays the same when the
values of a dimension are exchanged, so may P: it falls into one block for each set A of dimensions,
on the measures' features. For any mixture of persons with moments M_A the dual says

    error  >=  (sum_A tr((M_A^(1/2) V_A M_A^(1/2))^(1/2)))^2 / mu^2,

M_A holding the dimension of the block. The best mixture is searched for; any is a lower bound. That
takes persons who can exist. (Li, Miklau, Hay, McGregor, Rastogi 2015, The Matrix Mechanism, VLDB J.
24; Edmonds, Nikolov, Ullman 2020, arXiv 1911.08339: the dual.)
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from math import prod, sqrt

import numpy as np
import numpy.typing as npt
from scipy.linalg import sqrtm
from scipy.optimize import minimize

from bench.release.report import Row, row
from privacy.loss import Rho, rho_for
from privacy.plan.discrete import zcdp_epsilon_of
from privacy.plan.gaussian import GaussianNoise
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.objective import FIRST, Objective, statistics
from privacy.plan.optimum import grid_variances
from privacy.plan.planning import plan_release, predicted_error
from privacy.plan.workload import Marginal, Workload, default_workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule

Matrix = npt.NDArray[np.float64]
#: Sizes of dimensions, knots of measures, ways, k.
Case = tuple[tuple[int, ...], tuple[int, ...], int, int]
EPSILON, DELTA = 1.0, 1e-6
SEARCH = 300


def schema_of(sizes: tuple[int, ...], knots: tuple[int, ...], bound: int) -> CubeSchema:
    """Make a schema of dimensions of these sizes and measures of so many even knots."""
    dimensions = tuple(
        Dimension(f"d{n}", tuple(f"v{value}" for value in range(size)))
        for n, size in enumerate(sizes)
    )
    measures = []
    for n, count in enumerate(knots):
        steps = tuple(Decimal(60 * step) for step in range(count))
        measures.append(
            Measure(f"m{n}", "", steps[0], steps[-1], Decimal(1), MeasureRule.SUM, steps)
        )
    return CubeSchema(dimensions, tuple(measures), bound)


CASES: tuple[Case, ...] = (
    ((7,), (), 1, 1),
    ((7, 4), (), 2, 1),
    ((7,) * 5, (), 2, 1),
    ((2, 10), (2,), 2, 1),
    ((7,), (2,), 1, 1),
    ((7, 7, 7), (2, 2), 2, 1),
    ((7,), (), 1, 3),
    ((7, 4), (), 2, 2),
    ((7,) * 4, (), 2, 5),
    ((2, 8), (2,), 2, 7),
    ((7,), (2,), 1, 7),
    ((7, 7, 7), (2,), 2, 3),
)


@dataclass(frozen=True)
class Asked:
    """What is asked of a block, and the block's dimension: V_A over the features of measures."""

    axes: Marginal
    weight: Matrix
    size: int


def features(schema: CubeSchema) -> tuple[Matrix, dict[str, Matrix]]:
    """Return the features of every joint knot, and each measure's functionals on features.

    Returns
    -------
    tuple of ((n_points, n_features) float64, mapping of measure to (d_m, n_features) float64)
        The first feature is 1; then one for each knot of each measure but the last.
    """
    sizes = [schema.size(name) for name in schema.soft]
    points = list(product(*(range(size) for size in sizes)))
    width = 1 + sum(size - 1 for size in sizes)
    starts = np.cumsum([1, *(size - 1 for size in sizes)])
    table = np.zeros((len(points), width))
    table[:, 0] = 1
    for line, point in enumerate(points):
        for start, size, knot in zip(starts, sizes, point, strict=False):
            if knot < size - 1:
                table[line, start + knot] = 1
    knots = {}
    for name, start, size in zip(schema.soft, starts, sizes, strict=False):
        of_knot = np.zeros((size, width))
        of_knot[: size - 1, start : start + size - 1] = np.eye(size - 1)
        of_knot[-1, 0] = 1
        of_knot[-1, start : start + size - 1] = -1
        knots[name] = of_knot
    return table, knots


def asked_of(schema: CubeSchema, workload: Workload) -> list[Asked]:
    """Return V_A of each block: the plan's own objective, written over features."""
    _, knots = features(schema)
    width = 1 + sum(schema.size(name) - 1 for name in schema.soft)
    total = np.eye(1, width)
    found: dict[Marginal, Matrix] = {}
    for one in statistics(schema, workload, Objective()):
        hard = [axis for axis in one.factors if axis in schema.hard]
        soft = [axis for axis in one.factors if axis in schema.soft]
        for name in range(len(hard) + 1):
            for axes in combinations(hard, name):
                reach = prod(one.factors[axis][int(axis in axes)] for axis in hard)
                along = one.functionals[soft[0]] @ knots[soft[0]] if soft else total
                seen = along.T @ along
                found[axes] = found.get(axes, np.zeros((width, width))) + one.weight * reach * seen
    return [
        Asked(axes, weight, prod(schema.size(axis) - 1 for axis in axes))
        for axes, weight in found.items()
    ]


def persons(schema: CubeSchema) -> list[tuple[Matrix, dict[Marginal, float]]]:
    """Return persons that can exist: moments over features, and what their pairs cost each block.

    A person has m records with the same knots that agree on some dimensions alone, where there are
    values enough; or all cells of one dimension.
    """
    table, _ = features(schema)
    found = []
    hard = schema.hard
    sizes = {axis: schema.size(axis) for axis in hard}
    for size in range(len(hard) + 1):
        for same in combinations(hard, size):
            others = [axis for axis in hard if axis not in same]
            most = min([sizes[axis] for axis in others], default=1)
            for records in range(1, min(schema.bound, most) + 1):
                for point in table:
                    found.append((np.outer(point, point), _pairs(hard, sizes, same, records)))
    return found


def _pairs(
    hard: Marginal, sizes: dict[str, int], same: Marginal, records: int
) -> dict[Marginal, float]:
    costs = {}
    for size in range(len(hard) + 1):
        for axes in combinations(hard, size):
            own = prod(1 - 1 / sizes[axis] for axis in axes)
            alike = prod((axis in same) - 1 / sizes[axis] for axis in axes)
            costs[axes] = records * own + records * (records - 1) * alike
    return costs


def least_error(schema: CubeSchema, workload: Workload) -> float:
    """Return what no Gaussian mechanism's error is below, at mu = 1."""
    asked = asked_of(schema, workload)
    every = persons(schema)

    def height(logs: Matrix) -> float:
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        total = 0.0
        for block in asked:
            moment = sum(
                w * costs[block.axes] * outer
                for w, (outer, costs) in zip(weights, every, strict=True)
            )
            root = np.real(sqrtm(moment))
            total += float(np.real(np.trace(sqrtm(root @ block.weight @ root))))
        return -(total**2)

    best = minimize(height, np.zeros(len(every)), method="L-BFGS-B", options={"maxiter": SEARCH})
    return float(-best.fun)


def distance(case: Case) -> float:
    """Return by how much a plan's standard deviations are above the best, as a ratio."""
    sizes, knots, ways, bound = case
    schema = schema_of(sizes, knots, bound)
    workload = default_workload(schema, ways)
    plan = plan_release(schema, workload, EPSILON, DELTA, people=False)
    ours = predicted_error(plan) * 2 * plan.cube_rho.value
    return sqrt(ours / least_error(schema, workload))


def against_before() -> float:
    """Return the noise beside that of discrete noise under zCDP, at the same epsilon and delta."""
    low, high = 1, rho_for(EPSILON, DELTA).micro
    while low < high:
        middle = (low + high + 1) // 2
        if zcdp_epsilon_of(Rho(middle), DELTA) <= EPSILON:
            low = middle
        else:
            high = middle - 1
    return sqrt(low / rho_for(EPSILON, DELTA).micro)


#: Measures with more knots, along which noise is shaped.
KNOTS: tuple[Case, ...] = (
    ((7,), (3,), 1, 1),
    ((7,), (5,), 1, 1),
    ((7,), (11,), 1, 1),
    ((4, 3), (5,), 2, 3),
)


def against_even(knots: int) -> dict[str, float]:
    """Return the noise of a plan that is the same along a measure, over that of a shaped one.

    Returns
    -------
    dict of str to float
        Ratios of standard deviations: of sums, and in the mean of the mass up to each knot.
    """
    schema = schema_of((7,), (knots,), 1)
    workload = default_workload(schema, 1)
    shaped = plan_release(schema, workload, EPSILON, DELTA)
    variances = grid_variances(schema, workload, shaped.cube_rho, FIRST)
    even = replace(shaped, noise=GaussianNoise(variances, Fraction(0), Fraction(0)))
    even.check()
    up_to = list(np.tril(np.ones((knots, knots)))[:-1])
    asked: dict[str, list[Matrix]] = {"sums": [np.arange(knots) / (knots - 1.0)], "levels": up_to}
    cell = np.eye(1, 7)[0]

    def sd(plan: NoisePlan, along: list[Matrix]) -> float:
        table, tier = ("d0", "m0"), plan.tiers[0]
        both = ({"d0": cell, "m0": vector} for vector in along)
        return sqrt(sum(plan.covariance(table, one, one, tier) for one in both) / len(along))

    return {name: sd(even, along) / sd(shaped, along) for name, along in asked.items()}


def figures(*, quick: bool) -> list[Row]:
    """Return the figures for docs/benchmarks/release.json."""
    cases = CASES[:4] + CASES[6:8] if quick else CASES
    found = {case: distance(case) for case in cases}
    shaped = {case: distance(case) for case in (KNOTS[:1] if quick else KNOTS)}
    words = "the worst of {n} workloads: sd of the plan over the least of any Gaussian mechanism"
    once = [ratio for case, ratio in found.items() if case[3] == 1]
    several = [ratio for case, ratio in found.items() if case[3] > 1]
    how = "the same objective, epsilon 1 and delta 1e-06, against discrete noise under zCDP"
    rows = [
        row("sd_vs_before", against_before(), "ratio", how),
        row("sd_vs_best_gaussian_k1", max(once), "ratio", words.format(n=len(once))),
        row("sd_vs_best_gaussian_k", max(several), "ratio", words.format(n=len(several))),
        row(
            "sd_vs_best_gaussian_knots",
            max(shaped.values()),
            "ratio",
            words.format(n=len(shaped)) + ", with measures of 3 to 11 knots",
        ),
    ]
    for (sizes, knots, ways, bound), ratio in {**found, **shaped}.items():
        name = "x".join(map(str, sizes)) + "".join(f"_m{count}" for count in knots)
        title = f"sd_vs_best_gaussian_{name}_k{bound}"
        rows.append(row(title, ratio, "ratio", f"all tables of up to {ways} dimensions"))
    for count in (5,) if quick else (5, 11, 21):
        for name, ratio in against_even(count).items():
            title = f"even_over_shaped_{name}_{count}_knots"
            rows.append(row(title, ratio, "ratio", "sd of even noise over that of shaped noise"))
    return rows
