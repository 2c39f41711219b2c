"""Noise intervals of ratios of two figures of one table: means and shares."""

from dataclasses import dataclass
from math import inf
from typing import Self

import numpy as np
import numpy.typing as npt

from privacy.noise import intervals
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.tiers import Tier
from privacy.plan.workload import Marginal

Vector = npt.NDArray[np.float64]

POINTS = 33
HALVINGS = 50


@dataclass(frozen=True, eq=False)
class RatioNoise:
    """The noise of a ratio, the same for all cells of a table.

    Normal noise: Fieller's set in closed form. Any other noise: the same set, of all r for which
    top - r bottom is not told apart from zero, with the quantiles of its own noise, which are
    computed at some r and interpolated.

    Parameters
    ----------
    bounds : tuple of float
        What the ratio cannot leave.
    variances : tuple of float, or None
        Of top and bottom, and their covariance; None where the noise is not normal.
    at, half : (n,) float64
        Ratios, and half the noise interval of top - r bottom there.
    bottom_half : float
        Half the noise interval of the bottom.
    """

    bounds: tuple[float, float]
    variances: tuple[float, float, float] | None
    at: Vector
    half: Vector
    bottom_half: float

    @classmethod
    def of(
        cls,
        plan: NoisePlan,
        marginal: Marginal,
        top: Vector,
        bottom: Vector,
        tier: Tier,
        bounds: tuple[float, float],
    ) -> Self:
        """Work out the noise of a ratio of two linear functionals of a table.

        Parameters
        ----------
        plan : NoisePlan
        marginal : Marginal
        top, bottom : (d_1, ..., d_n) float64
            The weight of each entry of the table.
        tier : Tier
        bounds : tuple of float
        """
        bottom_half = plan.half_width(marginal, bottom, tier)
        if plan.noise.normal:
            pairs = ((top, top), (bottom, bottom), (top, bottom))
            first, second, third = (plan.covariance_of(marginal, a, b, tier) for a, b in pairs)
            return cls(bounds, (first, second, third), np.empty(0), np.empty(0), bottom_half)
        at = np.linspace(*bounds, POINTS)
        half = np.array([plan.half_width(marginal, top - r * bottom, tier) for r in at])
        return cls(bounds, None, at, half, bottom_half)

    def interval(self, top: float, bottom: float) -> tuple[float, float, float, bool]:
        """Return value, low, high, and whether the bottom is told apart from zero."""
        if self.variances is not None:
            return intervals.fieller(top, bottom, *self.variances, self.bounds)
        low, high = self.bounds
        if bottom <= self.bottom_half:
            value = top / bottom if bottom > 0 else (low + high) / 2
            return min(max(value, low), high), low, high, False
        value = min(max(top / bottom, low), high)
        return (
            value,
            self._edge(top, bottom, value, low),
            self._edge(top, bottom, value, high),
            True,
        )

    def _edge(self, top: float, bottom: float, value: float, bound: float) -> float:
        """Find the end of the set between the value, which is in it, and a bound, by halving."""
        if self._within(top, bottom, bound):
            return bound
        inside, outside = value, bound
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (
                (middle, outside) if self._within(top, bottom, middle) else (inside, middle)
            )
        return outside

    def _within(self, top: float, bottom: float, ratio: float) -> bool:
        half = float(np.interp(ratio, self.at, self.half, left=inf, right=inf))
        return abs(top - ratio * bottom) <= half
