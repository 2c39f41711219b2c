"""Gaussian noise, rounded to whole steps, on every part of the tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod, sqrt
from typing import Any, ClassVar, Self

import numpy as np

from privacy.errors import PlanError
from privacy.loss import MICRO, Rho, epsilon_of, rho_for
from privacy.noise import intervals
from privacy.plan.mechanism import Charge, Counts, PlanTerms, Residuals, Samplers, Vector, Words
from privacy.plan.optimum import grid_variances
from privacy.plan.parts import Contrasts, Part, parts_of
from privacy.plan.residual import residual, without_means
from privacy.plan.sensitivity import Costs
from privacy.plan.shaping import contrasts_for
from privacy.plan.workload import Marginal

#: Costs computed with floats are raised by this factor, more than their rounding error.
SAFETY = 1 + 1e-9


@dataclass(frozen=True)
class GaussianNoise:
    """Gaussian noise, rounded to whole steps, on every part.

    Parameters
    ----------
    grid_variances : tuple of Fraction
        Variance of the normal number of each part of the closure at the finest tier, before it is
        rounded, in squared steps of its grid, 1 / (q_A D_A).
    normal_people, normal_share : Fraction
        The same, in squared people and squared contributions; 0 where it is not measured.
    contrasts : tuple of Contrasts
        Of the measures along which noise is shaped.

    References
    ----------
    docs/privacy.md, "Noise on a grid".
    """

    grid_variances: tuple[Fraction, ...]
    normal_people: Fraction
    normal_share: Fraction
    contrasts: tuple[Contrasts, ...] = ()

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
        """Share out rho, and find the best noise of each part.

        Raises
        ------
        PlanError
            For a budget that cannot be spent or is too small to be shared out.
        """
        total = rho_for(terms.epsilon, terms.delta)
        parts = terms.shared_out(total.micro, people)
        charge = Charge(*(Rho(part) for part in parts))
        contrasts = contrasts_for(terms.schema, terms.workload, terms.objective)
        return charge, cls(
            grid_variances(terms.schema, terms.workload, charge.cube, terms.objective, contrasts),
            _variance_for(charge.people, 1),
            _variance_for(charge.shares, terms.schema.bound),
            contrasts,
        )

    def parts(self, terms: PlanTerms) -> tuple[Part, ...]:
        """List what has noise of its own, in the order of the variances."""
        return parts_of(terms.closure, self.contrasts)

    def is_sound(self, terms: PlanTerms, charge: Charge) -> bool:
        """Work out anew whether the noise costs no more than it is charged for."""
        parts = self.parts(terms)
        if not self._fits(terms) or len(parts) != len(self.grid_variances):
            return False
        grids = [grid * size for grid, size in map(terms.grid_and_size, parts)]
        variances = np.array(
            [float(v / grid**2) for v, grid in zip(self.grid_variances, grids, strict=True)]
        )
        costs = Costs(terms.schema, parts, self.contrasts)
        people, shares = self.normal_people, self.normal_share
        bound = terms.schema.bound
        return (
            charge.rho <= rho_for(terms.epsilon, terms.delta)
            and bool((variances > 0).all())
            and costs.squared_sensitivity(variances) * SAFETY <= 2 * charge.cube.value
            and (people == 0 or MICRO <= 2 * charge.people.micro * people)
            and (terms.sources == 1 or bound**2 * MICRO <= 2 * charge.shares.micro * shares)
        )

    def _fits(self, terms: PlanTerms) -> bool:
        """Say whether contrasts are of measures as they are, which no table joins with others."""
        shaped = {one.measure: len(one.rows) + 1 for one in self.contrasts}
        soft = set(terms.schema.soft)
        return (
            len(shaped) == len(self.contrasts)
            and all(n in soft and terms.schema.size(n) == size for n, size in shaped.items())
            and not any(
                shaped.keys() & {*subset} and len(soft & {*subset}) > 1 for subset in terms.closure
            )
        )

    def epsilon_spent(self, terms: PlanTerms, charge: Charge) -> float:
        """Say what the release costs, as epsilon at its delta."""
        return epsilon_of(charge.rho, terms.delta)

    def counted(self, closure: tuple[Marginal, ...]) -> tuple[Marginal, ...]:
        """Name the tables whose exact masses are needed: all of them."""
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
        counts: Counts | None,
        step: int,
    ) -> Residuals:
        """Draw the numerators of all residuals: of noise, or of counts and noise."""
        drawn = {}
        contrasts = {one.measure: one for one in self.contrasts}
        for part, variance in zip(self.parts(terms), self.grid_variances, strict=True):
            shape = terms.shape(part.axes)
            noise = samplers.rounded_gaussian(variance * step, prod(shape)).reshape(shape)
            if counts is None:
                drawn[part] = without_means(noise)
                continue
            masses = counts[part.subset]
            if part.measure is not None:
                masses = contrasts[part.measure].of(masses, part.contrast)
            drawn[part] = residual(masses, noise)
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
            **({"contrasts": [one.to_dict() for one in self.contrasts]} if self.contrasts else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], closure: tuple[Marginal, ...]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        PlanError
            Where there is not one variance for each part.
        """
        variances = tuple(Fraction(variance) for variance in data["grid_variances"])
        contrasts = tuple(Contrasts.from_dict(one) for one in data.get("contrasts", ()))
        if len(variances) != len(parts_of(closure, contrasts)):
            raise PlanError("a part has no variance")
        people, share = Fraction(data["people_variance"]), Fraction(data["share_variance"])
        return cls(variances, people, share, contrasts)


def _variance_for(rho: Rho, sensitivity: int) -> Fraction:
    """Return the Gaussian variance that costs rho; 0 where nothing is spent."""
    return Fraction(sensitivity**2 * MICRO, 2 * rho.micro) if rho.micro else Fraction(0)
