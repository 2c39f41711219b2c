"""Gaussian noise, rounded to whole steps, on every residual of the tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod, sqrt
from typing import Any, ClassVar, Self

import numpy as np

from privacy.errors import PlanError
from privacy.loss import MICRO, Rho, epsilon_of, rho_for
from privacy.noise import intervals
from privacy.plan.mechanism import Charge, Counts, PlanTerms, Samplers, Vector, Words
from privacy.plan.optimum import grid_variances
from privacy.plan.residual import Exact, residual, without_means
from privacy.plan.sensitivity import Costs
from privacy.plan.workload import Marginal

#: Costs computed with floats are raised by this factor, more than their rounding error.
SAFETY = 1 + 1e-9


@dataclass(frozen=True)
class GaussianNoise:
    """Gaussian noise, rounded to whole steps, on every residual.

    Parameters
    ----------
    grid_variances : tuple of Fraction
        Variance of the normal number of each residual of the closure at the finest tier, before it
        is rounded, in squared steps of its grid, 1 / (q_A D_A).
    normal_people, normal_share : Fraction
        The same, in squared people and squared contributions; 0 where it is not measured.

    References
    ----------
    docs/privacy.md, "Noise on a grid".
    """

    grid_variances: tuple[Fraction, ...]
    normal_people: Fraction
    normal_share: Fraction

    name: ClassVar[str] = "rounded-gaussian"
    words: ClassVar[Words] = Words(
        "Gaussian noise, rounded, on residuals, drawn once",
        f"value +- {intervals.QUANTILE:.2f} standard deviations of the noise",
        "Fieller's set of a ratio of two Gaussian figures",
    )
    normal: ClassVar[bool] = True
    widest: ClassVar[float] = intervals.QUANTILE

    @classmethod
    def planned(cls, terms: PlanTerms, people: bool) -> tuple[Charge, Self]:
        """Share out rho, and find the best noise of each residual.

        Raises
        ------
        PlanError
            For a budget that cannot be spent or is too small to be shared out.
        """
        total = rho_for(terms.epsilon, terms.delta)
        parts = terms.shared_out(total.micro, people)
        charge = Charge(*(Rho(part) for part in parts))
        return charge, cls(
            grid_variances(terms.schema, terms.workload, charge.cube, terms.objective),
            _variance_for(charge.people, 1),
            _variance_for(charge.shares, terms.schema.bound),
        )

    def is_sound(self, terms: PlanTerms, charge: Charge) -> bool:
        """Work out anew whether the noise costs no more than it is charged for."""
        grids = [grid * size for grid, size in map(terms.grid_and_size, terms.closure)]
        variances = np.array(
            [float(v / grid**2) for v, grid in zip(self.grid_variances, grids, strict=True)]
        )
        costs = Costs(terms.schema, terms.closure)
        people, shares = self.normal_people, self.normal_share
        bound = terms.schema.bound
        return (
            charge.rho <= rho_for(terms.epsilon, terms.delta)
            and bool((variances > 0).all())
            and costs.squared_sensitivity(variances) * SAFETY <= 2 * charge.cube.value
            and (people == 0 or MICRO <= 2 * charge.people.micro * people)
            and (terms.sources == 1 or bound**2 * MICRO <= 2 * charge.shares.micro * shares)
        )

    def epsilon_spent(self, terms: PlanTerms, charge: Charge) -> float:
        """Say what the release costs, as epsilon at its delta."""
        return epsilon_of(charge.rho, terms.delta)

    def counted(self, closure: tuple[Marginal, ...]) -> tuple[Marginal, ...]:
        """Name the tables whose exact masses are needed: one for each residual."""
        return closure

    def residual_variance(self, position: int, grid: int, size: int) -> float:
        """Return s2_A in squared contributions; `grid` is q_A, `size` is D_A."""
        return intervals.rounded_variance(self.grid_variances[position]) / (grid * size) ** 2

    @property
    def people_variance(self) -> float:
        """Of the number of people, in squared people; 0 where it is not measured."""
        return intervals.rounded_variance(self.normal_people)

    @property
    def share_variance(self) -> float:
        """Of a source's share, in squared contributions; 0 where it is not measured."""
        return intervals.rounded_variance(self.normal_share)

    def denominator(self, grid: int, size: int) -> int:
        """Return what a residual's whole numbers are counted in: 1 / (q_A D_A^2)."""
        return grid * size**2

    def half_width(self, weights: Vector, sd: float, factor: int) -> float:
        """Return half the noise interval of a linear functional: 1.96 standard deviations."""
        return intervals.QUANTILE * sd

    def people_half_width(self, factor: int) -> float:
        """Return half the noise interval of the number of people, in whole people."""
        return float(intervals.whole_half_width(sqrt(self.people_variance * factor)))

    def draw_residuals(
        self,
        samplers: Samplers,
        terms: PlanTerms,
        counts: Mapping[Marginal, Exact] | None,
        step: int,
    ) -> Counts:
        """Draw the numerators of all residuals: of noise, or of counts and noise."""
        drawn = {}
        for subset, variance in zip(terms.closure, self.grid_variances, strict=True):
            shape = terms.shape(subset)
            noise = samplers.rounded_gaussian(variance * step, prod(shape)).reshape(shape)
            drawn[subset] = (
                without_means(noise) if counts is None else residual(counts[subset], noise)
            )
        return drawn

    def draw_people(self, samplers: Samplers, step: int) -> int:
        """Draw the noise of the number of people."""
        return int(samplers.rounded_gaussian(self.normal_people * step, 1)[0])

    def draw_share(self, samplers: Samplers) -> int:
        """Draw the noise of one source's kept contributions."""
        return int(samplers.rounded_gaussian(self.normal_share, 1)[0])

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        return {
            "grid_variances": [str(variance) for variance in self.grid_variances],
            "people_variance": str(self.normal_people),
            "share_variance": str(self.normal_share),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], closure: tuple[Marginal, ...]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        PlanError
            Where there is not one variance for each residual.
        """
        variances = tuple(Fraction(variance) for variance in data["grid_variances"])
        if len(variances) != len(closure):
            raise PlanError("a residual has no variance")
        return cls(variances, Fraction(data["people_variance"]), Fraction(data["share_variance"]))


def _variance_for(rho: Rho, sensitivity: int) -> Fraction:
    """Return the Gaussian variance that costs rho; 0 where nothing is spent."""
    return Fraction(sensitivity**2 * MICRO, 2 * rho.micro) if rho.micro else Fraction(0)
