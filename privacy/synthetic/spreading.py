"""Assign rows to cells, and values between knots, in the numbers that a model asks for."""

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def assigned(weights: Floats, groups: Whole, generator: np.random.Generator) -> Whole:
    """Assign a cell to each row, so that each cell has its share of a group, rounded up or down.

    Parameters
    ----------
    weights : (n_groups, n_cells) float64
        How a group's rows are shared among cells; evenly where all are zero.
    groups : (n,) int64
    generator : numpy.random.Generator

    Returns
    -------
    (n,) int64
    """
    held = np.maximum(weights, 0.0)
    held[held.sum(axis=1) == 0] = 1.0
    ends = np.cumsum(held, axis=1)
    ends /= ends[:, -1:]
    shuffled = generator.permutation(len(groups))
    order = shuffled[np.argsort(groups[shuffled], kind="stable")]
    group = groups[order]
    counts = np.bincount(group, minlength=len(held))
    rank = np.arange(len(group)) - (np.cumsum(counts) - counts)[group]
    at = (rank + generator.random(len(held))[group]) / counts[group]
    edges = (np.arange(len(held))[:, None] + ends).ravel()
    size = held.shape[1]
    cell = np.searchsorted(edges, group + at, side="right") - group * size
    drawn = np.empty(len(groups), np.int64)
    drawn[order] = np.clip(cell, 0, size - 1)
    return drawn


def between_knots(
    positions: Whole, groups: Whole, knots: Whole, generator: np.random.Generator
) -> Whole:
    """Return values between knots that keep each group's mass near each knot, count and sum.

    A row at a knot and one of the same group at the next are moved to x and its mirror image in
    the gap between them, x uniform on the grid: what one gives to a knot, the other takes from it.
    Rows without such a partner stay at their knot. At inner knots rows go to the left and right
    in proportion to the gaps there, as values that lie evenly would; who finds no partner there
    tries the other side.

    Parameters
    ----------
    positions : (n,) int64
        The knot of each row.
    groups : (n,) int64
        Not negative.
    knots : (m,) int64
        In units, increasing.
    generator : numpy.random.Generator

    Returns
    -------
    (n,) int64
        In units.
    """
    values = knots[positions]
    gaps = np.diff(knots).astype(np.float64)
    to_right = np.concatenate([[1.0], gaps[1:] / (gaps[1:] + gaps[:-1]), [0.0]])
    right = generator.random(len(positions)) < to_right[positions]
    alone = np.ones(len(positions), np.bool_)
    for any_side in (False, True):
        for gap in range(len(gaps)):
            lower = np.flatnonzero(alone & (positions == gap) & (right | any_side))
            upper = np.flatnonzero(alone & (positions == gap + 1) & (~right | any_side))
            one, other = _partners(lower, upper, groups)
            drawn = generator.integers(knots[gap], knots[gap + 1], len(one), endpoint=True)
            values[one], values[other] = drawn, knots[gap] + knots[gap + 1] - drawn
            alone[one] = alone[other] = False
    return values


def _partners(lower: Whole, upper: Whole, groups: Whole) -> tuple[Whole, Whole]:
    """Pair rows of the same group: the first with the first, and so on."""
    _, at_lower, at_upper = np.intersect1d(
        _places(lower, groups), _places(upper, groups), assume_unique=True, return_indices=True
    )
    return lower[at_lower], upper[at_upper]


def _places(rows: Whole, groups: Whole) -> Whole:
    """Name each row by its group and its rank among those of the group."""
    group = groups[rows]
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=1)
    starts = (np.cumsum(counts) - counts)[group[order]]
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows)) - starts
    return group * (len(groups) + 1) + rank
