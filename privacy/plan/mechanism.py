"""What each kind of noise must say of itself: what it costs, how wide it is, how it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.loss import Rho
from privacy.plan.objective import Objective
from privacy.plan.parts import Contrasts, Part
from privacy.plan.residual import Exact
from privacy.plan.workload import Marginal, Workload, cells
from privacy.schema import CubeSchema

#: Exact masses by table, and numerators of residuals by part.
Counts = Mapping[Marginal, Exact]
Residuals = dict[Part, Exact]
Vector = npt.NDArray[np.float64]

PEOPLE_PERCENT = 5
SHARES_PERCENT = 5
BROUGHT_PERCENT = 1


@dataclass(frozen=True)
class PlanTerms:
    """What is measured, and within which privacy loss; all of it public.

    Parameters
    ----------
    schema : CubeSchema
    workload : Workload
    objective : Objective
        What the noise is made small for.
    epsilon, delta : float
        What the whole release stays within.
    sources : int
        How many producers' datasets are measured together, >= 1.
    brought : bool
        Whether the contributions that people brought, before bounding, are counted.
    """

    schema: CubeSchema
    workload: Workload
    objective: Objective
    epsilon: float
    delta: float
    sources: int
    brought: bool = False

    @cached_property
    def closure(self) -> tuple[Marginal, ...]:
        """All residuals, in the order of all plans."""
        return self.workload.closure()

    def grid_and_size(self, part: Part) -> tuple[int, int]:
        """Return q_A and D_A: masses are multiples of 1 / q_A, and there are D_A cells."""
        return prod(self.schema.grid(axis) for axis in part.subset), cells(self.schema, part.axes)

    def shape(self, subset: Marginal) -> tuple[int, ...]:
        """Return the number of cells along each axis."""
        return tuple(self.schema.size(axis) for axis in subset)

    def shared_out(self, total: int, people: bool) -> tuple[int, int, int, int]:
        """Share a budget between tables, number of people, shares, and what was brought.

        Parameters
        ----------
        total : int
            In millionths, >= 0.
        people : bool
            Whether the number of people is measured.

        Returns
        -------
        tuple of (int, int, int, int)
            In millionths; they add up to the total.

        Raises
        ------
        PlanError
            Where a part would be nothing.
        """
        percents = (
            PEOPLE_PERCENT if people else 0,
            SHARES_PERCENT if self.sources > 1 else 0,
            BROUGHT_PERCENT if self.brought else 0,
        )
        counted, shares, brought = (total * percent // 100 for percent in percents)
        parts = zip(percents, (counted, shares, brought), strict=True)
        if not total or any(percent and not part for percent, part in parts):
            raise PlanError("This budget is too small to be shared out")
        return total - counted - shares - brought, counted, shares, brought


@dataclass(frozen=True)
class Charge:
    """The loss of a release: of its tables, its people, its sources' shares, what was brought."""

    cube: Rho
    people: Rho
    shares: Rho
    brought: Rho

    @property
    def rho(self) -> Rho:
        """All of it together."""
        return self.cube + self.people + self.shares + self.brought


@dataclass(frozen=True)
class Words:
    """A kind of noise in words, for those who read a release.

    Parameters
    ----------
    noise : str
        What was drawn, and on what.
    linear, ratio : str
        How the noise interval is made of a count or sum, and of a mean or share.
    """

    noise: str
    linear: str
    ratio: str


class Samplers(Protocol):
    """Draws exact noise from the system's randomness: `privacy.noise.samplers`.

    Handed in where noise is drawn, so that reading a plan or a release loads none of it.
    """

    def rounded_gaussian(self, variance: Fraction, size: int) -> Exact:
        """Draw (size,) normal numbers of that variance, rounded to whole ones."""
        ...

    def discrete_laplace(self, scale: Fraction, size: int) -> Exact:
        """Draw (size,) whole numbers with P(x) ~ exp(-|x| / scale)."""
        ...

    def discrete_k_norm(self, scale: Fraction, bound: int, size: int) -> Exact:
        """Draw one vector of (size,) whole numbers with P(z) ~ exp(-bound ||z|| / scale)."""
        ...


