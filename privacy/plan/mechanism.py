"""The two kinds of noise a release may have, and what each costs and adds up to."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from math import ceil, expm1, prod
from typing import Any, ClassVar, Self

from privacy.errors import PlanError
from privacy.loss import MICRO, Rho
from privacy.noise import k_norm
from privacy.plan.workload import Marginal, Workload, cells
from privacy.schema import CubeSchema

#: Below this chance of keeping a candidate, drawing K-norm noise would take too long.
LEAST_ACCEPTED = 1e-5


class Mechanism(StrEnum):
    """Which noise: `AUTO` takes the one with the smaller predicted error, before any row is read.

    `GAUSSIAN` is discrete Gaussian noise on residuals, `GEOMETRIC` two-sided geometric noise on
    the one table from which all tables of the workload follow by summing, `K_NORM` noise shaped
    like what one person can change in that table, for small tables of counts.
    """

    AUTO = "auto"
    GAUSSIAN = "gaussian"
    GEOMETRIC = "geometric"
    K_NORM = "k-norm"


@dataclass(frozen=True)
class GaussianNoise:
    """Discrete Gaussian noise on every residual.

    Parameters
    ----------
    grid_variances : tuple of Fraction
        Noise variance of each residual of the closure at the finest tier, in squared steps of
        its grid, 1 / (q_A D_A).
    people_variance, share_variance : Fraction
        In squared people and squared contributions; 0 where it is not measured.
    """

    grid_variances: tuple[Fraction, ...]
    people_variance: Fraction
    share_variance: Fraction

    mechanism: ClassVar[Mechanism] = Mechanism.GAUSSIAN

    def residual_variance(self, position: int, grid: int, size: int) -> float:
        """Return s2_A in squared contributions; `grid` is q_A, `size` is D_A."""
        return float(self.grid_variances[position] / (grid * size) ** 2)

    def denominator(self, grid: int, size: int) -> int:
        """Return what a residual's whole numbers are counted in: 1 / (q_A D_A^2)."""
        return grid * size**2

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        return {
            "grid_variances": [str(variance) for variance in self.grid_variances],
            "people_variance": str(self.people_variance),
            "share_variance": str(self.share_variance),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            tuple(Fraction(variance) for variance in data["grid_variances"]),
            Fraction(data["people_variance"]),
            Fraction(data["share_variance"]),
        )


