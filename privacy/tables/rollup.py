"""Roll a released table up: groups of categories, margins, shares, means and quantiles of them.

Each figure is a linear functional of the table's entries, or a ratio or quantile made of such, with
its own exact noise interval: rows of a table share noise, so adding their variances up as if they
did not is up to four times off. None of it costs privacy.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import erfc, prod, sqrt

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.noise import intervals
from privacy.plan import covariance
from privacy.tables import derived
from privacy.tables.ratios import RatioNoise
from privacy.tables.table import CONTRIBUTIONS, MEAN, SUM, Table

Floats = npt.NDArray[np.float64]
Vectors = Mapping[str, Floats]

SHARE, MEDIAN = derived.SHARE, "median"
STATISTICS = (CONTRIBUTIONS, SUM, MEAN, SHARE, MEDIAN)
MOST_FIGURES = 1_000
#: What a ratio of two figures is held within.
LARGEST_RATIO = 1e9


@dataclass(frozen=True)
class Along:
    """What is asked along one dimension.

    Parameters
    ----------
    axis : str
    groups : tuple of (str, tuple of str)
        Names, and the values that belong to each; groups may overlap.
    over : bool
        Whether the groups are summed over and not told apart.
    """

    axis: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    over: bool = False


@dataclass(frozen=True)
class Figure:
    """One figure of a rolled up table, with its noise interval (95 %).

    Attributes
    ----------
    cell : tuple of (str, str)
        Dimension and name of the group, for each dimension that is told apart.
    statistic, unit : str
    measure : str or None
    value, sd, low, high : float
        In `unit`; sd of a ratio or quantile is half its interval over the Gaussian quantile.
    distinct : bool
        Whether it is told apart from zero; of a ratio or quantile, whether what it is of is.
    cells : int
        How many cells of the table it is made of.
    """

    cell: tuple[tuple[str, str], ...]
    statistic: str
    measure: str | None
    unit: str
    value: float
    sd: float
    low: float
    high: float
    distinct: bool
    cells: int


class Parts:
    """The parts of a table, with their noise, and how functionals see them."""

    def __init__(self, table: Table) -> None:
        found = table.plan.variances_of(table.marginal, table.tier)
        self.parts = tuple(found)
        self.variances = np.array(list(found.values()))
        self._spreads = table.plan.spreads_of(table.marginal)
        self._rows: dict[str, Floats] = {}

    def along(self, a: Vectors, b: Vectors) -> Floats:
        """Return what each part's noise has in common in two products along some axes."""
        total = np.ones(len(self.parts))
        for axis in a:
            spread = self._spreads.get(axis)
            total = total * covariance.along(self.parts, axis, a[axis], b[axis], spread)
        return total

    def halves(self, measure: str, rows: Floats, cell: "Cell") -> Floats:
        """Return half the noise interval of many functionals of a cell along its only measure.

        Parameters
        ----------
        rows : (n, m) float64
            The same for a measure each time.

        Returns
        -------
        (n,) float64
        """
        if measure not in self._rows:
            each = [self.along({measure: row}, {measure: row}) for row in rows]
            self._rows[measure] = np.stack(each) * self.variances
        squares = self._rows[measure] @ self.along(cell.vectors, cell.vectors)
        return np.asarray(intervals.QUANTILE * np.sqrt(np.maximum(squares, 0.0)))


@dataclass(frozen=True, eq=False)
class Cell:
    """A group of cells of a table, as a product of choices along its dimensions.

    Attributes
    ----------
    table : Table
    parts : Parts
        Of the table.
    name : tuple of (str, str)
    vectors : mapping of axis to (d_i,) float64
        1 for the values that belong to it.
    """

    table: Table
    parts: Parts
    name: tuple[tuple[str, str], ...]
    vectors: Vectors

    @property
    def size(self) -> int:
        """How many cells of the table belong to it."""
        return prod(int(vector.sum()) for vector in self.vectors.values())

    @cached_property
    def masses(self) -> Floats:
        """Its masses along the measures of the table: (m_1, ..., m_s) float64."""
        found = self.table.masses
        for axis in self.table.hard:
            found = np.tensordot(self.vectors[axis], found, axes=(0, 0))
        return np.asarray(found)

    def value(self, soft: Vectors) -> float:
        """Return a functional of it, by its factors along the measures."""
        found = self.masses
        for axis in self.table.soft:
            found = np.tensordot(soft[axis], found, axes=(0, 0))
        return float(found)

    def shared(self, soft: Vectors, other: "Cell", others: Vectors) -> float:
        """Return the noise covariance of a functional of it and one of another cell."""
        both = self.parts.along(self.vectors, other.vectors) * self.parts.along(soft, others)
        return float((both * self.parts.variances).sum())

    def weights(self, soft: Vectors) -> Floats:
        """Return the weight of each entry of the table in a functional of it."""
        total = np.ones(())
        for axis in self.table.marginal:
            total = np.multiply.outer(total, soft[axis] if axis in soft else self.vectors[axis])
        return np.asarray(total)

    def half(self, soft: Vectors) -> float:
        """Return half the noise interval of a functional of it."""
        if self.table.plan.noise.normal:
            return intervals.QUANTILE * sqrt(max(0.0, self.shared(soft, self, soft)))
        table = self.table
        return table.plan.half_width(table.marginal, self.weights(soft), table.tier)


