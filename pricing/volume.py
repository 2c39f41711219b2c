"""Accuracy as a number of people: a survey of so many, without noise, would be as accurate."""

from __future__ import annotations

import math

#: Respondents are counted in millionths, so that sums are exact.
MICRORESPONDENTS = 1_000_000


def effective_respondents(people: int, variance: float, quality: float = 1.0) -> int:
    """Return x = q n^2 / (n + 4 v), in millionths of a respondent.

    A proportion near one half, asked of x people without noise, has the variance that it
    has when n people are asked and noise of variance v is added to the count.

    Parameters
    ----------
    people : int
        Released number of people; below one counts as none.
    variance : float
        Noise variance of a cell, >= 0.
    quality : float
        In [0, 1].

    Examples
    --------
    >>> effective_respondents(400, 100.0) / MICRORESPONDENTS
    200.0
    """
    if people < 1:
        return 0
    return math.floor(quality * people * people / (people + 4.0 * variance) * MICRORESPONDENTS)
