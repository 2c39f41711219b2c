"""Compute shares, quantiles, differences and groups from released tables.

None of it costs privacy.

Shares and quantiles by cell, differences between cells and between editions, groups of cells.
Each comes with its noise interval; none of them reads anything but a `Table`.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import sqrt

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.noise import intervals
from privacy.tables.ratios import RatioNoise
from privacy.tables.table import (
    Coordinates,
    Estimate,
    Noise,
    Table,
    plain,
)

Floats = npt.NDArray[np.float64]

SHARE = "share"
DIFFERENCE = "difference"
GROUP = "group"
QUARTILES = {"quantile_25": 0.25, "median": 0.5, "quantile_75": 0.75}
FINE = 16


def shares(table: Table) -> tuple[Estimate, ...]:
    """Return the share of each cell in all contributions of the table: ratios by Fieller's set."""
    if not table.hard:
        return ()
    counts = table.contributions().ravel()
    total = float(counts.sum())
    noise = RatioNoise.of(
        table.plan,
        table.marginal,
        table.functional(None),
        table.functional(None, everywhere=True),
        table.tier,
        (0.0, 1.0),
    )
    found = (
        _ratio(cell, SHARE, None, "", noise.interval(count, total))
        for cell, count in zip(table.cells(), counts.tolist(), strict=True)
    )
    # Of a share it is the share that is told apart from nothing, not what it is a share of.
    return tuple(replace(one, distinct=one.low > 0) for one in found)


