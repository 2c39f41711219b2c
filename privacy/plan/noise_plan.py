"""The noise plan: how much noise each residual gets, known before any row is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import ceil, prod, sqrt
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError, PrivacyError
from privacy.loss import MICRO, Rho, rho_for
from privacy.noise import intervals, laplace
from privacy.plan.mechanism import (
    GaussianNoise,
    GeometricNoise,
    KNormNoise,
    Mechanism,
    Noise,
    base_table,
    noise_from,
    pure_rho,
)
from privacy.plan.objective import Objective
from privacy.plan.sensitivity import Costs
from privacy.plan.tiers import Tier
from privacy.plan.workload import Marginal, Workload, cells
from privacy.schema import CubeSchema

SAFETY = 1 + 1e-9

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NoisePlan:
    """A noise plan with its budget; a function of public facts alone.

    Parameters
    ----------
    schema, workload
        What is measured.
    objective : Objective
        What the noise was made small for.
    epsilon, delta : float
        What the whole release stays within.
    tiers : tuple of Tier
        Finest first.
    sources : int
        How many producers' datasets are measured together, >= 1.
    cube_rho, people_rho, shares_rho : Rho
        How the loss is shared between tables, number of people and shares of the sources.
    noise : GaussianNoise, GeometricNoise or KNormNoise
    """

    schema: CubeSchema
    workload: Workload
    objective: Objective
    epsilon: float
    delta: float
    tiers: tuple[Tier, ...]
    sources: int
    cube_rho: Rho
    people_rho: Rho
    shares_rho: Rho
    noise: Noise

    @property
    def rho(self) -> Rho:
        """The zCDP loss of the whole release: what is charged to each person."""
        return self.cube_rho + self.people_rho + self.shares_rho

    @property
    def mechanism(self) -> Mechanism:
        """Which noise it is."""
        return self.noise.mechanism

    @property
    def people_variance(self) -> float:
        """Noise variance of the number of people at the finest tier; 0 if not measured."""
        return float(self.noise.people_variance)

    @property
    def share_variance(self) -> float:
        """Noise variance of one source's kept contributions; 0 if not measured."""
        return float(self.noise.share_variance)

    @cached_property
    def closure(self) -> tuple[Marginal, ...]:
        """All residuals measured, in order."""
        return self.workload.closure()

    @property
    def counted(self) -> tuple[Marginal, ...]:
        """The tables whose exact masses the measurement needs."""
        return self.closure if isinstance(self.noise, GaussianNoise) else (self.noise.base,)

    @cached_property
    def _positions(self) -> dict[Marginal, int]:
        return {subset: position for position, subset in enumerate(self.closure)}

    def residual_variance(self, subset: Marginal) -> float:
        """Noise variance s2_A of a residual at the finest tier, in squared contributions."""
        return self._residual_variances[self._position(subset)]

    @cached_property
    def _residual_variances(self) -> tuple[float, ...]:
        return tuple(
            self.noise.residual_variance(position, *self._grid_and_size(subset))
            for position, subset in enumerate(self.closure)
        )

    def denominator(self, subset: Marginal) -> int:
        """Return what the whole numbers of a residual are counted in, as 1 / this."""
        return self.noise.denominator(*self._grid_and_size(subset))

    def _grid_and_size(self, subset: Marginal) -> tuple[int, int]:
        grid = prod(self.schema.grid(axis) for axis in subset)
        return grid, cells(self.schema, subset)

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

    def people_half_width(self, tier: Tier) -> float:
        """Half of the noise interval of the number of people, in whole people."""
        if isinstance(self.noise, GeometricNoise):
            scale = float(self.noise.people_scale)
            return float(laplace.whole_half_width(scale, tier.variance_factor))
        return float(intervals.whole_half_width(self.people_sd(tier)))

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
        inside = {axis: _about_mean(a[axis], b[axis]) for axis in marginal}
        outside = {axis: float(a[axis].mean() * b[axis].mean()) for axis in marginal}
        total = 0.0
        for subset in self._below(marginal):
            term = self.residual_variance(subset)
            for axis in marginal:
                term *= inside[axis] if axis in subset else outside[axis]
            total += term
        return total * tier.variance_factor

    def covariance_of(self, marginal: Marginal, a: Vector, b: Vector, tier: Tier) -> float:
        """Noise covariance of any two linear functionals of a table.

        Parameters
        ----------
        marginal : Marginal
        a, b : (d_1, ..., d_n) float64
            The weight of each entry.
        tier : Tier
        """
        total = 0.0
        for subset in self._below(marginal):
            inner = _residual(a, marginal, subset), _residual(b, marginal, subset)
            total += self.residual_variance(subset) * float((inner[0] * inner[1]).sum())
        return total * tier.variance_factor

    def half_width(self, marginal: Marginal, a: Vector, tier: Tier) -> float:
        """Half of the noise interval (95 %) of a linear functional of a table.

        Gaussian noise: 1.96 standard deviations. Geometric noise: the exact quantile of the
        weighted sum. K-norm noise: that of Laplace noise of the same variance, which is wider than
        needed. Where masses are whole and all weights 0 or 1, rounded out to whole numbers.
        """
        sd = sqrt(max(0.0, self.covariance_of(marginal, a, a, tier)))
        if isinstance(self.noise, GaussianNoise):
            return intervals.QUANTILE * sd
        if isinstance(self.noise, KNormNoise):
            wide = laplace.WIDEST * sd
            return float(ceil(wide)) if set(np.unique(a)) <= {0.0, 1.0} else wide
        repeats = self.noise.base_cells // a.size * tier.variance_factor
        weights, found = np.unique(a[a != 0], return_counts=True)
        counts = np.asarray(found * repeats, dtype=np.float64)
        if self.noise.base_grid == 1 and weights.tolist() == [1.0]:
            scale = float(self.noise.cube_scale)
            return float(laplace.whole_half_width(scale, int(counts[0])))
        return laplace.half_width(weights, counts, self.noise.cell_variance)

    def _below(self, marginal: Marginal) -> list[Marginal]:
        self._position(marginal)
        return [
            subset
            for size in range(len(marginal) + 1)
            for subset in combinations(marginal, size)
            if subset in self._positions
        ]

    def check(self) -> None:
        """Recompute what the plan costs.

        Raises
        ------
        PlanError
            Where it costs more than it says, as a plan tampered with may.
        """
        if isinstance(self.noise, GaussianNoise):
            sound = self._gaussian_is_sound(self.noise)
        else:
            sound = self._geometric_is_sound(self.noise)
        if not (sound and self.sources >= 1):
            raise PlanError("The plan costs more than it says")

    def _gaussian_is_sound(self, noise: GaussianNoise) -> bool:
        variances = np.array(self._residual_variances)
        costs = Costs(self.schema, self.closure)
        people, shares = noise.people_variance, noise.share_variance
        bound = self.schema.bound
        return (
            self.rho <= rho_for(self.epsilon, self.delta)
            and bool((variances > 0).all())
            and costs.squared_sensitivity(variances) * SAFETY <= 2 * self.cube_rho.value
            and (people == 0 or MICRO <= 2 * self.people_rho.micro * people)
            and (self.sources == 1 or bound**2 * MICRO <= 2 * self.shares_rho.micro * shares)
        )

    def _geometric_is_sound(self, noise: GeometricNoise) -> bool:
        base = base_table(self.schema, self.workload)
        scales = (noise.cube_scale, noise.people_scale, noise.share_scale)
        if min(scales) < 0 or not noise.cube_scale:
            return False
        parts = noise.epsilons(self.schema.bound)
        charged = (self.cube_rho, self.people_rho, self.shares_rho)
        return (
            (self.sources == 1 or noise.share_scale > 0)
            and (not isinstance(noise, KNormNoise) or self._fits_k_norm(noise))
            and (noise.base, noise.base_grid, noise.base_cells)
            == (base, *self._grid_and_size(base))
            and sum(parts) <= self.epsilon
            and all(pure_rho(e) <= rho for e, rho in zip(parts, charged, strict=True))
        )

    def _fits_k_norm(self, noise: KNormNoise) -> bool:
        return noise.bound == self.schema.bound and noise.base == self.schema.hard

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
            "objective": self.objective.to_dict(),
            "epsilon": self.epsilon,
            "delta": self.delta,
            "tiers": [[tier.name, tier.variance_factor] for tier in self.tiers],
            "sources": self.sources,
            "cube_rho": self.cube_rho.micro,
            "people_rho": self.people_rho.micro,
            "shares_rho": self.shares_rho.micro,
            "mechanism": self.mechanism.value,
            **self.noise.to_dict(),
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
            # Releases older than the choice of a mechanism are all Gaussian.
            mechanism = Mechanism(data.get("mechanism", Mechanism.GAUSSIAN))
            plan = cls(
                CubeSchema.from_dict(data["schema"]),
                Workload.from_dict(data["workload"]),
                Objective.from_dict(data["objective"]) if "objective" in data else Objective(),
                float(data["epsilon"]),
                float(data["delta"]),
                tuple(Tier(name, int(factor)) for name, factor in data["tiers"]),
                int(data["sources"]),
                Rho(data["cube_rho"]),
                Rho(data["people_rho"]),
                Rho(data["shares_rho"]),
                noise_from(mechanism, data),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError, PrivacyError) as error:
            raise PlanError(f"Not a plan: {error}") from error
        given = len(plan.noise.grid_variances) if isinstance(plan.noise, GaussianNoise) else None
        if given not in (None, len(plan.closure)):
            raise PlanError("Not a plan: a residual has no variance")
        return plan


def _spike(size: int) -> Vector:
    return np.asarray(np.eye(1, size)[0])


def _about_mean(a: Vector, b: Vector) -> float:
    return float((a - a.mean()) @ (b - b.mean()))


def _residual(weights: Vector, marginal: Marginal, subset: Marginal) -> Vector:
    """Average over the axes that a residual lacks; take the mean off along those it has."""
    rest = tuple(i for i, axis in enumerate(marginal) if axis not in subset)
    part = np.asarray(weights.mean(axis=rest) if rest else weights, dtype=float)
    for axis in range(part.ndim):
        part = part - part.mean(axis=axis, keepdims=True)
    return part
