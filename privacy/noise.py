"""The noise door: exact discrete Gaussian noise from the operating system's randomness.

The only module that imports diffprivlib. Its coin for exp(-x) is exact arithmetic over a
uniform draw compared with a fraction; its `GaussianDiscrete` draws that uniform as a float and
takes a number of steps that grows with sigma, which is millions on our grids. So the coin is
taken from the library, fed with fractions and with a uniform that compares exactly, and the two
short loops of the paper stand here. No seed, no state and no generator can be passed in.
"""

import secrets
from fractions import Fraction
from math import isqrt

from diffprivlib.mechanisms.base import bernoulli_neg_exp

from privacy.errors import PlanError

ONE = Fraction(1)


class _ExactUniform:
    """A uniform draw from (0, 1) of which only its side of one fraction is ever asked."""

    def __le__(self, chance: Fraction) -> bool:
        if not isinstance(chance, Fraction):
            raise TypeError("Exact coins are compared with fractions only")
        return secrets.randbelow(chance.denominator) < chance.numerator


class _ExactCoins(secrets.SystemRandom):
    """The operating system's randomness, in the shape diffprivlib asks for."""

    def random(self) -> _ExactUniform:  # type: ignore[override]
        return _ExactUniform()


_COINS = _ExactCoins()


def discrete_gaussian(variance: Fraction, size: int) -> list[int]:
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
    list of int
        (size,) Python integers, of any length.

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
    return [_gaussian(Fraction(variance), scale) for _ in range(size)]


def _gaussian(variance: Fraction, scale: int) -> int:
    while True:
        candidate = _laplace(scale)
        distance = abs(candidate) - variance / scale
        if _happens(distance * distance / (2 * variance)):
            return candidate


def _laplace(scale: int) -> int:
    """Draw x with probability proportional to exp(-|x| / scale): Algorithm 2."""
    while True:
        remainder = secrets.randbelow(scale)
        if not _happens(Fraction(remainder, scale)):
            continue
        wholes = 0
        while _happens(ONE):
            wholes += 1
        size = remainder + scale * wholes
        negative = secrets.randbits(1)
        if negative and not size:
            continue
        return -size if negative else size


def _happens(exponent: Fraction) -> bool:
    """Flip a coin that says yes with probability exp(-exponent), exponent >= 0: Algorithm 1."""
    while exponent > 1:
        if not bernoulli_neg_exp(ONE, _COINS):
            return False
        exponent -= 1
    return bool(bernoulli_neg_exp(exponent, _COINS))
