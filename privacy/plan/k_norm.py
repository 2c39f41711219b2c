"""Noise shaped like what one person can change in a table of counts (the K-norm mechanism)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar, Self

import numpy as np

from privacy.errors import PlanError
from privacy.noise.k_norm import Moments, moments
from privacy.plan.geometric import GeometricNoise, base_table
from privacy.plan.mechanism import Charge, PlanTerms, Samplers, Vector, Words
from privacy.plan.residual import Exact
from privacy.plan.workload import Marginal, Workload
from privacy.schema import CubeSchema

#: Below this chance of keeping a candidate, drawing would take too long.
LEAST_ACCEPTED = 1e-5


@dataclass(frozen=True)
class KNormNoise(GeometricNoise):
    """Noise shaped like what one person can change, on a base table of counts.

    The base has every dimension of the schema and no measure, so that a person changes it by a
    vector of zeros and at most k ones. Cells are correlated, each pair alike, so that residuals
    are uncorrelated still. People and shares have geometric noise.

    Parameters
    ----------
    bound : int
        k.

    References
    ----------
    `privacy.noise.k_norm`.
    """

    bound: int = 1

    name: ClassVar[str] = "k-norm"
    words: ClassVar[Words] = Words(
        "noise shaped like what one person can change (K-norm), on the cells of one table, "
        "drawn once",
        "value +- the quantile of Laplace noise of the same variance, a little wider than needed",
        "Fieller's set of a ratio, with the same quantiles",
    )

    @classmethod
    def planned(cls, terms: PlanTerms, people: bool) -> tuple[Charge, Self]:
        """Share out epsilon; the base must be all dimensions, and nothing else.

        Raises
        ------
        PlanError
            For other tables, for noise that cannot be counted or drawn, and where geometric noise
            cannot be planned.
        """
        if base_table(terms.schema, terms.workload) != terms.schema.hard:
            raise PlanError("K-norm noise needs tables of all dimensions and no measure")
        charge, noise = super().planned(terms, people)
        _ = noise.moments  # refuses what cannot be counted or drawn
        return charge, noise

    @classmethod
    def of(
        cls,
        schema: CubeSchema,
        workload: Workload,
        cube: Fraction,
        people: Fraction,
        shares: Fraction,
    ) -> Self:
        """Scale the noise to what each part may spend, as epsilon; 0 measures nothing."""
        return cls._like(
            GeometricNoise.of(schema, workload, cube, people, shares), bound=schema.bound
        )

    @classmethod
    def _like(cls, plain: GeometricNoise, bound: int) -> Self:
        return cls(**{f.name: getattr(plain, f.name) for f in fields(plain)}, bound=bound)

    @cached_property
    def moments(self) -> Moments:
        """Variances of the noise.

        Raises
        ------
        PlanError
            Where there are too many cells, or too many draws would be thrown away.
        """
        found = moments(self.base_cells, self.bound, float(self.cube_scale))
        if found is None or found.acceptance < LEAST_ACCEPTED:
            raise PlanError("K-norm noise needs a smaller table or a larger budget")
        return found

    def is_sound(self, terms: PlanTerms, charge: Charge) -> bool:
        """Work out anew whether the noise costs no more than it is charged for."""
        fits = self.bound == terms.schema.bound and self.base == terms.schema.hard
        return fits and super().is_sound(terms, charge)

    def residual_variance(self, position: int, grid: int, size: int) -> float:
        """Return s2_A: the total has a variance of its own, all contrasts share another."""
        found = self.moments
        if size == 1:
            return found.total
        pair = (found.total / self.base_cells - found.cell) / (self.base_cells - 1)
        return (found.cell - pair) * (self.base_cells // size)

    def half_width(self, weights: Vector, sd: float, factor: int) -> float:
        """Return half an interval that is wider than needed: that of Laplace noise as wide.

        Where all weights are 0 or 1, rounded out to a whole number.
        """
        wide = self.widest * sd
        return float(ceil(wide)) if set(np.unique(weights)) <= {0.0, 1.0} else wide

    def draw_base(self, samplers: Samplers, size: int) -> Exact:
        """Draw the noise of the base's cells together, at the finest tier: (size,) object."""
        return samplers.discrete_k_norm(self.cube_scale, self.bound, size)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        return {**super().to_dict(), "bound": self.bound}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], closure: tuple[Marginal, ...]) -> Self:
        """Read what `to_dict` wrote; `is_sound` tells whether it fits."""
        return cls._like(GeometricNoise.from_dict(data, closure), bound=int(data["bound"]))
