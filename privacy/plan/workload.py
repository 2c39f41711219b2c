"""The tables that are asked of a cube."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any, Self

from privacy.errors import WorkloadError
from privacy.schema import CubeSchema

Marginal = tuple[str, ...]
"""Names of the axes of a table, in schema order; `()` is the total."""

MAX_CELLS = 1_000_000


@dataclass(frozen=True)
class Workload:
    """Marginals asked for, each with the weight of its cell variance in the plan.

    Parameters
    ----------
    marginals : tuple of Marginal
        Distinct; each a tuple of axis names in schema order.
    weights : tuple of float
        One per marginal, > 0. Only their ratios matter.
    """

    marginals: tuple[Marginal, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.marginals) != len(self.weights):
            raise WorkloadError("Each marginal needs one weight")
        if len(set(self.marginals)) != len(self.marginals) or not self.marginals:
            raise WorkloadError("A workload is a list of distinct marginals, at least one")
        if not all(0 < weight < float("inf") for weight in self.weights):
            raise WorkloadError("Weights must be positive and finite")

    def closure(self) -> tuple[Marginal, ...]:
        """Return all subsets of all marginals, `()` first, then by size and name."""
        subsets = {()} | {
            subset
            for marginal in self.marginals
            for size in range(len(marginal) + 1)
            for subset in combinations(marginal, size)
        }
        return tuple(sorted(subsets, key=lambda subset: (len(subset), subset)))

    def check(self, schema: CubeSchema) -> None:
        """Refuse tables that the schema cannot give.

        Raises
        ------
        WorkloadError
            For an unknown axis, axes out of order or too many cells in all.
        """
        order = {axis: position for position, axis in enumerate(schema.axes)}
        for marginal in self.marginals:
            if any(axis not in order for axis in marginal):
                raise WorkloadError(f"The schema lacks an axis of {marginal}")
            positions = [order[axis] for axis in marginal]
            if positions != sorted(set(positions)):
                raise WorkloadError(f"Axes of {marginal} must follow the schema's order")
        if sum(cells(schema, marginal) for marginal in self.closure()) > MAX_CELLS:
            raise WorkloadError(f"These tables have more than {MAX_CELLS} cells in all")

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "marginals": [list(marginal) for marginal in self.marginals],
            "weights": list(self.weights),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        WorkloadError
            Where it is not a workload.
        """
        try:
            return cls(
                tuple(tuple(marginal) for marginal in data["marginals"]),
                tuple(float(weight) for weight in data["weights"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WorkloadError(f"Not a workload: {error}") from error


def cells(schema: CubeSchema, marginal: Marginal) -> int:
    """Count the cells of a marginal, knots of measures included."""
    return prod(schema.size(axis) for axis in marginal)


def default_workload(schema: CubeSchema, ways: int = 2) -> Workload:
    """Ask for all tables of up to `ways` dimensions, plain and with each one measure."""
    hard = [
        subset
        for size in range(min(ways, len(schema.hard)) + 1)
        for subset in combinations(schema.hard, size)
    ]
    marginals = tuple(
        (*subset, *measure) for subset in hard for measure in ((), *((m,) for m in schema.soft))
    )
    return Workload(marginals, (1.0,) * len(marginals))
