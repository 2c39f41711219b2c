"""Discrete Gaussian noise, which earlier releases have: it is read, and drawn no more."""

from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt
from typing import ClassVar, Self

from privacy.errors import PlanError
from privacy.loss import Rho
from privacy.plan.gaussian import GaussianNoise
from privacy.plan.mechanism import Charge, Counts, PlanTerms, Residuals, Samplers, Words


@dataclass(frozen=True)
class DiscreteGaussianNoise(GaussianNoise):
    """Noise with P(x) ~ exp(-x^2 / (2 variance)) over whole steps, on every residual.

    Its variances are those of the noise itself. It was planned and charged as zCDP, which allowed
    7 % more noise at (1, 10^-6) than rounded noise needs.

    References
    ----------
    Canonne, Kamath, Steinke (2020), The Discrete Gaussian for Differential Privacy, arXiv
    2004.00010.
    """

    name: ClassVar[str] = "gaussian"
    words: ClassVar[Words] = Words(
        "discrete Gaussian noise on residuals, drawn once",
        GaussianNoise.words.linear,
        GaussianNoise.words.ratio,
    )

    @classmethod
    def planned(cls, terms: PlanTerms, people: bool) -> tuple[Charge, Self]:
        """Refuse: rounded noise is smaller.

        Raises
        ------
        PlanError
        """
        raise PlanError("Discrete Gaussian noise is read, and drawn no more")

    def epsilon_spent(self, terms: PlanTerms, charge: Charge) -> float:
        """Say what the release costs, as epsilon at its delta, by zCDP alone."""
        return zcdp_epsilon_of(charge.rho, terms.delta)

    def residual_variance(self, position: int, grid: int, size: int) -> float:
        """Return s2_A in squared contributions; `grid` is q_A, `size` is D_A."""
        return float(self.grid_variances[position] / (grid * size) ** 2)

    @property
    def people_variance(self) -> float:
        """Of the number of people, in squared people; 0 where it is not measured."""
        return float(self.normal_people)

    @property
    def share_variance(self) -> float:
        """Of a source's share, in squared contributions; 0 where it is not measured."""
        return float(self.normal_share)

    def draw_residuals(
        self,
        samplers: Samplers,
        terms: PlanTerms,
        counts: Counts | None,
        step: int,
    ) -> Residuals:
        """Refuse: a plan is measured once, and these were."""
        raise PlanError("Discrete Gaussian noise is read, and drawn no more")


def zcdp_epsilon_of(rho: Rho, delta: float) -> float:
    """Convert a zCDP loss into the smallest epsilon that is proved at `delta`.

    Any order alpha > 1 gives a true statement, so an imperfect search only errs on the safe side.

    References
    ----------
    Canonne, Kamath, Steinke (2020), arXiv 2004.00010, Proposition 12.
    """

    def at(alpha: float) -> float:
        return rho.value * alpha + (log(1 / delta) - log(alpha)) / (alpha - 1) + log1p(-1 / alpha)

    centre = log(sqrt(log(1 / delta) / rho.value) + 1e-9)
    low, high = min(-12.0, centre - 12), max(25.0, centre + 12)
    golden = (sqrt(5) - 1) / 2
    best = inf
    for _ in range(120):
        left, right = high - golden * (high - low), low + golden * (high - low)
        at_left, at_right = at(1 + exp(left)), at(1 + exp(right))
        best = min(best, at_left, at_right)
        low, high = (low, right) if at_left < at_right else (left, high)
    return max(0.0, best)