class Noise(Protocol):
    """The noise of one plan: immutable, made of public facts.

    Attributes
    ----------
    name : str
        As it is stored.
    words : Words
    normal : bool
        Whether all figures, being linear in the noise, have normal noise: then the interval of a
        ratio has a closed form.
    contrasts : tuple of Contrasts
        Of the measures along which noise is shaped.
    widest : float
        Half the noise interval (95 %) of a sum of independent noises, in standard deviations, at
        most.
    """

    name: ClassVar[str]
    words: ClassVar[Words]
    normal: ClassVar[bool]
    widest: ClassVar[float]

    @property
    def contrasts(self) -> tuple[Contrasts, ...]:
        """Of the measures along which noise is shaped."""
        ...

    @classmethod
    def planned(cls, terms: PlanTerms, people: bool) -> tuple[Charge, Self]:
        """Plan the best noise of this kind, and say what it costs.

        Parameters
        ----------
        terms : PlanTerms
        people : bool
            Whether to measure the number of people.

        Raises
        ------
        PlanError
            Where this kind cannot serve these tables within this budget.
        """
        ...

    def is_sound(self, terms: PlanTerms, charge: Charge) -> bool:
        """Work out anew whether the noise costs no more than it is charged for."""
        ...

    def epsilon_spent(self, terms: PlanTerms, charge: Charge) -> float:
        """Say what the release costs, as epsilon at its delta."""
        ...

    def counted(self, closure: tuple[Marginal, ...]) -> tuple[Marginal, ...]:
        """Name the tables whose exact masses are needed."""
        ...

    def residual_variance(self, position: int, grid: int, size: int) -> float:
        """Return s2_A at the finest tier, in squared contributions.

        Parameters
        ----------
        position : int
            Of A among the parts.
        grid, size : int
            q_A and D_A.
        """
        ...

    def denominator(self, grid: int, size: int) -> int:
        """Return what a residual's whole numbers are counted in, as 1 / this."""
        ...

    @property
    def people_variance(self) -> float | Fraction:
        """Of the number of people, in squared people; 0 where it is not measured."""
        ...

    @property
    def share_variance(self) -> float | Fraction:
        """Of a source's share, in squared contributions; 0 where it is not measured."""
        ...

    def half_width(self, weights: Vector, sd: float, factor: int) -> float:
        """Return half the noise interval (95 %) of a linear functional of a table.

        Parameters
        ----------
        weights : (d_1, ..., d_n) float64
            Of each entry of the table.
        sd : float
            Standard deviation of the functional's noise, >= 0.
        factor : int
            Variance factor of the tier.
        """
        ...

    def people_half_width(self, factor: int) -> float:
        """Return half the noise interval (95 %) of the number of people, in whole people."""
        ...

    def draw_residuals(
        self,
        samplers: Samplers,
        terms: PlanTerms,
        counts: Counts | None,
        step: int,
    ) -> Residuals:
        """Draw the numerators of all residuals: of noise, or of counts and noise.

        Parameters
        ----------
        samplers : Samplers
        terms : PlanTerms
        counts : mapping of Marginal to Exact, or None
            Exact masses of the `counted` tables; None for noise alone.
        step : int
            Variance of the noise, relative to that of the finest tier, >= 1.
        """
        ...

    def draw_people(self, samplers: Samplers, step: int) -> int:
        """Draw the noise of the number of people, in people."""
        ...

    def draw_share(self, samplers: Samplers) -> int:
        """Draw the noise of one source's kept contributions, in contributions."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        ...

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], closure: tuple[Marginal, ...]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        PlanError
            Where it does not fit the closure.
        """
        ...
