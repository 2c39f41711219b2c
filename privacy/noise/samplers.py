"""Draw exact discrete noise from the operating system's randomness.

Of diffprivlib only the event with chance exp(-x) is used (`privacy.noise.bernoulli`): it compares
a uniform draw with a fraction, exactly, one event at a time. Its `GaussianDiscrete` draws the
uniform as a float and takes a number of steps that grows with sigma, which is millions on our
grids. So the two short loops of the paper stand here: over many draws at once with the events of
`privacy.noise.coins`, and, for grids finer than 64-bit numbers hold, one at a time with the
library's event, given fractions and a uniform that compares exactly. No seed, no state and no
generator can be passed in.
"""

import secrets
from collections.abc import Callable
from fractions import Fraction
from math import isqrt

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.noise import k_norm
from privacy.noise.bernoulli import bernoulli_neg_exp
from privacy.noise.coins import Whole, below, happens, signs

Exact = npt.NDArray[np.object_]

ONE = Fraction(1)
#: Above this scale draws are made one at a time: 64 bits leave room for 2^9 scales.
WIDEST = 2**52
#: How many candidates of a vector are drawn at once.
TRIES = 4096


class _ExactUniform:
    """A uniform draw from (0, 1), drawn when it is compared with a fraction, and exact."""

    def __le__(self, chance: Fraction) -> bool:
        if not isinstance(chance, Fraction):
            raise TypeError("Exact draws are compared with fractions only")
        return secrets.randbelow(chance.denominator) < chance.numerator


class _ExactCoins(secrets.SystemRandom):
    """The operating system's randomness with the methods that diffprivlib calls."""

    def random(self) -> _ExactUniform:  # type: ignore[override]
        return _ExactUniform()


_COINS = _ExactCoins()


