"""Noise intervals: the exact figure lies inside, in 95 of 100 draws of the noise.

They are no confidence intervals of a survey: they say nothing of people who were not asked.
"""

from fractions import Fraction
from functools import lru_cache
from math import ceil, exp, pi, sqrt
from statistics import NormalDist

LEVEL = 0.95
#: Half of a noise interval of normal noise, in standard deviations: 1.96. The only place.
QUANTILE = NormalDist().inv_cdf((1 + LEVEL) / 2)


@lru_cache(maxsize=4096)
def rounded_variance(variance: Fraction) -> float:
    """Return the variance of a normal number that was rounded to a whole one.

    That of the normal number and of the rounding, 1/12, and of what they have in common, which
    vanishes quickly: a Fourier series of the rounding error.

    References
    ----------
    Sheppard (1898), Proc. London Math. Soc. 29, 353-380 (the 1/12); docs/privacy.md, "Noise on a
    grid" (the series).
    """
    if not variance:
        return 0.0
    normal = float(variance)
    total = normal + 1 / 12
    for order in range(1, 1000):
        reach = exp(-2 * (pi * order) ** 2 * normal)
        if reach < 1e-18:
            break
        total += (-1) ** order * reach * (4 * normal + 1 / (pi * order) ** 2)
    return total


def whole_half_width(sd: float) -> int:
    """Return half of the interval of a whole number with Gaussian noise, rounded outwards.

    That keeps the promise where steps are coarse beside the noise.
    """
    return ceil(QUANTILE * sd)


def fieller(
    top: float,
    bottom: float,
    top_variance: float,
    bottom_variance: float,
    covariance: float,
    bounds: tuple[float, float],
) -> tuple[float, float, float, bool]:
    """Return a ratio, its interval, and whether its denominator is told apart from zero.

    All r with (top - r bottom)^2 <= z^2 Var(top - r bottom). Where the denominator is not told
    apart from zero that set is unbounded, and the interval is `bounds`.

    Parameters
    ----------
    top, bottom : float
    top_variance, bottom_variance, covariance : float
        Of the noise of both.
    bounds : tuple of float
        What the ratio cannot leave.

    Returns
    -------
    tuple of (float, float, float, bool)
        Value, low, high, told apart.

    References
    ----------
    Fieller (1954), Some Problems in Interval Estimation, J. R. Stat. Soc. B 16, 175-185.
    """
    low, high = bounds
    square = QUANTILE**2
    a = bottom**2 - square * bottom_variance
    if bottom <= 0 or a <= 0:
        middle = top / bottom if bottom > 0 else (low + high) / 2
        return min(max(middle, low), high), low, high, False
    b = top * bottom - square * covariance
    c = top**2 - square * top_variance
    root = sqrt(max(0.0, b * b - a * c))
    value = min(max(top / bottom, low), high)
    left = min(max((b - root) / a, low), value)
    right = max(min((b + root) / a, high), value)
    return value, left, right, True
