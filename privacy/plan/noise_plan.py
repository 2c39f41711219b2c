"""The noise plan: how much noise each residual gets, known before any row is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import combinations
from math import ceil, sqrt
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError, PrivacyError
from privacy.loss import MICRO, Rho
from privacy.plan import covariance
from privacy.plan.mechanism import Charge, Noise, PlanTerms
from privacy.plan.mechanisms import Mechanism, noise_from
from privacy.plan.objective import FIRST, Objective
from privacy.plan.parts import Part, parts_of
from privacy.plan.tiers import Mixed, Tier
from privacy.plan.workload import Marginal, Workload, cells
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
#: Half widths of wider functionals are worked out each time.
MOST_KEPT_BYTES = 8192


@dataclass(frozen=True)
class NoisePlan:
    """A noise plan with its budget, made of public facts alone.

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
    noise : Noise
        Of one of the kinds in `privacy.plan.mechanisms`.
    brought_rho : Rho
        Of counting the contributions that people brought, before bounding; 0 where they are not.
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
    brought_rho: Rho = Rho(0)

    @cached_property
    def terms(self) -> PlanTerms:
        """What is measured, and within which loss: all that a kind of noise needs to know."""
        return PlanTerms(
            self.schema,
            self.workload,
            self.objective,
            self.epsilon,
            self.delta,
            self.sources,
            bool(self.brought_rho.micro),
        )

    @property
    def charge(self) -> Charge:
        """The loss of tables, number of people and shares."""
        return Charge(self.cube_rho, self.people_rho, self.shares_rho, self.brought_rho)

    @property
    def rho(self) -> Rho:
        """The loss of the whole release: what is charged to each person."""
        return self.charge.rho

    @property
    def mechanism(self) -> Mechanism:
        """Which noise it is."""
        return Mechanism(self.noise.name)

    @property
    def measures_people(self) -> bool:
        """Whether the number of people is measured beside the tables."""
        return self.noise.people_variance > 0

    @property
    def people_variance(self) -> float:
        """Noise variance of the number of people at the finest tier; 0 if nothing tells it.

        Where each has one record, the total of the tables is the number of people.
        """
        if self.measures_people or self.schema.bound > 1:
            return float(self.noise.people_variance)
        return self.cell_variance((), self.tiers[0])

    @property
    def share_variance(self) -> float:
        """Noise variance of one source's kept contributions; 0 if not measured."""
        return float(self.noise.share_variance)

    @cached_property
    def closure(self) -> tuple[Marginal, ...]:
        """All tables that the release has, in order."""
        return self.terms.closure

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What has noise of its own, in order."""
        return parts_of(self.closure, self.noise.contrasts)

    @property
    def counted(self) -> tuple[Marginal, ...]:
        """The tables whose exact masses the measurement needs."""
        return self.noise.counted(self.closure)

    @cached_property
    def variances(self) -> dict[Part, float]:
        """Noise variance s2_A of each part at the finest tier, in squared contributions."""
        return {
            part: self.noise.residual_variance(position, *self.terms.grid_and_size(part))
            for position, part in enumerate(self.parts)
        }

    @cached_property
    def _by_subset(self) -> dict[Marginal, dict[Part, float]]:
        found: dict[Marginal, dict[Part, float]] = {subset: {} for subset in self.closure}
        for part, variance in self.variances.items():
            found[part.subset][part] = variance
        return found

    def denominator(self, part: Part) -> int:
        """Return what the whole numbers of a part are counted in, as 1 / this."""
        return self.noise.denominator(*self.terms.grid_and_size(part))

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

        Along a measure a cell is a knot. Equal for all cells of the table, but for the knots of a
        measure along which noise is shaped: of these it is the mean.
        """
        if tier not in self.tiers:
            return self._mean_variance(marginal, tier)
        place = marginal, tier
        if place not in self._cell_variances:
            self._cell_variances[place] = self._mean_variance(marginal, tier)
        return self._cell_variances[place]

    @cached_property
    def _cell_variances(self) -> dict[tuple[Marginal, Tier], float]:
        # A page asks for the same few of every table that holds them.
        return {}

    def _mean_variance(self, marginal: Marginal, tier: Tier) -> float:
        self._check_table(marginal)
        first = {axis: _spike(self.schema.size(axis), 0) for axis in marginal}
        shaped = self.spreads_of(marginal)
        if not shaped:
            return self.covariance(marginal, first, first, tier)
        (measure,) = shaped
        size = self.schema.size(measure)
        knots = [first | {measure: _spike(size, knot)} for knot in range(size)]
        return sum(self.covariance(marginal, knot, knot, tier) for knot in knots) / size

    def cell_sd(self, marginal: Marginal, tier: Tier) -> float:
        """Noise standard deviation of one cell, in contributions."""
        return sqrt(self.cell_variance(marginal, tier))

    def people_sd(self, tier: Tier) -> float:
        """Noise standard deviation of the number of people."""
        return sqrt(self.people_variance * tier.variance_factor)

    def people_half_width(self, tier: Tier) -> float:
        """Half of the noise interval of the number of people, in whole people."""
        if self.measures_people:
            return self.noise.people_half_width(tier.variance_factor)
        return float(ceil(self.half_width((), np.array(1.0), tier)))

    @property
    def most_brought(self) -> int:
        """Most contributions of one person that count before bounding: twice the bound."""
        return min(2 * self.schema.bound, cells(self.schema, self.schema.hard))

    @property
    def normal_brought(self) -> Fraction:
        """Variance of the normal number added to what was brought; 0 where it is not counted."""
        if not self.brought_rho.micro:
            return Fraction(0)
        return Fraction(self.most_brought**2 * MICRO, 2 * self.brought_rho.micro)

    def share_sd(self) -> float:
        """Noise standard deviation of one source's kept contributions."""
        if self.sources == 1:
            return self.cell_sd((), self.tiers[0])
        return sqrt(self.share_variance)

    def covariance(
        self, marginal: Marginal, a: Mapping[str, Vector], b: Mapping[str, Vector], tier: Tier
    ) -> float:
        """Noise covariance of two functionals of a table that are products along its axes.

        Parameters
        ----------
        marginal : Marginal
        a, b : mapping of axis to (d_i,) float64
            The functional's factor along each axis of the marginal.
        tier : Tier
        """
        spreads = self.spreads_of(marginal)
        return covariance.of_products(self.variances_of(marginal, tier), marginal, a, b, spreads)

    def covariance_of(self, marginal: Marginal, a: Vector, b: Vector, tier: Tier) -> float:
        """Noise covariance of any two linear functionals of a table.

        Parameters
        ----------
        marginal : Marginal
        a, b : (d_1, ..., d_n) float64
            The weight of each entry.
        tier : Tier
        """
        spreads = self.spreads_of(marginal)
        return covariance.of_weights(self.variances_of(marginal, tier), marginal, a, b, spreads)

    def half_width(self, marginal: Marginal, a: Vector, tier: Tier) -> float:
        """Half of the noise interval (95 %) of a linear functional of a table.

        Parameters
        ----------
        marginal : Marginal
        a : (d_1, ..., d_n) float64
            The weight of each entry.
        tier : Tier
        """
        weights = np.asarray(a, np.float64)
        if weights.nbytes > MOST_KEPT_BYTES:
            return self._half_width(marginal, weights, tier)
        return _kept_half_width(self, marginal, weights.tobytes(), weights.shape, tier)

    def _half_width(self, marginal: Marginal, a: Vector, tier: Tier) -> float:
        if isinstance(tier, Mixed) and not self.noise.normal:
            raise PlanError("Only Gaussian noise can be mixed from several tiers")
        sd = sqrt(max(0.0, self.covariance_of(marginal, a, a, tier)))
        return self.noise.half_width(a, sd, tier.variance_factor)

    def variances_of(self, marginal: Marginal, tier: Tier) -> dict[Part, float]:
        """Return the noise variance of each part that a table at a tier is made of."""
        self._check_table(marginal)
        return {
            part: variance * tier.at(subset).variance_factor
            for size in range(len(marginal) + 1)
            for subset in combinations(marginal, size)
            for part, variance in self._by_subset.get(subset, {}).items()
        }

    def spreads_of(self, marginal: Marginal) -> dict[str, Vector]:
        """Return how the contrasts of a table's measure are spread, where it has any."""
        return {
            one.measure: one.spread_floats
            for one in self.noise.contrasts
            if one.measure in marginal
        }

    def check(self) -> None:
        """Recompute what the plan costs.

        Raises
        ------
        PlanError
            Where it costs more than it says, as a plan tampered with may.
        """
        # What was brought has Gaussian noise, which adds up with that of Gaussian tables alone.
        alike = not self.brought_rho.micro or self.mechanism is Mechanism.GAUSSIAN
        if not (alike and self.sources >= 1 and self.noise.is_sound(self.terms, self.charge)):
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

    def _check_table(self, marginal: Marginal) -> None:
        if marginal not in self._by_subset:
            raise PlanError(f"The plan has no table {marginal}")

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
            **({"brought_rho": self.brought_rho.micro} if self.brought_rho.micro else {}),
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
            workload = Workload.from_dict(data["workload"])
            return cls(
                CubeSchema.from_dict(data["schema"]),
                workload,
                Objective.from_dict(data["objective"]) if "objective" in data else FIRST,
                float(data["epsilon"]),
                float(data["delta"]),
                tuple(Tier(name, int(factor)) for name, factor in data["tiers"]),
                int(data["sources"]),
                Rho(data["cube_rho"]),
                Rho(data["people_rho"]),
                Rho(data["shares_rho"]),
                noise_from(data, workload.closure()),
                Rho(data.get("brought_rho", 0)),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError, PrivacyError) as error:
            raise PlanError(f"Not a plan: {error}") from error


def _spike(size: int, place: int) -> Vector:
    return np.asarray(np.eye(1, size, place)[0])


@lru_cache(maxsize=2048)
def _kept_half_width(
    plan: NoisePlan, marginal: Marginal, weights: bytes, shape: tuple[int, ...], tier: Tier
) -> float:
    """Work a half width out once: noise does not depend on data, so every table asks the same."""
    return plan._half_width(marginal, np.frombuffer(weights).reshape(shape), tier)