def discrete_gaussian(variance: Fraction, size: int) -> Exact:
    """Draw independent discrete Gaussian noise.

    P(x) is proportional to exp(-x^2 / (2 variance)) over all integers, exactly.

    Parameters
    ----------
    variance : Fraction
        sigma squared, > 0, in squared steps of the grid.
    size : int
        How many draws.

    Returns
    -------
    (size,) object
        Python integers, of any length.

    Raises
    ------
    PlanError
        For a variance that is not positive.

    References
    ----------
    Canonne, Kamath, Steinke (2020), The Discrete Gaussian for Differential Privacy,
    arXiv 2004.00010, Algorithm 3.
    """
    if variance <= 0:
        raise PlanError("Noise needs a positive variance")
    scale = isqrt(variance.numerator // variance.denominator) + 1
    if scale > WIDEST:
        return _objects([_gaussian(Fraction(variance), scale) for _ in range(size)])
    return _fill(size, lambda wanted: _gaussians(Fraction(variance), scale, wanted))


def discrete_laplace(scale: Fraction, size: int) -> Exact:
    """Draw independent discrete Laplace (two-sided geometric) noise.

    P(x) is proportional to exp(-|x| / scale) over all integers, exactly.

    Parameters
    ----------
    scale : Fraction
        > 0, in steps of the grid.
    size : int
        How many draws.

    Returns
    -------
    (size,) object
        Python integers, of any length.

    Raises
    ------
    PlanError
        For a scale that is not positive.

    References
    ----------
    Ghosh, Roughgarden, Sundararajan (2009), arXiv 0811.2841 (the mechanism); Canonne, Kamath,
    Steinke (2020), arXiv 2004.00010, Algorithm 2 (the draw).
    """
    if scale <= 0:
        raise PlanError("Noise needs a positive scale")
    numerator, denominator = Fraction(scale).as_integer_ratio()
    if numerator > WIDEST:
        return _objects([_laplace(numerator, denominator) for _ in range(size)])
    return _fill(size, lambda wanted: _laplaces(numerator, denominator, wanted))


def discrete_k_norm(scale: Fraction, bound: int, size: int) -> Exact:
    """Draw one noise vector of the K-norm mechanism for counts.

    P(z) is proportional to exp(-k ||z|| / scale) over all whole vectors, exactly: a vector of
    independent discrete Laplace draws of that scale is kept with the chance
    exp(-(k ||z|| - sum |z_i|) / scale), which is at most 1 as k ||z|| >= sum |z_i|.

    Parameters
    ----------
    scale : Fraction
        k / epsilon, > 0.
    bound : int
        k >= 1.
    size : int
        How many cells, >= 1.

    Returns
    -------
    (size,) object
        Python integers.

    Raises
    ------
    PlanError
        For a scale that is not positive.

    References
    ----------
    Hardt, Talwar (2010), On the Geometry of Differential Privacy, arXiv 0907.3754.
    """
    while True:
        tries = discrete_laplace(scale, TRIES * size).astype(np.int64).reshape(TRIES, size)
        excess = k_norm.steps(tries, bound) - np.abs(tries).sum(axis=1)

        def exact(position: int, excess: Whole = excess) -> Fraction:
            return int(excess[position]) / scale

        kept = np.flatnonzero(happens(excess / float(scale), exact))
        if len(kept):
            return np.asarray(tries[kept[0]].astype(object))


def _fill(size: int, draw: Callable[[int], Whole]) -> Exact:
    """Draw until there are enough: each round gives as many as are accepted."""
    parts: list[Whole] = []
    missing = size
    while missing > 0:
        drawn = draw(2 * missing + 16)[:missing]
        parts.append(drawn)
        missing -= len(drawn)
    return np.concatenate([*parts, np.empty(0, np.int64)]).astype(object)


def _gaussians(variance: Fraction, scale: int, wanted: int) -> Whole:
    """Draw Gaussian candidates by Algorithm 3; return those accepted: (at most wanted,) int64."""
    candidates = _laplaces(scale, 1, wanted)
    middle = variance / scale
    distances = np.abs(candidates).astype(float) - float(middle)
    exponents = distances * distances / (2 * float(variance))

    def exact(position: int) -> Fraction:
        distance = abs(int(candidates[position])) - middle
        return distance * distance / (2 * variance)

    return candidates[happens(exponents, exact)]


def _laplaces(numerator: int, denominator: int, wanted: int) -> Whole:
    """Draw Laplace candidates by Algorithm 2; return those accepted: (at most wanted,) int64.

    Their scale is numerator / denominator.
    """
    remainders = below(numerator, wanted)
    remainders = remainders[
        happens(remainders / numerator, lambda i: Fraction(int(remainders[i]), numerator))
    ]
    sizes = (remainders + numerator * _wholes(len(remainders))) // denominator
    negative = signs(len(sizes))
    signed: Whole = np.where(negative, -sizes, sizes)
    return np.asarray(signed[~(negative & (sizes == 0))])


def _wholes(size: int) -> Whole:
    """Count how often in a row an event of chance 1/e happens: (size,) int64."""
    counts = np.zeros(size, dtype=np.int64)
    running = np.arange(size)
    while len(running):
        running = running[happens(np.ones(len(running)), lambda _: ONE)]
        counts[running] += 1
        if len(running) and counts[running[0]] > 2**9:
            raise PlanError("The machine's randomness is broken")
    return counts


def _objects(draws: list[int]) -> Exact:
    array = np.empty(len(draws), dtype=object)
    array[:] = draws
    return array


def _gaussian(variance: Fraction, scale: int) -> int:
    while True:
        candidate = _laplace(scale, 1)
        distance = abs(candidate) - variance / scale
        if _happens(distance * distance / (2 * variance)):
            return candidate


def _laplace(numerator: int, denominator: int) -> int:
    """Draw x with probability proportional to exp(-|x| denominator / numerator): Algorithm 2."""
    while True:
        remainder = secrets.randbelow(numerator)
        if not _happens(Fraction(remainder, numerator)):
            continue
        wholes = 0
        while _happens(ONE):
            wholes += 1
        size = (remainder + numerator * wholes) // denominator
        negative = secrets.randbits(1)
        if negative and not size:
            continue
        return -size if negative else size


def _happens(exponent: Fraction) -> bool:
    """Tell whether an event of chance exp(-exponent) happens, exponent >= 0: Algorithm 1."""
    while exponent > 1:
        if not bernoulli_neg_exp(ONE, _COINS):
            return False
        exponent -= 1
    return bool(bernoulli_neg_exp(exponent, _COINS))
