"""Fit a distribution to released tables, and draw rows from it.

The only module that imports mbi and jax, which are optional (extra `synthetic`): without them it
can be imported all the same, and its functions say that they are missing.

References
----------
McKenna, Sheldon, Miklau (2019), Graphical-model based estimation and inference for differential
privacy, arXiv 1901.09136: section 3, algorithm 1 (mirror descent).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from math import prod, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from privacy.errors import NotInstalled
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.parts import Part, parts_of
from privacy.plan.workload import Marginal, cells
from privacy.schema import CubeSchema
from privacy.synthetic.spreading import assigned
from privacy.tables.table import Table

try:
    import jax

    # Set before mbi is loaded, which warns otherwise. 64 bits, because contributions may be many.
    for setting, wanted in (
        ("jax_platforms", "cpu"),
        ("jax_enable_x64", True),
        ("jax_enable_compilation_cache", False),
    ):
        jax.config.update(setting, wanted)  # type: ignore[no-untyped-call]

    import mbi
    from mbi.junction_tree import make_junction_tree, maximal_cliques
except ModuleNotFoundError as error:
    _MISSING: str | None = error.name
else:
    _MISSING = None

Whole = npt.NDArray[np.int64]

STEPS = 2000
#: mbi calls back each time this many steps are done.
EVERY = 50
#: The fit ends once blocks of `EVERY` steps make its loss smaller by at most this part of it.
ENOUGH = 1e-6


def check_installed() -> None:
    """Refuse to begin where mbi or jax is missing.

    Raises
    ------
    NotInstalled
    """
    if _MISSING is not None:
        raise NotInstalled(
            f"Synthetic rows need the extra `synthetic`: the package {_MISSING} is missing"
        )


def model_cells(schema: CubeSchema, axes: Marginal, marginals: Sequence[Marginal]) -> int:
    """Count the cells of the junction tree of a model that holds these tables."""
    cliques = _cliques(axes, [*marginals, *((axis,) for axis in axes)])
    tree, _ = make_junction_tree(_domain(schema, axes), cliques)
    return sum(
        cells(schema, tuple(axes[position] for position in clique))
        for clique in maximal_cliques(tree)
    )


@dataclass(frozen=True)
class _Residual:
    """A query of mbi: a table less its mean along each axis, H_A, or a contrast of its last axis.

    Parameters
    ----------
    weights : tuple of float, or None
        Of the contrast.
    """

    weights: tuple[float, ...] | None

    def __call__(self, factor: Any) -> Any:
        return self.of(factor.datavector(flatten=False))

    def of(self, masses: Any) -> Any:
        if self.weights is not None:
            masses = masses @ np.array(self.weights)
        return _without_means(masses).ravel()

    def op_norm_sq(self) -> float:
        return 1.0 if self.weights is None else sum(weight**2 for weight in self.weights)


def _measurements(axes: Marginal, chosen: Sequence[Table], tables: Sequence[Table]) -> list[Any]:
    """List the residuals that were measured, with their standard deviations, for mbi.

    Residuals, because their noises are uncorrelated. The cells of a table share noise, so that
    its totals are known far better than if each cell had noise of its own; least squares on
    residuals gives each its right weight.
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
        masses = np.asarray(table.masses.sum(axis=others))
        (clique,) = _cliques(axes, [subset])
        for part in parts_of((subset,), table.plan.noise.contrasts):
            query = _Residual(_weights_of(table.plan, part))
            sd = sqrt(table.plan.variances[part] * table.tier.variance_factor)
            found.append(mbi.LinearMeasurement(query.of(masses), clique, sd, query))
    return found


def _weights_of(plan: NoisePlan, part: Part) -> tuple[float, ...] | None:
    """Return the weights of a part's contrast along the last axis of its table, if it has one."""
    for one in plan.noise.contrasts:
        if one.measure == part.measure:
            return tuple(map(float, one.rows[part.contrast]))
    return None


def _without_means(array: Any) -> Any:
    for axis in range(array.ndim):
        array = array - array.mean(axis=axis, keepdims=True)
    return array


def fit(
    axes: Marginal,
    chosen: Sequence[Table],
    tables: Sequence[Table],
    total: int,
    on_step: Callable[[int], None],
) -> Any:
    """Estimate the most even distribution that fits the tables, by weighted least squares.

    Parameters
    ----------
    axes : Marginal
        All columns, in the schema's order.
    chosen : sequence of Table
        What the model holds together; columns in none of them stand alone.
    tables : sequence of Table
        What was released, of which the chosen are some.
    total : int
        Contributions, >= 1.
    on_step : callable
        Called every `EVERY` steps with how many of `STEPS` are done.
    """
    steps = count(EVERY, EVERY)
    return mbi.estimation.MirrorDescent().estimate(
        _domain(tables[0].plan.schema, axes),
        _measurements(axes, chosen, tables),
        known_total=float(total),
        iters=STEPS,
        callback_fn=lambda _: on_step(next(steps)),
        tol=ENOUGH,
    )


def draw(model: Any, n_rows: int, generator: np.random.Generator) -> Whole:
    """Draw rows from a model, clique by clique of its junction tree: (n_rows, n_axes) int64.

    mbi has a sampler too, but it draws from the generator that all of numpy shares, which must
    not be seeded in a process that may have other work.
    """
    shape: tuple[int, ...] = model.domain.shape
    rows = np.zeros((n_rows, len(shape)), np.int64)
    tree, _ = make_junction_tree(model.domain, [tuple(clique) for clique in model.cliques])
    known: set[int] = set()
    for clique in maximal_cliques(tree):
        given = tuple(axis for axis in clique if axis in known)
        new = tuple(axis for axis in clique if axis not in known)
        sizes = [shape[axis] for axis in given], [shape[axis] for axis in new]
        joint = np.asarray(model.project((*given, *new)).datavector(flatten=False), np.float64)
        groups = _raveled(rows[:, given], sizes[0])
        drawn = assigned(joint.reshape(prod(sizes[0]), prod(sizes[1])), groups, generator)
        for axis, column in zip(new, np.unravel_index(drawn, sizes[1]), strict=True):
            rows[:, axis] = column
        known |= set(new)
    return rows


def _domain(schema: CubeSchema, axes: Marginal) -> Any:
    # Columns are numbered: the order of a set of texts changes from one process to the next.
    return mbi.Domain(range(len(axes)), [schema.size(axis) for axis in axes])


def _cliques(axes: Marginal, marginals: Sequence[Marginal]) -> list[tuple[int, ...]]:
    return [tuple(axes.index(axis) for axis in marginal) for marginal in marginals]


def _raveled(columns: Whole, sizes: Sequence[int]) -> Whole:
    place = np.zeros(len(columns), np.int64)
    for column, size in zip(columns.T, sizes, strict=True):
        place = place * size + column
    return place