@dataclass(frozen=True)
class GeometricNoise:
    """Two-sided geometric noise on each cell of the base table.

    The base has all axes of the workload. One person changes it by at most k in all, whatever the
    measures, so a scale of k / epsilon costs epsilon [DMNS06], and epsilon^2 / 2 as zCDP [BS16].

    Parameters
    ----------
    base : Marginal
    base_grid, base_cells : int
        q and D of the base; its masses are multiples of 1 / q.
    cube_scale : Fraction
        In steps of 1 / q.
    people_scale, share_scale : Fraction
        In people and contributions; 0 where it is not measured.

    References
    ----------
    [DMNS06] Dwork, McSherry, Nissim, Smith (2006), Calibrating Noise to Sensitivity in Private
    Data Analysis. [BS16] Bun, Steinke (2016), arXiv 1605.02065, Proposition 1.4.
    """

    base: Marginal
    base_grid: int
    base_cells: int
    cube_scale: Fraction
    people_scale: Fraction
    share_scale: Fraction

    mechanism: ClassVar[Mechanism] = Mechanism.GEOMETRIC

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
        base = base_table(schema, workload)
        grid = prod(schema.grid(axis) for axis in base)
        bound = schema.bound
        return cls(
            base,
            grid,
            cells(schema, base),
            Fraction(bound * grid) / cube,
            1 / people if people else Fraction(0),
            Fraction(bound) / shares if shares else Fraction(0),
        )

    def epsilons(self, bound: int) -> tuple[Fraction, Fraction, Fraction]:
        """Return what cube, people and shares cost as epsilon; k is `bound`."""
        return (
            Fraction(bound * self.base_grid) / self.cube_scale,
            1 / self.people_scale if self.people_scale else Fraction(0),
            Fraction(bound) / self.share_scale if self.share_scale else Fraction(0),
        )

    @cached_property
    def cell_variance(self) -> float:
        """Noise variance of a cell of the base, in squared contributions."""
        return laplace_variance(self.cube_scale) / self.base_grid**2

    def residual_variance(self, _position: int, _grid: int, size: int) -> float:
        """Return s2_A: the noise of all base cells that a cell of the table over A sums up."""
        return self.cell_variance * (self.base_cells // size)

    def denominator(self, _grid: int, size: int) -> int:
        """Return what a residual's whole numbers are counted in: 1 / (q D_A)."""
        return self.base_grid * size

    @property
    def people_variance(self) -> float:
        """In squared people."""
        return laplace_variance(self.people_scale)

    @property
    def share_variance(self) -> float:
        """In squared contributions."""
        return laplace_variance(self.share_scale)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        return {
            "base": list(self.base),
            "base_grid": self.base_grid,
            "base_cells": self.base_cells,
            "cube_scale": str(self.cube_scale),
            "people_scale": str(self.people_scale),
            "share_scale": str(self.share_scale),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            tuple(data["base"]),
            int(data["base_grid"]),
            int(data["base_cells"]),
            Fraction(data["cube_scale"]),
            Fraction(data["people_scale"]),
            Fraction(data["share_scale"]),
        )


@dataclass(frozen=True)
class KNormNoise(GeometricNoise):
    """Noise shaped like what one person can change, on a base table of counts.

    The base has every dimension of the schema and no measure, so that a person changes it by a
    vector of zeros and at most k ones. Cells are correlated, each pair alike, so that residuals
    are uncorrelated still.

    Parameters
    ----------
    bound : int
        k.

    References
    ----------
    `privacy.noise.k_norm`.
    """

    bound: int = 1

    mechanism: ClassVar[Mechanism] = Mechanism.K_NORM

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
        plain = GeometricNoise.of(schema, workload, cube, people, shares)
        return cls(**{f.name: getattr(plain, f.name) for f in fields(plain)}, bound=schema.bound)

    @cached_property
    def moments(self) -> k_norm.Moments:
        """Variances of the noise.

        Raises
        ------
        PlanError
            Where there are too many cells, or too many draws would be thrown away.
        """
        found = k_norm.moments(self.base_cells, self.bound, float(self.cube_scale))
        if found is None or found.acceptance < LEAST_ACCEPTED:
            raise PlanError("K-norm noise needs a smaller table or a larger budget")
        return found

    def residual_variance(self, _position: int, _grid: int, size: int) -> float:
        """Return s2_A: the total has a variance of its own, all contrasts share another."""
        found = self.moments
        if size == 1:
            return found.total
        pair = (found.total / self.base_cells - found.cell) / (self.base_cells - 1)
        return (found.cell - pair) * (self.base_cells // size)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; exact numbers as text."""
        return {**super().to_dict(), "bound": self.bound}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        plain = GeometricNoise.from_dict(data)
        bound = int(data["bound"])
        return cls(**{f.name: getattr(plain, f.name) for f in fields(plain)}, bound=bound)


Noise = GaussianNoise | GeometricNoise


def noise_from(mechanism: Mechanism, data: Mapping[str, Any]) -> Noise:
    """Read the noise of a plan."""
    if mechanism is Mechanism.GAUSSIAN:
        return GaussianNoise.from_dict(data)
    kind = KNormNoise if mechanism is Mechanism.K_NORM else GeometricNoise
    return kind.from_dict(data)


def base_table(schema: CubeSchema, workload: Workload) -> Marginal:
    """Return the smallest table from which all tables of the workload follow by summing."""
    used = {axis for marginal in workload.marginals for axis in marginal}
    return tuple(axis for axis in schema.axes if axis in used)


def pure_rho(epsilon: Fraction) -> Rho:
    """Return the zCDP loss of an epsilon-private mechanism, epsilon^2 / 2, rounded up.

    References
    ----------
    Bun, Steinke (2016), arXiv 1605.02065, Proposition 1.4.
    """
    return Rho(ceil(epsilon**2 / 2 * MICRO))


def laplace_variance(scale: Fraction) -> float:
    """Return the variance of the discrete Laplace distribution; 0 for a scale of 0.

    2 p / (1 - p)^2 with p = exp(-1/scale).
    """
    if not scale:
        return 0.0
    rate = 1 / float(scale)
    if rate > 700:
        raise PlanError("This budget is too large for geometric noise")
    return 2 * (1 + expm1(-rate)) / expm1(-rate) ** 2
