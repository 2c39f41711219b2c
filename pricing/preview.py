"""What the free preview tells everybody, and so is not sold."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod


def multiplied_variance(contributions: float, margins: Iterable[tuple[int, float]]) -> float:
    """Return the error of a cell where free one-way tables are multiplied.

    The mean squared error, in squared contributions, of a product of one-way tables as an
    estimate of the table of all their columns: at its best, where the columns have nothing to
    do with each other. Its shares are ``p_i = 1 / d_i`` with errors ``v_i / m^2``, so that the
    error is ``m^2 (prod (p_i^2 + v_i / m^2) - prod p_i^2)``.

    Parameters
    ----------
    contributions : float
        m, all told, > 0.
    margins : iterable of (int, float)
        Of each column its number of values d and the noise variance v of a cell.

    Examples
    --------
    >>> multiplied_variance(400.0, [(5, 64.0)])
    64.0
    >>> round(multiplied_variance(400.0, [(5, 64.0), (7, 64.0)]), 3)
    3.892
    """
    found = tuple(margins)
    whole = contributions * contributions
    if len(found) == 1:
        return found[0][1]
    squares = prod(1.0 / (size * size) for size, _ in found)
    noisy = prod(1.0 / (size * size) + variance / whole for size, variance in found)
    return whole * (noisy - squares)
