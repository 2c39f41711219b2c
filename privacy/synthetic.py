"""Synthetic rows that agree with released tables: post-processing, so it costs no privacy.

The one door to mbi and to jax, on which it is built. Rows describe no person: they are drawn from
the most even distribution that fits the tables, so that only those tables are right in them, and
only to within their noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod, sqrt
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

# Before mbi is loaded: it warns otherwise. Sixty-four bits, because contributions may be many.
for setting, wanted in (
    ("jax_platforms", "cpu"),
    ("jax_enable_x64", True),
    ("jax_enable_compilation_cache", False),
):
    jax.config.update(setting, wanted)  # type: ignore[no-untyped-call]

import mbi  # noqa: E402
from mbi.junction_tree import make_junction_tree, maximal_cliques  # noqa: E402

from privacy.errors import PlanError  # noqa: E402
from privacy.schema import CubeSchema  # noqa: E402
from privacy.spreading import between_knots, dealt_out  # noqa: E402
from privacy.tables import Table  # noqa: E402
from privacy.workload import Marginal, cells  # noqa: E402

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Progress = Callable[[int], None]

MAX_ROWS = 200_000
#: Cells of the largest model: some seconds for fifty steps, some tens of megabytes.
MAX_MODEL_CELLS = 1_000_000
STEPS = 2000
#: Fifty steps that improve the fit by less than this part of it are the last but fifty.
ENOUGH = 1e-6


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
    model_cells: int = MAX_MODEL_CELLS,
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
    model_cells : int
        The largest model, in cells; tables beyond it are left out, large ones first.
    on_progress : callable
        Told percents.

    Raises
    ------
    PlanError
        Without tables, or where even single columns need a larger model.

    References
    ----------
    McKenna, Sheldon, Miklau (2019), Graphical-model based estimation and inference for
    differential privacy, arXiv 1901.09136: section 3, algorithm 1 (mirror descent).
    """
    if not tables:
        raise PlanError("Synthetic rows need at least one table")
    schema = tables[0].plan.schema
    used = {axis for table in tables for axis in table.marginal}
    axes = tuple(axis for axis in schema.axes if axis in used)
    finest = min(tables, key=lambda table: table.tier.variance_factor)
    total = max(0, round(float(finest.contributions().sum())))
    count = min(total if rows is None else rows, MAX_ROWS) if total else 0
    chosen, left_out = _choose(largest(tables), _Size(schema, axes, model_cells))
    generator = np.random.default_rng(seed)
    positions = np.zeros((count, len(axes)), np.int64)
    units = np.zeros((count, len(axes)), np.int64)
    if count:
        model = _fit(schema, axes, _measurements(axes, chosen, tables), total, on_progress)
        positions = _draw(model, count, generator)
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


@dataclass(frozen=True)
class _Size:
    """How large the model of some tables would be."""

    schema: CubeSchema
    axes: Marginal
    limit: int

    def fits(self, marginals: Sequence[Marginal]) -> bool:
        cliques = _cliques(self.axes, [*marginals, *((axis,) for axis in self.axes)])
        tree, _ = make_junction_tree(_domain(self.schema, self.axes), cliques)
        sizes = (
            cells(self.schema, tuple(self.axes[i] for i in clique))
            for clique in maximal_cliques(tree)
        )
        return sum(sizes) <= self.limit


def _choose(tables: Sequence[Table], size: _Size) -> tuple[list[Table], list[Table]]:
    """Take tables, small ones first, as long as the model does not become too large."""
    if not size.fits([]):
        raise PlanError("These columns are too many for one model: choose fewer tables")
    chosen: list[Table] = []
    left_out: list[Table] = []
    for table in tables:
        together = [*(one.marginal for one in chosen), table.marginal]
        (chosen if size.fits(together) else left_out).append(table)
    return chosen, left_out


@dataclass(frozen=True)
class _Residual:
    """What remains of a table when the mean along each axis is removed: H_A."""

    def __call__(self, factor: Any) -> Any:
        return _without_means(factor.datavector(flatten=False)).ravel()

    def op_norm_sq(self) -> float:
        return 1.0


