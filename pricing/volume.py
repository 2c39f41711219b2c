"""Accuracy as a number of people: a survey of so many, without noise, would be as accurate."""

from __future__ import annotations

import math

#: Respondents are counted in millionths, so that sums are exact.
MICRORESPONDENTS = 1_000_000


def effective_respondents(
    people: int, variance: float, quality: float = 1.0, cells: int = 2
) -> int:
    """Return x = q n^2 s / (n s + v) with s = (D - 1) / D^2, in millionths of a respondent.

    The mean cell of a table with D cells holds one person in D. Its share, asked of x people
    without noise, has the variance that it has when n people are asked and noise of variance v
    is added to the count: ``s / x = (n s + v) / n^2``. With two cells s is a quarter, the
    variance of a share of one half.

    Parameters
    ----------
    people : int
        Released number of people; below one counts as none.
    variance : float
        Noise variance of a cell, in squared people, >= 0.
    quality : float
        In [0, 1].
    cells : int
        D; a single number, which has no other cell, counts as a share of one half.

    Examples
    --------
    >>> effective_respondents(400, 100.0) / MICRORESPONDENTS
    200.0
    >>> effective_respondents(400, 100.0, cells=42) // MICRORESPONDENTS
    34
    """
    if people < 1:
        return 0
    counted = max(2, cells)
    share = (counted - 1) / (counted * counted)
    exact = quality * people * people * share / (people * share + variance)
    return math.floor(exact * MICRORESPONDENTS)
