"""Random events with probability exp(-x), exactly, many at a time, from OS randomness.

An event happens where a uniform number lies below exp(-x). Floats decide it wherever the first 53
bits of the uniform number lie outside an interval that surely holds exp(-x); the others, about one
in 10^12, are decided by more random bits and correctly rounded decimals. So no outcome depends on
how floats are rounded, and the probability is exact.
"""

import secrets
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Bounds of an exponent, narrower each time they are asked for: of one that depends on numbers
#: whose bits are drawn as they are needed.
Narrowing = Callable[[], tuple[Fraction, Fraction]]

BITS = 53
STEP = 2.0**-BITS
#: Bounds, times 1 + x, the relative error of exp(-x) by floats: they err by less than 2^-44.
TOLERANCE = 2.0**-40
TINY = 1e-300


def below(bound: int, size: int) -> Whole:
    """Draw uniform whole numbers in [0, bound), 1 <= bound <= 2^62: (size,) int64."""
    mask = np.uint64((1 << (bound - 1).bit_length()) - 1)
    kept: list[Bits] = []
    missing = size
    while missing > 0:
        drawn = _random(2 * missing + 8) & mask
        drawn = drawn[drawn < np.uint64(bound)][:missing]
        kept.append(drawn)
        missing -= len(drawn)
    return np.concatenate([*kept, np.empty(0, np.uint64)]).astype(np.int64)


def signs(size: int) -> Flags:
    """Draw yes or no with equal chances: (size,) bool."""
    drawn = np.frombuffer(secrets.token_bytes(size), dtype=np.uint8)
    return np.asarray(drawn & 1, dtype=bool)


def words(size: int, count: int) -> Bits:
    """Draw uniform words of 64 bits: (size, count) uint64."""
    return _random(size * count).reshape(size, count)


def happens(
    exponents: npt.NDArray[np.float64], exact: Callable[[int], Fraction | Narrowing]
) -> Flags:
    """Tell which events of probability exp(-x) happen, exactly.

    Parameters
    ----------
    exponents : (size,) float64
        x >= 0, each within 2^-44 (1 + x) of its exact value.
    exact : callable
        Returns the exact x of a position, or what narrows it down; asked where floats cannot
        decide.

    Returns
    -------
    (size,) bool
    """
    drawn = _random(len(exponents)) >> np.uint64(64 - BITS)
    at_least = drawn.astype(np.float64) * STEP
    chance = np.exp(-exponents)
    slack = chance * (TOLERANCE * (1 + exponents)) + TINY
    yes = at_least + STEP <= chance - slack
    undecided = ~yes & (at_least < chance + slack)
    for position in np.flatnonzero(undecided).tolist():
        yes[position] = decide(int(drawn[position]), BITS, exact(position))
    return np.asarray(yes, dtype=bool)


def decide(head: int, bits: int, exponent: Fraction | Narrowing) -> bool:
    """Tell whether a uniform number lies below exp(-exponent), drawing its further bits.

    Parameters
    ----------
    head : int
        Its first `bits` binary digits.
    bits : int
    exponent : Fraction or callable
        >= 0; or what returns narrower and narrower bounds of it.
    """
    digits = 40
    while True:
        least, most = (exponent, exponent) if isinstance(exponent, Fraction) else exponent()
        if Fraction(head + 1, 1 << bits) <= _exp_bounds(most, digits)[0]:
            return True
        if Fraction(head, 1 << bits) >= _exp_bounds(least, digits)[1]:
            return False
        head, bits, digits = head << 64 | secrets.randbits(64), bits + 64, digits + 40


def _exp_bounds(exponent: Fraction, digits: int) -> tuple[Fraction, Fraction]:
    """Return fractions below and above exp(-exponent).

    The exp of decimal numbers is correctly rounded, so one step down or up is enough.
    """
    numerator, denominator = Decimal(exponent.numerator), Decimal(exponent.denominator)
    down, up = (Context(digits, rounding=mode) for mode in (ROUND_FLOOR, ROUND_CEILING))
    low = down.next_minus(down.exp(-up.divide(numerator, denominator)))
    high = up.next_plus(up.exp(-down.divide(numerator, denominator)))
    return Fraction(low), Fraction(high)


def _random(size: int) -> Bits:
    return np.frombuffer(secrets.token_bytes(8 * size), dtype=np.uint64)
