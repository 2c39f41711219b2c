"""How an edition's money is divided among its sources, from released numbers alone.

A share is one person's part of an edition. A source about one person has one share, whatever its
rows. A source about many people has as many shares as the people that the release estimates for it.
What noise alone adds is subtracted, so that splitting rows among files earns nothing more.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from pricing.errors import InvalidSplit

#: One-sided normal quantile of 95 %.
_MARGIN = 1.6448536269514722


def on_simplex(counts: Mapping[str, int], total: Fraction) -> dict[str, Fraction]:
    """Correct noisy numbers so that none is negative and all sum to a total, changing least.

    The same amount is subtracted from each number, and what falls below zero becomes zero. Only
    replacing negative numbers by zero would pay for noise: an empty source would on average get
    half the noise's mean size.

    Parameters
    ----------
    counts : mapping of str to int
        Noisy numbers of sources, at least one.
    total : Fraction
        Released, >= 0.

    Returns
    -------
    dict of str to Fraction
        Exact; they sum to `total`.

    Raises
    ------
    InvalidSplit
        For no sources or a negative total.

    References
    ----------
    Held, Wolfe, Crowder (1974), Validation of subgradient optimization, section 3; Duchi et al.
    (2008), Efficient projections onto the l1-ball, algorithm 1.
    """
    if not counts or total < 0:
        raise InvalidSplit("there are sources, and their total is not negative")
    before, taken = Fraction(0), Fraction(0)
    for place, count in enumerate(sorted(counts.values(), reverse=True), start=1):
        before += count
        amount = (before - total) / place
        if count <= amount and place > 1:
            break
        taken = amount
    return {source: max(Fraction(0), count - taken) for source, count in counts.items()}


def shares_of(counts: Mapping[str, int], contributions: float, people: float) -> dict[str, int]:
    """Return the shares of each source with many people: its estimated number of people.

    Parameters
    ----------
    counts : mapping of str to int
        Released contributions of every source of the edition, also of those paid otherwise.
    contributions, people : float
        Released totals.

    Returns
    -------
    dict of str to int
        Rounded down; they sum to no more than the released people.

    Raises
    ------
    InvalidSplit
        For numbers that are not finite, or no sources.
    """
    if not (math.isfinite(contributions) and math.isfinite(people)):
        raise InvalidSplit("released numbers are finite")
    if contributions <= 0 or people <= 0:
        return dict.fromkeys(counts, 0)
    # Each person has at least one contribution: noise may say otherwise.
    each = min(Fraction(1), Fraction(people) / Fraction(contributions))
    parts = on_simplex(counts, Fraction(contributions))
    return {source: math.floor(part * each) for source, part in parts.items()}


def best_people(estimates: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Weigh independent noisy numbers of the same people by their precision.

    Parameters
    ----------
    estimates : sequence of (float, float)
        Each number and the variance of its noise, > 0, in squared people.

    Returns
    -------
    tuple of float
        The weighted mean and its standard deviation.

    Raises
    ------
    InvalidSplit
        For no number, or a variance that is not positive.
    """
    if not estimates or min(variance for _, variance in estimates) <= 0:
        raise InvalidSplit("noisy numbers have a variance")
    precision = sum(1 / variance for _, variance in estimates)
    mean = sum(number / variance for number, variance in estimates) / precision
    return mean, math.sqrt(1 / precision)


def denominator(people: float, sd: float) -> int:
    """Return how many shares an edition's money is divided by.

    Parameters
    ----------
    people : float
        Released, noisy.
    sd : float
        Standard deviation of its noise, >= 0.

    Returns
    -------
    int
        The released number plus 1.64 standard deviations, rounded up, at least one: in 19 of 20
        releases no less than the true number, and a function of the release alone.
    """
    _check(people, sd)
    return max(1, math.ceil(people + _MARGIN * sd))


def expected(people: float, sd: float) -> int:
    """Return how many of the denominator's shares have an owner: the released people, rounded.

    At least one, at most the denominator. The others are its margin; the collection's reserve
    keeps their money for the next sale.

    Raises
    ------
    InvalidSplit
        If a number is not finite or `sd` is negative.
    """
    _check(people, sd)
    return min(denominator(people, sd), max(1, round(people)))


def _check(people: float, sd: float) -> None:
    if not (math.isfinite(people) and math.isfinite(sd) and sd >= 0):
        raise InvalidSplit("a released number and its deviation are finite")
