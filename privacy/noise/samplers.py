"""Draw exact discrete noise from the operating system's randomness.

Gaussian noise is a normal number rounded to a whole one: the noise of a mechanism that adds a
normal number and rounds, which costs no more than the normal number does. Of diffprivlib only the
event with chance exp(-x) is used (`privacy.noise.bernoulli`): its Gaussian samplers compute with
floats. So short loops stand here: over many draws at once with the events of
`privacy.noise.coins`, and, for Laplace noise on grids finer than 64-bit numbers hold, one at a
time with the library's event, given fractions and a uniform that compares exactly. No seed, no
state and no generator can be passed in.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.noise import k_norm
from privacy.noise.bernoulli import bernoulli_neg_exp
from privacy.noise.coins import Bits, Narrowing, Whole, below, happens, signs, words

Exact = npt.NDArray[np.object_]

ONE = Fraction(1)
#: Up to this scale numbers fit 64 bits, with room for 2^9 scales. Wider Laplace noise is drawn one
#: at a time, wider Gaussian noise in coarser steps that further random bits make fine.
WIDEST = 2**52
WORD = 64
#: How many candidates of a vector are drawn at once: at first, and at most.
FIRST_TRIES, MOST_TRIES = 16, 4096


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


def rounded_gaussian(variance: Fraction, size: int) -> Exact:
    """Draw independent normal numbers, each rounded to the nearest whole number.

    P(n) is the chance that a normal number of this variance lies between n - 1/2 and n + 1/2,
    exactly. A candidate x = j t + r, t whole and near sigma, has j with a chance proportional to
    exp(-j) and r uniform between 0 and t; it is kept with the chance
    exp(-(x^2 / (2 variance) - j + variance / (2 t^2))), which is at most 1, as the exponent is at
    least (j t / sigma - sigma / t)^2 / 2. So kept numbers have a density proportional to
    exp(-x^2 / (2 variance)). Bits of r are drawn as they are needed.

    Parameters
    ----------
    variance : Fraction
        Of the normal number, > 0, in squared steps of the grid; see `intervals.rounded_variance`.
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
    Karney (2016), Sampling Exactly from the Normal Distribution, ACM Trans. Math. Softw. 42,
    arXiv 1303.6257: normal numbers by rejection whose bits are drawn lazily. The envelope is ours.
    """
    if variance <= 0:
        raise PlanError("Noise needs a positive variance")
    finer = max(0, _scale(variance).bit_length() - WIDEST.bit_length() + 1)
    coarse = Fraction(variance) / 4**finer
    return _fill(size, lambda wanted: _gaussians(coarse, finer, wanted))


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
    exp(-(k ||z|| - sum |z_i|) / scale), which is at most 1 as k ||z|| >= sum |z_i|. The first one
    kept is returned; how many are drawn at once changes nothing but the time.

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
    count = FIRST_TRIES
    while True:
        tries = discrete_laplace(scale, count * size).astype(np.int64).reshape(count, size)
        excess = k_norm.steps(tries, bound) - np.abs(tries).sum(axis=1)

        def exact(position: int, excess: Whole = excess) -> Fraction:
            return int(excess[position]) / scale

        kept = np.flatnonzero(happens(excess / float(scale), exact))
        if len(kept):
            return np.asarray(tries[kept[0]].astype(object))
        count = min(2 * count, MOST_TRIES)


def _fill(size: int, draw: Callable[[int], Whole | Exact]) -> Exact:
    """Draw until there are enough: each round gives as many as are accepted."""
    parts: list[Exact] = []
    missing = size
    while missing > 0:
        drawn = draw(2 * missing + 16)[:missing]
        parts.append(drawn.astype(object))
        missing -= len(drawn)
    return np.concatenate([*parts, np.empty(0, object)])


def _scale(variance: Fraction) -> int:
    """Return a whole number near the standard deviation, and above it."""
    return isqrt(variance.numerator // variance.denominator) + 1


def _gaussians(variance: Fraction, finer: int, wanted: int) -> Whole | Exact:
    """Draw candidates of `rounded_gaussian`; return those accepted, rounded: (at most wanted,).

    They are counted in steps 2^finer times finer than those of the variance.
    """
    scale = _scale(variance)
    turns = _wholes(wanted)
    places = below(scale, wanted)
    fractions = words(wanted, finer // WORD + 1)
    rest = places + fractions[:, 0] * 2.0**-WORD
    numbers = turns * float(scale) + rest
    top = variance / (2 * scale**2)
    exponents = numbers * numbers / (2 * float(variance)) - turns + float(top)

    def exact(position: int) -> Narrowing:
        turn = int(turns[position])
        whole = turn * scale + int(places[position])
        digits = _digits(fractions[position])

        def narrower() -> tuple[Fraction, Fraction]:
            nonlocal digits
            digits = digits.more()
            low, high = (
                (whole + bound) ** 2 / (2 * variance) - turn + top for bound in digits.bounds()
            )
            return low, high

        return narrower

    kept = happens(exponents, exact)
    sizes = _rounded(turns[kept] * scale + places[kept], fractions[kept], finer)
    return np.where(signs(len(sizes)), -sizes, sizes)


@dataclass(frozen=True)
class _Digits:
    """The first binary digits of a number between 0 and 1."""

    head: int
    bits: int

    def more(self) -> "_Digits":
        """Draw further ones."""
        return _Digits(self.head << WORD | secrets.randbits(WORD), self.bits + WORD)

    def bounds(self) -> tuple[Fraction, Fraction]:
        """Return what the number lies between."""
        return Fraction(self.head, 1 << self.bits), Fraction(self.head + 1, 1 << self.bits)


def _digits(row: Bits) -> _Digits:
    return _Digits(int.from_bytes(row.astype(">u8").tobytes(), "big"), WORD * len(row))


def _rounded(whole: Whole, fractions: Bits, finer: int) -> Whole | Exact:
    """Round numbers to steps 2^finer times finer than one: the next digit says whether up."""
    if not finer:
        return whole + (fractions[:, 0] >> np.uint64(WORD - 1)).astype(np.int64)
    sizes = np.empty(len(whole), dtype=object)
    for position, (number, row) in enumerate(zip(whole.tolist(), fractions, strict=True)):
        digits = _digits(row)
        first = digits.head >> (digits.bits - finer - 1)
        sizes[position] = (number << finer) + (first + 1 >> 1)
    return sizes


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
