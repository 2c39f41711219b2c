"""How many contributions each bound would have kept, from the few bounds at which it is known.

With n_p the records of person p, a bound K keeps F(K) = sum over p of min(n_p, K). From K - 1 to K
it grows by the number of people who have K records or more, so F is concave and never falls. A
release knows F at a few bounds, each with noise; between them F is held from both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from privacy.noise.intervals import LEVEL, QUANTILE

Vector = npt.NDArray[np.float64]
HALVINGS = 60


@dataclass(frozen=True)
class Kept:
    """What one bound keeps, as it was released.

    Parameters
    ----------
    bound : int
        K, >= 1.
    value : float
        F(K) with normal noise, which has nothing to do with that of other bounds.
    variance : float
        Of the noise, >= 0.
    """

    bound: int
    value: float
    variance: float


@dataclass(frozen=True)
class LeftOut:
    """What a bound would leave out of what the largest known bound keeps.

    Parameters
    ----------
    bound : int
    value, low, high : float
        Contributions, >= 0, and an interval that holds the exact number in at least 95 of 100
        draws of the noise, however many records people have.
    """

    bound: int
    value: float
    low: float
    high: float


def left_out(known: Sequence[Kept]) -> tuple[LeftOut, ...]:
    """Estimate what each bound would leave out, from 1 to the largest known one.

    Parameters
    ----------
    known : sequence of Kept
        By bound, at least one; of bounds that differ.
    """
    likely = _kept_by_each(known)
    found = []
    for bound in range(1, known[-1].bound + 1):
        low, high = _interval(known, bound)
        value = float(likely[-1] - likely[bound - 1])
        found.append(LeftOut(bound, min(max(value, low), high), low, high))
    return tuple(found)


def concave(known: Sequence[Kept]) -> Vector:
    """Return the nearest values that some people can have, in units of their noise: (n,) float64.

    The slopes from nought to each known bound must neither grow nor be negative: n linear
    constraints, so the nearest point lies on the face of those that bind, and faces are few.
    """
    constraints = _slopes(known)
    constraints[:-1] -= constraints[1:]
    values = np.array([one.value for one in known])
    floor = max(1e-6 * max(one.variance for one in known), 1e-12)
    variances = np.diag([max(one.variance, floor) for one in known])
    best, nearest = np.zeros(len(known)), np.inf
    for face in range(2 ** len(known)):
        binding = constraints[[bool(face >> place & 1) for place in range(len(known))]]
        reach = variances @ binding.T
        moved = values - reach @ np.linalg.solve(binding @ reach, binding @ values)
        distance = float(((moved - values) ** 2 / variances.diagonal()).sum())
        if distance < nearest and (constraints @ moved >= -1e-9 * (1 + abs(moved).max())).all():
            best, nearest = moved, distance
    return best


def _slopes(known: Sequence[Kept]) -> Vector:
    """Return what makes slopes of values: (n, n) float64."""
    widths = np.diff([0, *(one.bound for one in known)])
    return np.asarray((np.eye(len(known)) - np.eye(len(known), k=-1)) / widths[:, None])


def _kept_by_each(known: Sequence[Kept]) -> Vector:
    """Return what each bound would likely keep: (largest bound,) float64.

    Of those who have one record more a fixed part has yet another, as far as that agrees with the
    known values: exact where records are geometric, and where all people have the same number up
    to a known bound. Else it is one of the many answers between the two sides of `_interval`.
    """
    slopes = [*(_slopes(known) @ concave(known)), 0.0]
    widths = np.diff([0, *(one.bound for one in known)])
    steps = [max(0.0, slopes[0])] * int(widths[0])
    for width, (mean, after) in zip(widths[1:], pairwise(slopes[1:]), strict=True):
        steps += _falling(steps[-1], max(0.0, mean), after, int(width))
    return np.cumsum(steps)


def _falling(start: float, mean: float, least: float, width: int) -> list[float]:
    """Return steps that fall by a fixed part from `start`, with this mean, none below `least`."""
    if mean >= start:
        return [start] * width
    powers = np.arange(1, width + 1)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        part = (low + high) / 2
        low, high = (part, high) if (start * part**powers).mean() < mean else (low, part)
    steps = start * high**powers
    # Nearer to their mean where the last would be below what comes after.
    share = min(1.0, (mean - least) / (mean - steps[-1])) if steps[-1] < mean else 1.0
    return list(mean + share * (steps - mean))


def _interval(known: Sequence[Kept], bound: int) -> tuple[float, float]:
    """Return what a bound may leave out, by concavity and by the noise.

    The chord between two known values lies below F, the chords beside it above, and F(K) is no
    more than F at the next known bound. Each is linear in the released values, so its noise is
    known; where two hold from above, each errs half as often.
    """
    place = next(n for n, one in enumerate(known) if one.bound >= bound)
    most, most_sd = _beside(known, _chord(known, place, bound))
    sides = (place,) if known[place].bound == bound else (place - 1, place + 1)
    above = [_beside(known, _chord(known, side, bound)) for side in sides if side >= 0]
    quantile = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / len(above))
    low = max(0.0, *(least - quantile * sd for least, sd in above))
    return low, max(low, most + QUANTILE * most_sd)


def _chord(known: Sequence[Kept], place: int, bound: int) -> Vector:
    """Return the weights of the line through a known bound and the one before; level after all."""
    unit = np.eye(len(known))
    if place == len(known):
        return np.asarray(unit[-1])
    before = known[place - 1].bound if place else 0
    share = (bound - before) / (known[place].bound - before)
    return np.asarray(share * unit[place] + ((1 - share) * unit[place - 1] if place else 0))


def _beside(known: Sequence[Kept], kept: Vector) -> tuple[float, float]:
    """Return what the largest known bound keeps beyond what is kept, and the noise of that."""
    weights = np.eye(len(known))[-1] - kept
    value = weights @ [one.value for one in known]
    return float(value), sqrt(float(weights**2 @ [one.variance for one in known]))
