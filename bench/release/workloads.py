"""What is asked of every library, and the exact answers."""

from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.release.data import (
    CENTS,
    CUBE_KEYS,
    CUBE_MEASURES,
    CUBE_SIZE,
    CUBE_TOP,
    DAYS,
    PLACES,
    Columns,
)

Floats = npt.NDArray[np.float64]

EPSILON = 1.0
DELTA = 1e-6


@dataclass(frozen=True, eq=False)
class Question:
    """Tables with the same statistics in each.

    Parameters
    ----------
    name : str
    keys : dict of str to int
        Every key of the data that is asked about, with the size of its domain.
    tables : tuple of tuple of str
        The keys of each table.
    measures : dict of str to int
        Upper bound of each measure in its smallest unit; the lower is 0.
    units : int
        Smallest units in one unit, such as cents in a euro.
    means : bool
        Whether means are asked for as well as counts and sums.
    rows_per_cell : int or None
        Most rows of a person in one cell of a table; None where only the contribution bound
        limits them.
    """

    name: str
    keys: dict[str, int]
    tables: tuple[tuple[str, ...], ...]
    measures: dict[str, int]
    units: int
    means: bool
    rows_per_cell: int | None

    @property
    def statistics(self) -> tuple[str, ...]:
        """Names as results are filed: `count`, `sum:paid`, `mean:paid`."""
        kinds = ("sum", "mean") if self.means else ("sum",)
        return ("count", *(f"{kind}:{name}" for kind in kinds for name in self.measures))

    def scale(self, statistic: str) -> float:
        """Return what an error in smallest units is divided by: 1 for counts, else `units`."""
        if statistic == "count":
            return 1.0
        return float(self.units)

    def job(self, file: str, bound: int, runs: int, rho: float) -> dict[str, Any]:
        """Write the question down for another process."""
        return {
            "name": self.name,
            "file": file,
            "tables": [
                {"keys": list(table), "sizes": [self.keys[key] for key in table]}
                for table in self.tables
            ],
            "measures": self.measures,
            "bound": bound,
            "rows_per_cell": self.rows_per_cell or bound,
            "runs": runs,
            "epsilon": EPSILON,
            "delta": DELTA,
            "rho": rho,
        }

    def truth(self, rows: Columns) -> dict[str, Floats]:
        """Compute the exact answers, without any contribution bound, measures clamped."""
        parts: dict[str, list[npt.NDArray[Any]]] = {statistic: [] for statistic in self.statistics}
        for table in self.tables:
            sizes = tuple(self.keys[key] for key in table)
            cell = np.zeros(len(rows["person"]), dtype=np.int64)
            for key, size in zip(table, sizes, strict=True):
                cell = cell * size + rows[key]
            count = np.bincount(cell, minlength=prod(sizes)).astype(float)
            parts["count"].append(count)
            for measure, top in self.measures.items():
                values = np.clip(rows[measure], 0, top)
                total = np.bincount(cell, weights=values, minlength=prod(sizes))
                parts[f"sum:{measure}"].append(total)
                if self.means:
                    parts[f"mean:{measure}"].append(total / count)
        return {statistic: np.concatenate(part) for statistic, part in parts.items()}


def mean_of(total: Floats, count: Floats, top: int) -> Floats:
    """Divide as a reader would: a count below one is taken for one, the mean kept in bounds."""
    return np.clip(total / np.maximum(count, 1.0), 0, top)


COUNT_BY_ONE = Question("count_by_one", {"slot": DAYS}, (("slot",),), {}, 100, False, 1)
MONEY_BY_ONE = Question("money_by_one", {"slot": DAYS}, (("slot",),), {"paid": CENTS}, 100, True, 1)
MONEY_BY_TWO = Question(
    "money_by_two",
    {"slot": DAYS, "place": PLACES},
    (("slot", "place"),),
    {"paid": CENTS},
    100,
    True,
    1,
)
SIMPLE = (COUNT_BY_ONE, MONEY_BY_ONE, MONEY_BY_TWO)
CUBE = Question(
    "cube",
    dict.fromkeys(CUBE_KEYS, CUBE_SIZE),
    tuple(subset for size in range(3) for subset in combinations(CUBE_KEYS, size)),
    dict.fromkeys(CUBE_MEASURES, CUBE_TOP),
    CUBE_TOP,
    False,
    None,
)
