"""The parts of a cube that get noise of their own: residuals, or contrasts of a measure in them.

Along a measure with many knots some contrasts matter more than others: sums need one of them, and
distribution functions the slow ones more than the quick ones. There each contrast has noise of its
own; elsewhere a residual has the same noise all along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import lcm
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.plan.workload import Marginal

Exact = npt.NDArray[np.object_]
Vector = npt.NDArray[np.float64]
Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Part:
    """What is measured of one set of axes.

    Parameters
    ----------
    axes : Marginal
        Along these the means are removed.
    measure : str, optional
        A measure of which one contrast is measured.
    contrast : int
        Which; -1 without a measure.
    """

    axes: Marginal
    measure: str | None = None
    contrast: int = -1

    @property
    def subset(self) -> Marginal:
        """The table that it is taken from."""
        return self.axes if self.measure is None else (*self.axes, self.measure)


@dataclass(frozen=True)
class Contrasts:
    """Whole-numbered contrasts of a measure's knots, which with the total tell every knot's mass.

    Parameters
    ----------
    measure : str
    rows : tuple of tuple of int
        (m - 1, m): what the masses near m knots are weighted by. They need not add up to 0.

    Raises
    ------
    PlanError
        Where the total and these do not tell all masses.
    """

    measure: str
    rows: Rows

    def __post_init__(self) -> None:
        if {len(row) for row in self.rows} != {len(self.rows) + 1}:
            raise PlanError("A measure of m knots has m - 1 contrasts")
        _ = self.spread

    @property
    def spread(self) -> tuple[Exact, int]:
        """The inverse of (1, rows): how total and contrasts are spread over the knots.

        Returns
        -------
        tuple of (Exact, int)
            (m, m), one column for the total and one for each contrast, over a denominator.
        """
        return _inverse(((1,) * (len(self.rows) + 1), *self.rows))

    @cached_property
    def spread_floats(self) -> Vector:
        """`spread` as floats: (m, m)."""
        numerators, denominator = self.spread
        return np.array(
            [[int(n) / denominator for n in row] for row in numerators.tolist()], dtype=float
        )

    @cached_property
    def rows_floats(self) -> Vector:
        """The contrasts' weights: (m - 1, m) float64."""
        return np.array(self.rows, dtype=float)

    def of(self, masses: Exact, contrast: int) -> Exact:
        """Take one contrast of masses whose last axis is the measure."""
        weighted = masses * np.array(self.rows[contrast], dtype=object)
        return np.asarray(weighted.sum(axis=-1), dtype=object)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {"measure": self.measure, "rows": [list(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        PlanError, KeyError, TypeError, ValueError
            Where they are none.
        """
        return cls(str(data["measure"]), tuple(tuple(int(n) for n in row) for row in data["rows"]))


def parts_of(
    closure: tuple[Marginal, ...], contrasts: Sequence[Contrasts] = ()
) -> tuple[Part, ...]:
    """List the parts of a closure, in its order.

    Parameters
    ----------
    closure : tuple of Marginal
    contrasts : sequence of Contrasts
        Of measures that stand in no table together with another measure.
    """
    shaped = {one.measure: len(one.rows) for one in contrasts}
    found: list[Part] = []
    for subset in closure:
        if subset and subset[-1] in shaped:
            *axes, measure = subset
            found += [Part(tuple(axes), measure, row) for row in range(shaped[measure])]
        else:
            found.append(Part(subset))
    return tuple(found)


@lru_cache(maxsize=256)
def _inverse(rows: Rows) -> tuple[Exact, int]:
    """Invert a matrix of whole numbers, exactly.

    Raises
    ------
    PlanError
        Where it has no inverse.

    References
    ----------
    Bareiss (1968), Sylvester's Identity and Multistep Integer-Preserving Gaussian Elimination.
    """
    size = len(rows)
    table = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(rows)]
    last = 1
    for pivot in range(size):
        swap = next((i for i in range(pivot, size) if table[i][pivot]), None)
        if swap is None:
            raise PlanError("These contrasts do not tell all masses")
        table[pivot], table[swap] = table[swap], table[pivot]
        head = table[pivot]
        for i in range(size):
            if i != pivot:
                own = table[i]
                table[i] = [
                    (head[pivot] * a - own[pivot] * b) // last
                    for a, b in zip(own, head, strict=True)
                ]
        last = head[pivot]
    # Every row is now a multiple of its unit vector.
    scale = lcm(*(table[i][i] for i in range(size)))
    numerators = np.array(
        [[n * (scale // table[i][i]) for n in table[i][size:]] for i in range(size)], dtype=object
    )
    return numerators, scale