def _measurements(axes: Marginal, chosen: Sequence[Table], tables: Sequence[Table]) -> list[Any]:
    """Say what was measured and how exactly: the residuals, whose noises do not hang together.

    A table's cells share noise, so that its totals are known far better than they would be if
    each cell had noise of its own; least squares on its residuals weighs all of that rightly.
    """
    subsets = {(axis,) for axis in axes} | {
        subset
        for table in chosen
        for size in range(1, len(table.marginal) + 1)
        for subset in combinations(table.marginal, size)
    }
    found = []
    for subset in sorted(subsets, key=lambda subset: (len(subset), subset)):
        table = min(
            (table for table in tables if set(subset) <= set(table.marginal)),
            key=lambda table: table.tier.variance_factor,
        )
        others = tuple(i for i, axis in enumerate(table.marginal) if axis not in subset)
        variance = table.plan.residual_variance(subset) * table.tier.variance_factor
        residual = _without_means(np.asarray(table.masses.sum(axis=others))).ravel()
        (clique,) = _cliques(axes, [subset])
        found.append(mbi.LinearMeasurement(residual, clique, sqrt(variance), _Residual()))
    return found


def _without_means(array: Any) -> Any:
    for axis in range(array.ndim):
        array = array - array.mean(axis=axis, keepdims=True)
    return array


def _fit(
    schema: CubeSchema, axes: Marginal, measurements: list[Any], total: int, on_progress: Progress
) -> Any:
    """Estimate the distribution: least squares, each part weighed by its noise."""
    steps = iter(range(1, STEPS))

    def told(_: Any) -> None:
        on_progress(min(80, 5 + next(steps) * 4000 // STEPS))

    return mbi.estimation.MirrorDescent().estimate(
        _domain(schema, axes),
        measurements,
        known_total=float(total),
        iters=STEPS,
        callback_fn=told,
        tol=ENOUGH,
    )


def _draw(model: Any, count: int, generator: np.random.Generator) -> Whole:
    """Draw rows from the model, clique by clique of its junction tree.

    mbi has a sampler too, but it draws from the generator that all of numpy shares, which must
    not be seeded in a process that may have other work.
    """
    shape: tuple[int, ...] = model.domain.shape
    rows = np.zeros((count, len(shape)), np.int64)
    tree, _ = make_junction_tree(model.domain, [tuple(clique) for clique in model.cliques])
    known: set[int] = set()
    for clique in maximal_cliques(tree):
        given = tuple(axis for axis in clique if axis in known)
        new = tuple(axis for axis in clique if axis not in known)
        sizes = [shape[axis] for axis in given], [shape[axis] for axis in new]
        joint = np.asarray(model.project((*given, *new)).datavector(flatten=False), np.float64)
        groups = _raveled(rows[:, given], sizes[0])
        drawn = dealt_out(joint.reshape(prod(sizes[0]), prod(sizes[1])), groups, generator)
        for axis, column in zip(new, np.unravel_index(drawn, sizes[1]), strict=True):
            rows[:, axis] = column
        known |= set(new)
    return rows


def _values(
    schema: CubeSchema,
    axes: Marginal,
    fitted: Sequence[Marginal],
    positions: Whole,
    generator: np.random.Generator,
) -> Whole:
    """Put a value on each row's measures; groups are what a fitted table shows it with."""
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


def _domain(schema: CubeSchema, axes: Marginal) -> Any:
    # Columns go by number: the order of sets of texts changes from one process to the next.
    return mbi.Domain(range(len(axes)), [schema.size(axis) for axis in axes])


def _cliques(axes: Marginal, marginals: Sequence[Marginal]) -> list[tuple[int, ...]]:
    return [tuple(axes.index(axis) for axis in marginal) for marginal in marginals]


def _raveled(columns: Whole, sizes: Sequence[int]) -> Whole:
    place = np.zeros(len(columns), np.int64)
    for column, size in zip(columns.T, sizes, strict=True):
        place = place * size + column
    return place