def roll_up(
    table: Table,
    asked: Sequence[Along],
    statistics: Collection[str] = (CONTRIBUTIONS,),
    measure: str | None = None,
) -> tuple[Figure, ...]:
    """Return statistics of groups of cells; dimensions that are not named are told apart whole.

    Parameters
    ----------
    table : Table
    asked : sequence of Along
    statistics : collection of str
        Of `STATISTICS`. A share is one of all that was chosen.
    measure : str, optional
        Of sums, means and medians.

    Raises
    ------
    PlanError
        For what the table cannot tell, with what it can.
    """
    _check(table, statistics, measure)
    cells = cells_of(table, asked)
    if len(cells) * len(statistics) > MOST_FIGURES:
        raise PlanError(f"That is too much at once: at most {MOST_FIGURES} figures")
    whole = _whole(cells)
    return tuple(
        _of_statistic(cell, whole, statistic, measure)
        for statistic in STATISTICS
        if statistic in statistics
        for cell in cells
    )


def cells_of(table: Table, asked: Sequence[Along]) -> tuple[Cell, ...]:
    """List the groups of cells that were asked for, in order.

    Raises
    ------
    PlanError
        For a dimension, value or name that the table has not, or the same twice.
    """
    by_axis = {one.axis: one for one in asked}
    if len(by_axis) != len(asked):
        raise PlanError("Each dimension may be asked about once")
    for name in by_axis:
        if name not in table.hard:
            raise PlanError(f"There is no dimension {name!r}; there are {_list(table.hard)}")
    choices: list[list[tuple[tuple[str, str] | None, Floats]]] = []
    for axis in table.hard:
        labels = table.plan.schema.labels(axis)
        one = by_axis.get(axis) or Along(axis, tuple((label, (label,)) for label in labels))
        if len({name for name, _ in one.groups}) != len(one.groups):
            raise PlanError(f"Two groups of {axis!r} have the same name")
        vectors = [(name, _chosen(axis, labels, values)) for name, values in one.groups]
        if one.over:
            union = np.asarray(np.maximum.reduce([vector for _, vector in vectors]))
            choices.append([(None, union)])
        else:
            choices.append([((axis, name), vector) for name, vector in vectors])
    number = prod(len(choice) for choice in choices)
    if number > MOST_FIGURES:
        raise PlanError(f"That is {number} figures; at most {MOST_FIGURES} at once")
    parts = Parts(table)
    return tuple(
        Cell(
            table,
            parts,
            tuple(name for name, _ in chosen if name is not None),
            {axis: vector for axis, (_, vector) in zip(table.hard, chosen, strict=True)},
        )
        for chosen in product(*choices)
    )


def covariances(cells: Sequence[Cell], measure: str | None = None) -> Floats:
    """Return the noise covariances of the counts, or of the sums, of some cells: (n, n) float64."""
    found = np.zeros((len(cells), len(cells)))
    for i, one in enumerate(cells):
        soft = _soft(one.table, measure)
        for j, other in enumerate(cells[i:], i):
            found[i, j] = found[j, i] = one.shared(soft, other, soft)
    return found


@dataclass(frozen=True)
class Comparison:
    """Two groups of cells of a table beside each other.

    Attributes
    ----------
    difference : Figure
        The first less the second, in contributions, in a measure's sum or in its mean.
    ratio : tuple of (float, float, float), or None
        The first over the second with its noise interval, of contributions and sums; None where
        the second is not told apart from zero.
    chance : float
        How often noise alone would set two equal figures as far apart or farther.
    """

    difference: Figure
    ratio: tuple[float, float, float] | None
    chance: float


