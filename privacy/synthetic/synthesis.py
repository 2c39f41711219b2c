"""Draw synthetic rows that agree with released tables; this costs no privacy.

Rows describe no person: they are drawn from the most even distribution that fits the tables. Only
those tables are right in them, and only to within their noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.plan.workload import Marginal
from privacy.schema import CubeSchema
from privacy.synthetic.fitting import STEPS, check_installed, draw, fit, model_cells
from privacy.synthetic.spreading import between_knots
from privacy.tables.table import Table

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Progress = Callable[[int], None]

MAX_ROWS = 200_000
#: Cells of the largest model: it takes half a minute and some hundred megabytes.
MAX_MODEL_CELLS = 1_000_000


@dataclass(frozen=True, eq=False)
class SyntheticRows:
    """Rows, and what they were fitted to.

    Parameters
    ----------
    schema : CubeSchema
    axes : Marginal
        Their columns, in the schema's order.
    positions : (n, n_axes) int64
        Along each dimension the position of the value; along a measure that of a knot, near
        which the value lies.
    units : (n, n_axes) int64
        Along each measure the value, in multiples of its resolution; 0 along dimensions.
    total : int
        Contributions that all rows together stand for, >= 0.
    fitted, left_out : tuple of (Marginal, str)
        Tables (with their tier) that the model was fitted to, or could not be: it would have
        become too large.
    """

    schema: CubeSchema
    axes: Marginal
    positions: Whole
    units: Whole
    total: int
    fitted: tuple[tuple[Marginal, str], ...]
    left_out: tuple[tuple[Marginal, str], ...]

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def weight(self) -> float:
        """Contributions that one row stands for: 1 unless there would be too many rows."""
        return self.total / len(self) if len(self) else 1.0

    def masses(self, marginal: Marginal) -> Floats:
        """Count the rows as a release counts contributions: each measure's mass at two knots.

        Returns
        -------
        (d_1, ..., d_n) float64
            In contributions.
        """
        shape = tuple(self.schema.size(axis) for axis in marginal)
        places, weights, copies = np.zeros(len(self), np.int64), np.full(len(self), self.weight), 1
        for axis, size in zip(marginal, shape, strict=True):
            column = self.axes.index(axis)
            if axis in self.schema.hard:
                places = places * size + np.tile(self.positions[:, column], copies)
                continue
            knots = np.array(self.schema.measure(axis).knot_units)
            values = np.tile(self.units[:, column], copies)
            left = np.clip(np.searchsorted(knots, values, side="right") - 1, 0, size - 2)
            right = (values - knots[left]) / (knots[left + 1] - knots[left])
            places = np.concatenate([places * size + left, places * size + left + 1])
            weights = np.concatenate([weights * (1 - right), weights * right])
            copies *= 2
        return np.asarray(np.bincount(places, weights, prod(shape)), np.float64).reshape(shape)


def synthesise(
    tables: Sequence[Table],
    seed: int,
    *,
    rows: int | None = None,
    limit: int = MAX_MODEL_CELLS,
    on_progress: Progress = lambda percent: None,
) -> SyntheticRows:
    """Draw rows that agree with some tables of one release.

    The same tables and seed give the same rows. The seed may be known to everybody: what is drawn
    here protects nobody, the noise in the tables does, and it was drawn before.

    Parameters
    ----------
    tables : sequence of Table
        Of one release, any tiers; at least one.
    seed : int
        >= 0.
    rows : int, optional
        How many; by default the contributions that the finest tables count. Never more than
        `MAX_ROWS`, and none where the tables count none.
    limit : int
        The largest model, in cells; tables beyond it are left out, large ones first.
    on_progress : callable
        Called with a percentage, 0 to 100.

    Raises
    ------
    PlanError
        Without tables, or where even single columns need a larger model.
    NotInstalled
        Without mbi and jax, which are optional.

    References
    ----------
    McKenna, Sheldon, Miklau (2019), Graphical-model based estimation and inference for
    differential privacy, arXiv 1901.09136: section 3, algorithm 1 (mirror descent).
    """
    check_installed()
    if not tables:
        raise PlanError("Synthetic rows need at least one table")
    schema = tables[0].plan.schema
    used = {axis for table in tables for axis in table.marginal}
    axes = tuple(axis for axis in schema.axes if axis in used)
    finest = min(tables, key=lambda table: table.tier.variance_factor)
    total = max(0, round(float(finest.contributions().sum())))
    count = min(total if rows is None else rows, MAX_ROWS) if total else 0
    chosen, left_out = _choose(schema, axes, largest(tables), limit)
    generator = np.random.default_rng(seed)
    positions = np.zeros((count, len(axes)), np.int64)
    units = np.zeros((count, len(axes)), np.int64)
    if count:
        model = fit(axes, chosen, tables, total, lambda n: on_progress(5 + 85 * n // STEPS))
        positions = draw(model, count, generator)
        on_progress(95)
        units = _values(schema, axes, [table.marginal for table in chosen], positions, generator)
    on_progress(100)
    fitted = tuple((table.marginal, table.tier.name) for table in chosen)
    rest = tuple((table.marginal, table.tier.name) for table in left_out)
    return SyntheticRows(schema, axes, positions, units, total, fitted, rest)


def largest(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Leave out tables that another one, at least as fine, holds: small ones first."""

    def within(one: Table, other: Table) -> bool:
        finer = other.tier.variance_factor < one.tier.variance_factor
        same = other.tier == one.tier
        inside = set(one.marginal) <= set(other.marginal)
        return inside and (finer or (same and one.marginal != other.marginal))

    kept = [one for one in tables if not any(within(one, other) for other in tables)]
    by_place = {(table.marginal, table.tier): table for table in kept}
    size = {place: table.masses.size for place, table in by_place.items()}
    return tuple(by_place[place] for place in sorted(by_place, key=lambda p: (size[p], p[0])))


def _choose(
    schema: CubeSchema, axes: Marginal, tables: Sequence[Table], limit: int
) -> tuple[list[Table], list[Table]]:
    """Take tables, small ones first, as long as the model does not become too large."""
    if model_cells(schema, axes, []) > limit:
        raise PlanError("These columns are too many for one model: choose fewer tables")
    chosen: list[Table] = []
    left_out: list[Table] = []
    for table in tables:
        together = [*(one.marginal for one in chosen), table.marginal]
        fits = model_cells(schema, axes, together) <= limit
        (chosen if fits else left_out).append(table)
    return chosen, left_out


def _values(
    schema: CubeSchema,
    axes: Marginal,
    fitted: Sequence[Marginal],
    positions: Whole,
    generator: np.random.Generator,
) -> Whole:
    """Give each row a value of each measure.

    Values are chosen within groups of rows that are alike in all columns which a fitted table
    shows beside the measure.
    """
    units = np.zeros_like(positions)
    for column, axis in enumerate(axes):
        if axis in schema.soft:
            beside = {a for marginal in fitted if axis in marginal for a in marginal} - {axis}
            others = [i for i, other in enumerate(axes) if other in beside]
            _, groups = np.unique(positions[:, others], axis=0, return_inverse=True)
            knots = np.array(schema.measure(axis).knot_units)
            units[:, column] = between_knots(
                positions[:, column], groups.reshape(-1), knots, generator
            )
    return units
