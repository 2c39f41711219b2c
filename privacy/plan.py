"""The noise plan: how much noise each residual gets, known before any row is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod, sqrt
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError, PrivacyError
from privacy.loss import MICRO, Rho, epsilon_of, rho_for
from privacy.optimum import SAFETY, grid_variances
from privacy.schema import CubeSchema
from privacy.sensitivity import squared_sensitivity
from privacy.tiers import TIERS, Tier, check_tiers
from privacy.workload import Marginal, Workload, cells

PEOPLE_PERCENT = 5
SHARES_PERCENT = 5

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NoisePlan:
    """A residual plan with its budget; a function of public facts alone.

    Parameters
    ----------
    schema, workload
        What is measured.
    epsilon, delta : float
        What the whole release stays within.
    tiers : tuple of Tier
        Finest first.
    sources : int
        How many producers' datasets are measured together, >= 1.
    cube_rho, people_rho, shares_rho : Rho
        How the loss is shared between tables, number of people and shares of the sources.
    grid_variances : tuple of Fraction
        Noise variance of each residual of the closure at the finest tier, in squared steps of
        its grid (see `grid`).
    people_variance, share_variance : Fraction
        In squared people and squared contributions; the latter is 0 with one source, whose
        share is the released total.
    """

    schema: CubeSchema
    workload: Workload
    epsilon: float
    delta: float
    tiers: tuple[Tier, ...]
    sources: int
    cube_rho: Rho
    people_rho: Rho
    shares_rho: Rho
    grid_variances: tuple[Fraction, ...]
    people_variance: Fraction
    share_variance: Fraction

    @property
    def rho(self) -> Rho:
        """The zCDP loss of the whole release: what is charged to each person."""
        return self.cube_rho + self.people_rho + self.shares_rho

    @cached_property
    def closure(self) -> tuple[Marginal, ...]:
        """All residuals measured, in the order of `grid_variances`."""
        return self.workload.closure()

    @cached_property
    def _positions(self) -> dict[Marginal, int]:
        return {subset: position for position, subset in enumerate(self.closure)}

    def grid(self, subset: Marginal) -> int:
        """Count the steps per unit of mass on which a residual's noise is drawn: q times cells."""
        return prod(self.schema.grid(axis) for axis in subset) * cells(self.schema, subset)

    def grid_variance(self, subset: Marginal) -> Fraction:
        """Noise variance of a residual at the finest tier, in squared grid steps."""
        return self.grid_variances[self._position(subset)]

    def residual_variance(self, subset: Marginal) -> float:
        """Noise variance s2_A of a residual at the finest tier, in squared contributions."""
        return float(self.grid_variance(subset) / self.grid(subset) ** 2)

    def tier(self, name: str) -> Tier:
        """Return the tier of that name.

        Raises
        ------
        PlanError
            Where there is none.
        """
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise PlanError(f"There is no tier {name!r}")

    def cell_variance(self, marginal: Marginal, tier: Tier) -> float:
        """Noise variance of one cell of a table, in squared contributions.

        Along a measure a cell is a knot. Equal for all cells of the table.
        """
        self._position(marginal)
        spike = {axis: _spike(self.schema.size(axis)) for axis in marginal}
        return self.covariance(marginal, spike, spike, tier)

    def cell_sd(self, marginal: Marginal, tier: Tier) -> float:
        """Noise standard deviation of one cell, in contributions."""
        return sqrt(self.cell_variance(marginal, tier))

    def people_sd(self, tier: Tier) -> float:
        """Noise standard deviation of the number of people."""
        return sqrt(self.people_variance * tier.variance_factor)

    def share_sd(self) -> float:
        """Noise standard deviation of one source's kept contributions."""
        if self.sources == 1:
            return self.cell_sd((), self.tiers[0])
        return sqrt(self.share_variance)

    def covariance(
        self, marginal: Marginal, a: Mapping[str, Vector], b: Mapping[str, Vector], tier: Tier
    ) -> float:
        """Noise covariance of two separable linear functionals of a table.

        sum_{A <= M} s2_A prod_{i in A} <a_i - mean, b_i - mean>
        prod_{i in M minus A} (1'a_i)(1'b_i) / d_i^2

        Parameters
        ----------
        marginal : Marginal
        a, b : mapping of axis to (d_i,) float64
            The functional's factor along each axis of the marginal.
        tier : Tier

        References
        ----------
        docs/privacy.md, "What the noise adds up to".
        """
        self._position(marginal)
        total = 0.0
        for subset in self.closure:
            if not set(subset) <= set(marginal):
                continue
            term = self.residual_variance(subset)
            for axis in marginal:
                left, right = a[axis], b[axis]
                if axis in subset:
                    term *= float((left - left.mean()) @ (right - right.mean()))
                else:
                    term *= float(left.mean() * right.mean())
            total += term
        return total * tier.variance_factor

    def check(self) -> None:
        """Recompute what the plan costs.

        Raises
        ------
        PlanError
            Where it costs more than it says, as a plan tampered with may.
        """
        variances = {subset: self.residual_variance(subset) for subset in self.closure}
        bound = self.schema.bound
        sound = (
            self.rho <= rho_for(self.epsilon, self.delta)
            and self.sources >= 1
            and all(variance > 0 for variance in self.grid_variances)
            and squared_sensitivity(self.schema, variances) * SAFETY <= 2 * self.cube_rho.value
            and 1 <= 2 * _fraction(self.people_rho) * self.people_variance
            and (
                self.sources == 1
                or bound**2 <= 2 * _fraction(self.shares_rho) * self.share_variance
            )
        )
        if not sound:
            raise PlanError("The plan costs more than it says")

    def check_sources(self, sources: tuple[str, ...]) -> None:
        """Refuse other sources than the plan was made for.

        Raises
        ------
        PlanError
        """
        if len(sources) != self.sources:
            raise PlanError(f"The plan is for {self.sources} sources, not {len(sources)}")

    def check_schema(self, schema: CubeSchema) -> None:
        """Refuse another schema than the plan was made for.

        Raises
        ------
        PlanError
        """
        if schema != self.schema:
            raise PlanError("The plan is for another schema")

    def _position(self, subset: Marginal) -> int:
        try:
            return self._positions[subset]
        except KeyError:
            raise PlanError(f"The plan has no table {subset}") from None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        return {
            "schema": self.schema.to_dict(),
            "workload": self.workload.to_dict(),
            "epsilon": self.epsilon,
            "delta": self.delta,
            "tiers": [[tier.name, tier.variance_factor] for tier in self.tiers],
            "sources": self.sources,
            "cube_rho": self.cube_rho.micro,
            "people_rho": self.people_rho.micro,
            "shares_rho": self.shares_rho.micro,
            "grid_variances": [str(variance) for variance in self.grid_variances],
            "people_variance": str(self.people_variance),
            "share_variance": str(self.share_variance),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        PlanError
            Where it is not a plan.
        """
        try:
            plan = cls(
                CubeSchema.from_dict(data["schema"]),
                Workload.from_dict(data["workload"]),
                float(data["epsilon"]),
                float(data["delta"]),
                tuple(Tier(name, int(factor)) for name, factor in data["tiers"]),
                int(data["sources"]),
                Rho(data["cube_rho"]),
                Rho(data["people_rho"]),
                Rho(data["shares_rho"]),
                tuple(Fraction(variance) for variance in data["grid_variances"]),
                Fraction(data["people_variance"]),
                Fraction(data["share_variance"]),
            )
        except (KeyError, TypeError, ValueError, PrivacyError) as error:
            raise PlanError(f"Not a plan: {error}") from error
        if len(plan.grid_variances) != len(plan.closure):
            raise PlanError("Not a plan: a residual has no variance")
        return plan


def plan_release(
    schema: CubeSchema,
    workload: Workload,
    epsilon: float,
    delta: float,
    tiers: tuple[Tier, ...] = TIERS,
    sources: int = 1,
) -> NoisePlan:
    """Plan the noise of a release for the smallest weighted sum of cell variances.

    Parameters
    ----------
    schema : CubeSchema
    workload : Workload
    epsilon, delta : float
        What the whole release may cost one person; 0 < epsilon <= 50, 0 < delta < 1.
    tiers : tuple of Tier
    sources : int
        Producers' datasets measured together, >= 1.

    Raises
    ------
    PlanError
        For a budget, tier or source count that cannot be planned.
    WorkloadError
        For tables that the schema cannot give.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), arXiv 2305.08175, theorem on the closed-form optimum.
    """
    workload.check(schema)
    check_tiers(tiers)
    if sources < 1:
        raise PlanError("A release needs at least one source")
    total = rho_for(epsilon, delta)
    people = Rho(total.micro * PEOPLE_PERCENT // 100)
    shares = Rho(total.micro * SHARES_PERCENT // 100 if sources > 1 else 0)
    cube = Rho(total.micro - people.micro - shares.micro)
    if people.micro == 0 or (sources > 1 and shares.micro == 0):
        raise PlanError("This budget is too small to be shared out")
    return NoisePlan(
        schema,
        workload,
        epsilon,
        delta,
        tiers,
        sources,
        cube,
        people,
        shares,
        grid_variances(schema, workload, cube),
        1 / (2 * _fraction(people)),
        Fraction(schema.bound**2) / (2 * _fraction(shares)) if sources > 1 else Fraction(0),
    )


def epsilon_spent(plan: NoisePlan) -> float:
    """Say what the plan costs, as epsilon at its delta: at most `plan.epsilon`."""
    return epsilon_of(plan.rho, plan.delta)


def _spike(size: int) -> Vector:
    vector = np.zeros(size)
    vector[0] = 1.0
    return vector


def _fraction(rho: Rho) -> Fraction:
    return Fraction(rho.micro, MICRO)