def compare(
    one: Cell, other: Cell, statistic: str = CONTRIBUTIONS, measure: str | None = None
) -> Comparison:
    """Compare two groups of cells of one table, with the noise that they share.

    The difference of two means is taken to first order in their noise, which is accurate where
    both are told apart from nothing; elsewhere all that the bounds allow is said.

    Raises
    ------
    PlanError
        For another statistic than contributions, sum and mean.
    """
    if statistic not in (CONTRIBUTIONS, SUM, MEAN):
        raise PlanError("Only contributions, sums and means can be compared")
    table = one.table
    _check(table, (statistic,), measure)
    if statistic == MEAN:
        return _means_compared(one, other, str(measure))
    weighted = measure if statistic == SUM else None
    soft = _soft(table, weighted)
    value = one.value(soft) - other.value(soft)
    figure = _difference(one, other, soft, soft, statistic, weighted, value)
    ratio = _ratio(one, soft, other, soft, (-LARGEST_RATIO, LARGEST_RATIO))
    return Comparison(figure, ratio[:3] if ratio[3] else None, _chance(figure))


def told_apart(chances: Sequence[float], rate: float = 0.05) -> tuple[bool, ...]:
    """Say which of many comparisons are told apart, so that few of those are so by noise alone.

    On average at most `rate` of those named are, however their noises hang together.

    References
    ----------
    Benjamini, Yekutieli (2001), The Control of the False Discovery Rate in Multiple Testing under
    Dependency, Ann. Statist. 29.
    """
    number = len(chances)
    allowed = rate / sum(number / rank for rank in range(1, number + 1)) if chances else 0.0
    order = sorted(range(number), key=lambda place: chances[place])
    last = max((n for n in range(number) if chances[order[n]] <= (n + 1) * allowed), default=-1)
    named = {*order[: last + 1]}
    return tuple(place in named for place in range(number))


def _check(table: Table, statistics: Collection[str], measure: str | None) -> None:
    """Refuse what the table cannot tell, and say what it can."""
    for statistic in statistics:
        if statistic not in STATISTICS:
            raise PlanError(f"There is no statistic {statistic!r}; there are {_list(STATISTICS)}")
    if {*statistics} & {SUM, MEAN, MEDIAN} and measure not in table.soft:
        asked = "no measure" if measure is None else f"no measure {measure!r}"
        raise PlanError(f"The table has {asked}; it has {_list(table.soft) or 'none'}")
    if MEDIAN in statistics and (
        len(table.soft) > 1 or len(table.plan.schema.measure(str(measure)).knots) == 2
    ):
        raise PlanError("Medians need one measure that has more than two knots")


def _of_statistic(cell: Cell, whole: Cell, statistic: str, measure: str | None) -> Figure:
    if statistic == MEDIAN:
        return _median(cell, str(measure))
    if statistic == MEAN:
        return _mean(cell, str(measure))
    if statistic == SHARE:
        soft = _soft(cell.table, None)
        value, low, high, known = _ratio(cell, soft, whole, soft, (0.0, 1.0))
        return _of_interval(cell, SHARE, None, (value, low, high, known and low > 0))
    weighted = measure if statistic == SUM else None
    soft = _soft(cell.table, weighted)
    value, half = cell.value(soft), cell.half(soft)
    sd = sqrt(max(0.0, cell.shared(soft, cell, soft)))
    return _around(cell, statistic, weighted, value, sd, half)


def _mean(cell: Cell, measure: str) -> Figure:
    rules = cell.table.plan.schema.measure(measure)
    bounds = float(rules.lower), float(rules.upper)
    found = _ratio(cell, _soft(cell.table, measure), cell, _soft(cell.table, None), bounds)
    return _of_interval(cell, MEAN, measure, found)


