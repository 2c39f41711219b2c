"""How wide sums of Laplace noise are: variances and 95 % quantiles.

Discrete Laplace noise is also called two-sided geometric noise.
"""

from fractions import Fraction
from functools import lru_cache
from math import ceil, exp, expm1, log, pi, sqrt

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.noise.intervals import LEVEL

STEP = 0.25
POINTS = 2400
PRECISION = 1e-6
#: Half width of one Laplace draw in standard deviations: that of sums of several is less.
WIDEST = log(1 / (1 - LEVEL)) / sqrt(2)

Vector = npt.NDArray[np.float64]


def variance(scale: Fraction) -> float:
    """Return the variance of the discrete Laplace distribution; 0 for a scale of 0.

    2 p / (1 - p)^2 with p = exp(-1/scale).

    Raises
    ------
    PlanError
        For a scale so small that floats do not hold the variance.
    """
    if not scale:
        return 0.0
    rate = 1 / float(scale)
    if rate > 700:
        raise PlanError("This budget is too large for geometric noise")
    return 2 * (1 + expm1(-rate)) / expm1(-rate) ** 2


def half_width(weights: Vector, counts: Vector, variance: float) -> float:
    """Return h with P(|sum_j w_j X_j| <= h) = 0.95, X_j independent Laplace noise.

    Parameters
    ----------
    weights : (n,) float64
        Distinct weights.
    counts : (n,) float64
        How many X_j have each, >= 0.
    variance : float
        Of one X_j. Its grid is taken to be fine beside it.

    References
    ----------
    Gil-Pelaez (1951), Note on the Inversion Theorem, Biometrika 38, 481-482, over the
    characteristic function prod_j (1 + w_j^2 variance t^2 / 2)^-1.
    """
    spread = float(np.sqrt((weights**2 * counts).sum() * variance))
    if spread == 0:
        return 0.0
    shares = weights**2 * counts * variance / spread**2
    kept = shares > PRECISION / 10
    rounded = tuple(zip(np.round(shares[kept], 7).tolist(), counts[kept].tolist(), strict=True))
    return spread * _standard(tuple(sorted(rounded)))


@lru_cache(maxsize=4096)
def _standard(parts: tuple[tuple[float, float], ...]) -> float:
    """Return the half width at unit variance; `parts` are (share of the variance, how many)."""
    if len(parts) == 1 and parts[0][1] == 1:
        return WIDEST
    times = STEP * np.arange(1, POINTS + 1)
    logs = sum(count * np.log1p(share / count * times**2 / 2) for share, count in parts)
    scaled = 2 / pi * STEP * np.exp(-np.asarray(logs)) / times
    low, high = 1.5, 2.5
    while high - low > PRECISION:
        middle = (low + high) / 2
        # The trapezoid's first half point, at t = 0, is the integrand's limit.
        held = middle * STEP / pi + float(scaled @ np.sin(times * middle))
        low, high = (middle, high) if held < LEVEL else (low, middle)
    return high


@lru_cache(maxsize=4096)
def whole_half_width(scale: float, count: int) -> int:
    """Return the smallest h with P(|sum of `count` discrete Laplace draws| <= h) >= 0.95.

    Parameters
    ----------
    scale : float
        > 0, in whole steps.
    count : int
        >= 1.
    """
    if scale * sqrt(count) > 1e4:
        return ceil(half_width(np.ones(1), np.array([float(count)]), 2 * scale**2))
    p = exp(-1 / scale)
    size = 64 + 2 * ceil(40 * scale * (sqrt(2 * count) + 4))
    angles = 2 * pi * np.arange(size) / size
    characteristic = ((1 - p) ** 2 / (1 - 2 * p * np.cos(angles) + p * p)) ** count
    chances = np.fft.ifft(characteristic).real
    held = chances[0] + 2 * np.cumsum(np.concatenate([[0.0], chances[1 : size // 2]]))
    return int(np.argmax(held >= LEVEL))
