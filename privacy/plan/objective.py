"""What a noise plan makes small: the errors of counts, sums and spreads, with their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import sqrt
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import WorkloadError
from privacy.plan.parts import Contrasts, Part
from privacy.plan.workload import Workload, cells
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
#: Along one axis: the share of a part's variance that reaches a statistic where the part lacks the
#: axis, where it has it, or for each contrast of it.
Factors = tuple[float, ...]


class Aim(StrEnum):
    """How the errors of many statistics become one number."""

    VARIANCE = "variance"
    RELATIVE = "relative"


@dataclass(frozen=True)
class Objective:
    """Which errors a plan makes small; made of public facts alone.

    Parameters
    ----------
    aim : Aim
        `VARIANCE`: the weighted sum over tables of the variance of one cell. `RELATIVE`: the
        largest relative error of any table, were people spread evenly over its cells.
    counts, sums, spreads, levels : float
        Weights, >= 0, of a table's counts, of its sums (in units of their measure's range) and,
        of a measure with more than two knots, of the masses near each knot and of those up to
        each. With `counts` 0 a plan is as good for sums as noise on plain sums is, with `sums` 0
        as good as plain counts. By default counts and sums gain alike beside an even split of the
        budget, and quartiles more than single knots (docs/benchmarks/release.md).
    """

    aim: Aim = Aim.VARIANCE
    counts: float = 1.0
    sums: float = 0.7
    spreads: float = 0.5
    levels: float = 1.0

    def __post_init__(self) -> None:
        weights = (self.counts, self.sums, self.spreads, self.levels)
        if not all(0 <= weight < float("inf") for weight in weights) or not any(weights):
            raise WorkloadError("Weights of an objective must be finite and >= 0, not all 0")

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "aim": self.aim.value,
            "counts": self.counts,
            "sums": self.sums,
            "spreads": self.spreads,
            # Plans of before had none, and are written as they were.
            **({"levels": self.levels} if self.levels else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        WorkloadError
            Where it is not an objective.
        """
        try:
            return cls(
                Aim(data["aim"]),
                float(data["counts"]),
                float(data["sums"]),
                float(data["spreads"]),
                float(data.get("levels", 0.0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WorkloadError(f"Not an objective: {error}") from error


#: Of plans that were stored before they said what they make small.
FIRST = Objective(spreads=1.0, levels=0.0)


@dataclass(frozen=True)
class Statistic:
    """One kind of figure of one table, in the mean over its knots equal for all its cells.

    Parameters
    ----------
    weight : float
        > 0.
    share : float
        The part of all people in one cell, were they spread evenly: 1 / hard cells.
    factors : mapping of axis to Factors
        For every axis of the table.
    functionals : mapping of measure to (n, d_i) float64
        What is asked along each measure of the table; their squares add up to the statistic's.
    """

    weight: float
    share: float
    factors: Mapping[str, Factors]
    functionals: Mapping[str, Vector]

    def reach(self, part: Part) -> float:
        """Return the share of the part's variance that reaches the statistic."""
        if not set(part.subset) <= set(self.factors):
            return 0.0
        total = 1.0
        for axis, factors in self.factors.items():
            at = part.contrast + 1 if axis == part.measure else int(axis in part.axes)
            total *= factors[at]
        return total


def statistics(
    schema: CubeSchema,
    workload: Workload,
    objective: Objective,
    contrasts: Sequence[Contrasts] = (),
) -> list[Statistic]:
    """List what is asked of a workload: each count, sum and spread once, with its weight.

    A table with measures is asked for the sums (of products, where there are several), and for
    the count and the sums of fewer of its measures where no other table gives them.
    """
    listed = set(workload.marginals)
    seen = {one.measure: one.spread_floats for one in contrasts}
    found: list[Statistic] = []
    for marginal, weight in zip(workload.marginals, workload.weights, strict=True):
        hard = tuple(axis for axis in marginal if axis in schema.hard)
        soft = tuple(axis for axis in marginal if axis in schema.soft)
        base = {axis: _cell(schema.size(axis)) for axis in hard}
        share = 1 / cells(schema, hard)
        for size in range(len(soft) + 1):
            for part in combinations(soft, size):
                if part != soft and (*hard, *part) in listed:
                    continue
                along = {axis: _moment(schema, axis, axis in part) for axis in soft}
                own = weight * (objective.sums if part else objective.counts)
                factors = base | {axis: _along(along[axis], seen.get(axis)) for axis in soft}
                found.append(Statistic(own, share, factors, along))
        if any(schema.size(axis) > 2 for axis in soft):
            for own, kind in ((objective.spreads, _masses), (objective.levels, _levels)):
                along = {axis: kind(schema.size(axis)) for axis in soft}
                factors = base | {axis: _along(along[axis], seen.get(axis)) for axis in soft}
                found.append(Statistic(weight * own, share, factors, along))
    kept = [statistic for statistic in found if statistic.weight > 0]
    if not kept:
        raise WorkloadError("The objective asks for nothing that these tables have")
    return kept


def functionals(
    schema: CubeSchema, measure: str, objective: Objective
) -> list[tuple[float, Vector]]:
    """List what is asked along one measure, each with its weight: (n, m) float64."""
    size = schema.size(measure)
    return [
        (objective.counts, _moment(schema, measure, weighted=False)),
        (objective.sums, _moment(schema, measure, weighted=True)),
        (objective.spreads, _masses(size)),
        (objective.levels, _levels(size)),
    ]


def reaches(asked: list[Statistic], parts: tuple[Part, ...]) -> Vector:
    """Return how much of each part's variance reaches each statistic: (n_asked, n_parts)."""
    return np.array([[one.reach(part) for part in parts] for one in asked])


def _cell(size: int) -> Factors:
    return 1 / size**2, (size - 1) / size


def _along(functionals: Vector, spread: Vector | None) -> Factors:
    """Say how much of each part's variance reaches some functionals of a measure."""
    if spread is not None:
        return tuple(((functionals @ spread) ** 2).sum(axis=0).tolist())
    means = functionals.mean(axis=1, keepdims=True)
    return float((means**2).sum()), float(((functionals - means) ** 2).sum())


def _moment(schema: CubeSchema, axis: str, weighted: bool) -> Vector:
    """Return "all knots" (a count) or "knots, in units of the range" (a sum): (1, m)."""
    knots = np.array([[float(knot) for knot in schema.measure(axis).knots]])
    return knots / (knots[0, -1] - knots[0, 0]) if weighted else np.ones(knots.shape)


def _masses(size: int) -> Vector:
    """Return the mass near each knot, for the mean of their squares: (m, m)."""
    return np.asarray(np.eye(size) / sqrt(size))


def _levels(size: int) -> Vector:
    """Return the mass up to each knot but the last, for the mean of their squares: (m - 1, m)."""
    return np.asarray(np.tril(np.ones((size, size)))[:-1] / sqrt(size - 1))