def _median(cell: Cell, measure: str) -> Figure:
    """Return the median: see `derived.quantiles`, of which this is the one of a group."""
    knots = np.array([float(knot) for knot in cell.table.plan.schema.measure(measure).knots])
    at, below = derived.distribution(knots)
    weights = below - 0.5
    if cell.table.plan.noise.normal:
        half = cell.parts.halves(measure, weights, cell)
    else:
        half = np.array([cell.half({measure: row}) for row in weights])
    known = float(cell.masses.sum()) > cell.half(_soft(cell.table, None))
    interval = derived.inverted(at, weights @ cell.masses, half) if known else None
    value, low, high = interval or (float(at[len(at) // 2]), float(at[0]), float(at[-1]))
    return _of_interval(cell, MEDIAN, measure, (value, low, high, interval is not None))


def _means_compared(one: Cell, other: Cell, measure: str) -> Comparison:
    first, second = _mean(one, measure), _mean(other, measure)
    value = first.value - second.value
    if not (first.distinct and second.distinct):
        rules = one.table.plan.schema.measure(measure)
        width = float(rules.upper - rules.lower)
        return Comparison(
            _of_interval(one, MEAN, measure, (value, -width, width, False)), None, 1.0
        )
    # Of a mean s / n the noise is, to first order, that of (s - mean n) / n.
    sums, counts = _soft(one.table, measure), _soft(one.table, None)
    factors = [
        sums | {measure: (sums[measure] - mean.value) / cell.value(counts)}
        for cell, mean in ((one, first), (other, second))
    ]
    figure = _difference(one, other, factors[0], factors[1], MEAN, measure, value)
    return Comparison(figure, None, _chance(figure))


def _difference(
    one: Cell,
    other: Cell,
    soft: Vectors,
    others: Vectors,
    statistic: str,
    measure: str | None,
    value: float,
) -> Figure:
    """Return a difference of two functionals, with its noise."""
    variance = (
        one.shared(soft, one, soft)
        + other.shared(others, other, others)
        - 2 * one.shared(soft, other, others)
    )
    sd = sqrt(max(0.0, variance))
    half, table = intervals.QUANTILE * sd, one.table
    if not table.plan.noise.normal:
        weights = one.weights(soft) - other.weights(others)
        half = table.plan.half_width(table.marginal, weights, table.tier)
    return _around(one, statistic, measure, value, sd, half)


def _ratio(
    top: Cell, soft: Vectors, bottom: Cell, others: Vectors, bounds: tuple[float, float]
) -> tuple[float, float, float, bool]:
    """Return a ratio of two functionals, its interval, and whether the bottom is not nothing."""
    table = top.table
    values = top.value(soft), bottom.value(others)
    if not table.plan.noise.normal:
        weights = top.weights(soft), bottom.weights(others)
        noise = RatioNoise.of(table.plan, table.marginal, *weights, table.tier, bounds)
        return noise.interval(*values)
    spread = (
        top.shared(soft, top, soft),
        bottom.shared(others, bottom, others),
        top.shared(soft, bottom, others),
    )
    return intervals.fieller(*values, *spread, bounds)


def _around(
    cell: Cell, statistic: str, measure: str | None, value: float, sd: float, half: float
) -> Figure:
    ends = value - half, value + half
    unit = _unit(cell.table, measure)
    return Figure(
        cell.name, statistic, measure, unit, value, sd, *ends, abs(value) > half, cell.size
    )


def _of_interval(
    cell: Cell, statistic: str, measure: str | None, found: tuple[float, float, float, bool]
) -> Figure:
    value, low, high, distinct = found
    sd = (high - low) / (2 * intervals.QUANTILE)
    unit = _unit(cell.table, measure)
    return Figure(cell.name, statistic, measure, unit, value, sd, low, high, distinct, cell.size)


def _unit(table: Table, measure: str | None) -> str:
    return table.plan.schema.measure(measure).unit if measure else ""


def _chance(figure: Figure) -> float:
    """Return the two-sided chance of normal noise; of other noise one that is not smaller."""
    if figure.sd == 0:
        return 1.0
    # The interval tells how wide the noise is where it has longer tails than a normal one.
    half = (figure.high - figure.low) / 2
    sd = max(figure.sd, half / intervals.QUANTILE)
    return erfc(abs(figure.value) / sd / sqrt(2))


def _soft(table: Table, measure: str | None) -> dict[str, Floats]:
    """Return what each knot counts for: in a count 1, in a sum of a measure its value."""
    found = {}
    for axis in table.soft:
        knots = [float(knot) for knot in table.plan.schema.measure(axis).knots]
        found[axis] = np.array(knots) if axis == measure else np.ones(len(knots))
    return found


def _whole(cells: Sequence[Cell]) -> Cell:
    """Return all that was chosen, as one cell: along each dimension what any group has."""
    first = cells[0]
    vectors = {
        axis: np.asarray(np.maximum.reduce([cell.vectors[axis] for cell in cells]))
        for axis in first.vectors
    }
    return Cell(first.table, first.parts, (), vectors)


def _chosen(axis: str, labels: tuple[str, ...], values: Collection[str]) -> Floats:
    """Return 1 for each chosen value of a dimension: (d,) float64."""
    unknown = [value for value in values if value not in labels]
    if unknown or not values:
        raise PlanError(
            f"{axis!r} has no value {unknown[0] if unknown else ''!r}; it has {_list(labels)}"
        )
    return np.array([label in values for label in labels], dtype=float)


def _list(names: Collection[str]) -> str:
    return ", ".join(map(repr, names))
