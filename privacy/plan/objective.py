"""What a noise plan makes small: the errors of counts, sums and spreads, with their weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import WorkloadError
from privacy.plan.workload import Marginal, Workload, cells
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
#: Along one axis: the share of a residual's variance that reaches a statistic where the residual
#: has the axis, and where it does not.
Factors = tuple[float, float]


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
    counts, sums, spreads : float
        Weights, >= 0, of a table's counts, of its sums (in units of their measure's range) and of
        the masses near each knot of a measure with more than two knots. With `counts` 0 a plan is
        as good for sums as noise on plain sums is, with `sums` 0 as good as plain counts. By
        default counts and sums gain alike beside an even split of the budget
        (docs/benchmarks/release.md).
    """

    aim: Aim = Aim.VARIANCE
    counts: float = 1.0
    sums: float = 0.7
    spreads: float = 1.0

    def __post_init__(self) -> None:
        weights = (self.counts, self.sums, self.spreads)
        if not all(0 <= weight < float("inf") for weight in weights) or not any(weights):
            raise WorkloadError("Weights of an objective must be finite and >= 0, not all 0")

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "aim": self.aim.value,
            "counts": self.counts,
            "sums": self.sums,
            "spreads": self.spreads,
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
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WorkloadError(f"Not an objective: {error}") from error


@dataclass(frozen=True)
class Statistic:
    """One kind of figure of one table, equal in variance for all its cells.

    Parameters
    ----------
    weight : float
        > 0.
    share : float
        The part of all people in one cell, were they spread evenly: 1 / hard cells.
    factors : mapping of axis to Factors
        For every axis of the table.
    """

    weight: float
    share: float
    factors: Mapping[str, Factors]

    def reach(self, subset: Marginal) -> float:
        """Return the share of the residual's variance that reaches the statistic."""
        if not set(subset) <= set(self.factors):
            return 0.0
        total = 1.0
        for axis, (inside, outside) in self.factors.items():
            total *= inside if axis in subset else outside
        return total


def statistics(schema: CubeSchema, workload: Workload, objective: Objective) -> list[Statistic]:
    """List what is asked of a workload: each count, sum and spread once, with its weight.

    A table with measures is asked for the sums (of products, where there are several), and for
    the count and the sums of fewer of its measures where no other table gives them.
    """
    listed = set(workload.marginals)
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
                factors = base | {axis: _moment(schema, axis, axis in part) for axis in soft}
                own = weight * (objective.sums if part else objective.counts)
                found.append(Statistic(own, share, factors))
        if any(schema.size(axis) > 2 for axis in soft):
            factors = base | {axis: _cell(schema.size(axis)) for axis in soft}
            found.append(Statistic(weight * objective.spreads, share, factors))
    asked = [statistic for statistic in found if statistic.weight > 0]
    if not asked:
        raise WorkloadError("The objective asks for nothing that these tables have")
    return asked


def reaches(asked: list[Statistic], closure: tuple[Marginal, ...]) -> Vector:
    """Return how much of each residual's variance reaches each statistic: (n_asked, n_closure)."""
    return np.array([[one.reach(subset) for subset in closure] for one in asked])


def _cell(size: int) -> Factors:
    return (size - 1) / size, 1 / size**2


def _moment(schema: CubeSchema, axis: str, weighted: bool) -> Factors:
    """Factors of "all knots" (a count) or of "knots, in units of the range" (a sum)."""
    if not weighted:
        return 0.0, 1.0
    knots = np.array([float(knot) for knot in schema.measure(axis).knots])
    knots /= knots[-1] - knots[0]
    return float(((knots - knots.mean()) ** 2).sum()), float(knots.mean() ** 2)