def quantiles(
    table: Table, name: str, levels: Mapping[str, float] | None = None
) -> tuple[Estimate, ...]:
    """Return quantiles of a measure in each cell, from the masses near its knots.

    Between knots mass is taken to lie evenly, so a quantile is right to within one gap; its
    interval is about the noise alone: all values t for which F(t) - level * count, a linear
    functional of the table, is not told apart from zero.

    Parameters
    ----------
    table : Table
        With the measure as its only one.
    name : str
    levels : mapping of statistic name to level, optional
        Levels in (0, 1); the quartiles by default.

    Raises
    ------
    PlanError
        Where the table lacks the measure or has others, or it has two knots only.

    References
    ----------
    Woodruff (1952), Confidence Intervals for Medians and Other Position Measures, J. Am. Stat.
    Assoc. 47, 635-646: the interval by inverting the distribution function.
    """
    measure = table.plan.schema.measure(name)
    if table.soft != (name,) or len(measure.knots) == 2:
        raise PlanError("Quantiles need a table of one measure that has more than two knots")
    knots = np.array([float(knot) for knot in measure.knots])
    at, below = distribution(knots)
    masses = table.masses.reshape(-1, len(knots))
    first = table.functional(None)
    counts_half = table.noise_of(None).half
    found: list[Estimate] = []
    for statistic, level in (levels or QUARTILES).items():
        weights = below - level
        half = np.array(
            [table.plan.half_width(table.marginal, first * w, table.tier) for w in weights]
        )
        for cell, mass in zip(table.cells(), masses, strict=True):
            known = float(mass.sum()) > counts_half
            interval = inverted(at, weights @ mass, half) if known else None
            value, low, high = interval or (float(at[len(at) // 2]), float(at[0]), float(at[-1]))
            found.append(_ratio(cell, statistic, name, measure.unit, (value, low, high, known)))
    return tuple(found)


def difference(
    table: Table, one: Coordinates, other: Coordinates, measure: str | None = None
) -> Estimate:
    """Return the first cell less the second, in contributions or in a measure's sum.

    Raises
    ------
    PlanError
        For a cell or measure that the table lacks.
    """
    weights = _cells(table, [one], measure) - _cells(table, [other], measure)
    return _linear(table, (*one, *other), DIFFERENCE, measure, weights)


def group(table: Table, cells: Collection[Coordinates], measure: str | None = None) -> Estimate:
    """Return some cells of a table together, in contributions or in a measure's sum.

    Raises
    ------
    PlanError
        For a cell or measure that the table lacks.
    """
    return _linear(table, (), GROUP, measure, _cells(table, list(cells), measure))


def between_editions(one: Table, other: Table, measure: str | None = None) -> tuple[Estimate, ...]:
    """Return what changed from the second table to the first, cell by cell.

    The noises of two editions are independent, so their variances add up.

    Raises
    ------
    PlanError
        Where the tables have not the same cells or measures.
    """
    if one.cells() != other.cells() or (measure is not None and measure not in one.soft):
        raise PlanError("Only tables with the same cells can be compared")
    if (measure is None) != (measure not in other.soft):
        raise PlanError("Only tables with the same measure can be compared")
    both = (
        [one.sums(measure) - other.sums(measure)]
        if measure
        else [one.contributions() - other.contributions()]
    )
    sd = sqrt(one.noise_of(measure).sd ** 2 + other.noise_of(measure).sd ** 2)
    noise = Noise(sd, sd * max(one.plan.noise.widest, other.plan.noise.widest))
    unit = one.plan.schema.measure(measure).unit if measure else ""
    return tuple(
        plain(cell, DIFFERENCE, measure, unit, value, noise)
        for cell, value in zip(one.cells(), both[0].ravel().tolist(), strict=True)
    )


def distribution(knots: Floats) -> tuple[Floats, Floats]:
    """Return some values t, and the part of each knot's mass that lies below t.

    The mass of a knot lies on both sides of it in proportion to the gaps there; between knots
    the part below t grows evenly. Exact where values lie evenly in each gap.

    Returns
    -------
    tuple of ((n,) float64, (n, n_knots) float64)
    """
    size = len(knots)
    gaps = np.diff(knots)
    left = np.concatenate([[0.0], gaps[:-1] / (gaps[:-1] + gaps[1:]), [1.0]])
    at_knots = np.tril(np.ones((size, size)), -1) + np.diag(left)
    at = np.interp(np.arange((size - 1) * FINE + 1) / FINE, np.arange(size), knots)
    below = np.stack([np.interp(at, knots, at_knots[:, j]) for j in range(size)], axis=1)
    return at, below


def inverted(at: Floats, excess: Floats, half: Floats) -> tuple[float, float, float] | None:
    """Return where the excess crosses zero, and between which values it may be zero."""
    climbing = np.maximum.accumulate(excess)
    value = _crossing(at, climbing, int(np.searchsorted(climbing, 0.0)))
    within = np.flatnonzero(np.abs(excess) <= half)
    if len(within):
        first, last = int(within[0]), int(within[-1])
    else:
        # So exact that zero is passed between two of the values looked at.
        first = int(np.argmax(excess > 0))
        if not first:
            return None
        last = first - 1
    low = _crossing(at, excess + half, first)
    high = _crossing(at[::-1], (half - excess)[::-1], len(at) - 1 - last)
    return value, min(low, value), max(high, value)


def _crossing(at: Floats, rising: Floats, first: int) -> float:
    """Return where `rising`, negative just before position `first`, becomes zero."""
    if first == 0:
        return float(at[0])
    if first == len(at):
        return float(at[-1])
    before, after = float(rising[first - 1]), float(rising[first])
    part = -before / (after - before) if before < 0 <= after else 0.0
    return float(at[first - 1] + part * (at[first] - at[first - 1]))


def _cells(table: Table, cells: list[Coordinates], measure: str | None) -> Floats:
    """Write a sum over cells as the weight of each entry of the table."""
    if measure is not None and measure not in table.soft:
        raise PlanError(f"The table has no measure {measure!r}")
    everywhere = table.functional(measure, everywhere=True)
    chosen = np.zeros(everywhere.shape)
    for cell in cells:
        if tuple(axis for axis, _ in cell) != table.hard:
            raise PlanError(f"The table has no cell {cell}")
        try:
            index = tuple(table.plan.schema.labels(axis).index(label) for axis, label in cell)
        except ValueError:
            raise PlanError(f"The table has no cell {cell}") from None
        chosen[index] += 1
    return everywhere * chosen


def _linear(
    table: Table, cell: Coordinates, statistic: str, measure: str | None, weights: Floats
) -> Estimate:
    unit = table.plan.schema.measure(measure).unit if measure else ""
    value = float((table.masses * weights).sum())
    variance = table.plan.covariance_of(table.marginal, weights, weights, table.tier)
    half = table.plan.half_width(table.marginal, weights, table.tier)
    return plain(cell, statistic, measure, unit, value, Noise(sqrt(max(0.0, variance)), half))


def _ratio(
    cell: Coordinates,
    statistic: str,
    measure: str | None,
    unit: str,
    interval: tuple[float, float, float, bool],
) -> Estimate:
    value, low, high, distinct = interval
    half = (high - low) / (2 * intervals.QUANTILE)
    return Estimate(cell, statistic, measure, unit, value, low, high, half, distinct)
