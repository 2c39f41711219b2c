"""Two-sided geometric noise on the cells of one table, of which all others are sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from privacy.errors import PlanError
from privacy.loss import MICRO, Rho, pure_rho, rho_for
from privacy.noise import laplace
from privacy.plan.mechanism import Charge, Counts, PlanTerms, Residuals, Samplers, Vector, Words
from privacy.plan.parts import Contrasts, Part, parts_of
from privacy.plan.residual import Exact, plus, without_means
from privacy.plan.workload import MAX_CELLS, Marginal, Workload, cells
from privacy.schema import CubeSchema


@dataclass(frozen=True)
class GeometricNoise:
    """Two-sided geometric noise on each cell of the base table.

    The base has all axes of the workload. One person changes it by at most k in all, whatever the
    measures, so a scale of k / epsilon costs epsilon [DMNS06]; as rho, `pure_rho`.

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

    name: ClassVar[str] = "geometric"
    words: ClassVar[Words] = Words(
        "two-sided geometric noise on the cells of one table, drawn once",
        "value +- the exact quantile of the noise",
        "Fieller's set of a ratio, with the exact quantiles of the noise",
    )
    normal: ClassVar[bool] = False
    widest: ClassVar[float] = laplace.WIDEST
    contrasts: ClassVar[tuple[Contrasts, ...]] = ()

    @classmethod
    def planned(cls, terms: PlanTerms, people: bool) -> tuple[Charge, Self]:
        """Share out epsilon, in whole millionths.

        Raises
        ------
        PlanError
            For a budget that cannot be spent or is too small to be shared out, or too large a
            base.
        """
        rho_for(terms.epsilon, terms.delta)  # refuses the same budgets
        if cells(terms.schema, base_table(terms.schema, terms.workload)) > MAX_CELLS:
            raise PlanError("Geometric noise needs one table of a million cells at most")
        parts = terms.shared_out(int(terms.epsilon * MICRO), people)
        cube, counted, shares = (Fraction(part, MICRO) for part in parts[:3])
        charge = Charge(pure_rho(cube), pure_rho(counted), pure_rho(shares), Rho(0))
        return charge, cls.of(terms.schema, terms.workload, cube, counted, shares)

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

    def is_sound(self, terms: PlanTerms, charge: Charge) -> bool:
        """Work out anew whether the noise costs no more than it is charged for."""
        base = base_table(terms.schema, terms.workload)
        scales = (self.cube_scale, self.people_scale, self.share_scale)
        if min(scales) < 0 or not self.cube_scale:
            return False
        parts = self.epsilons(terms.schema.bound)
        charged = (charge.cube, charge.people, charge.shares)
        return (
            (terms.sources == 1 or self.share_scale > 0)
            and (self.base, self.base_grid, self.base_cells)
            == (base, *terms.grid_and_size(Part(base)))
            and sum(parts) <= terms.epsilon
            and all(pure_rho(e) <= rho for e, rho in zip(parts, charged, strict=True))
        )

    def epsilon_spent(self, terms: PlanTerms, charge: Charge) -> float:
        """Say what the release costs as epsilon; it needs no delta."""
        return float(sum(self.epsilons(terms.schema.bound)))

    def counted(self, closure: tuple[Marginal, ...]) -> tuple[Marginal, ...]:
        """Name the tables whose exact masses are needed: the base alone."""
        return (self.base,)

    @cached_property
    def cell_variance(self) -> float:
        """Noise variance of a cell of the base, in squared contributions."""
        return laplace.variance(self.cube_scale) / self.base_grid**2

    def residual_variance(self, position: int, grid: int, size: int) -> float:
        """Return s2_A: the noise of all base cells that a cell of the table over A sums up."""
        return self.cell_variance * (self.base_cells // size)

    def denominator(self, grid: int, size: int) -> int:
        """Return what a residual's whole numbers are counted in: 1 / (q D_A), q the base's."""
        return self.base_grid * size

    @property
    def people_variance(self) -> float:
        """In squared people."""
        return laplace.variance(self.people_scale)

    @property
    def share_variance(self) -> float:
        """In squared contributions."""
        return laplace.variance(self.share_scale)

    def half_width(self, weights: Vector, sd: float, factor: int) -> float:
        """Return half the noise interval of a linear functional: the exact quantile of its noise.

        Where masses are whole and all weights 0 or 1, rounded out to a whole number.
        """
        repeats = self.base_cells // weights.size * factor
        distinct, found = np.unique(weights[weights != 0], return_counts=True)
        counts = np.asarray(found * repeats, dtype=np.float64)
        if self.base_grid == 1 and distinct.tolist() == [1.0]:
            return float(laplace.whole_half_width(float(self.cube_scale), int(counts[0])))
        return laplace.half_width(distinct, counts, self.cell_variance)

    def people_half_width(self, factor: int) -> float:
        """Return half the noise interval of the number of people, in whole people."""
        return float(laplace.whole_half_width(float(self.people_scale), factor))

    def draw_residuals(
        self,
        samplers: Samplers,
        terms: PlanTerms,
        counts: Counts | None,
        step: int,
    ) -> Residuals:
        """Draw the numerators of all residuals: of noise, or of counts and noise.

        Variance adds up, so a noisier tier is the sum of as many draws as its factor says.
        """
        shape = terms.shape(self.base)
        table = np.zeros(shape, dtype=object) if counts is None else counts[self.base]
        for _ in range(step):
            table = plus(table, self.draw_base(samplers, prod(shape)).reshape(shape))
        return {
            part: without_means(_sum_to(table, self.base, part.axes))
            for part in parts_of(terms.closure)
        }

    def draw_base(self, samplers: Samplers, size: int) -> Exact:
        """Draw the noise of the base's cells, at the finest tier: (size,) object."""
        return samplers.discrete_laplace(self.cube_scale, size)

    def draw_people(self, samplers: Samplers, step: int) -> int:
        """Draw the noise of the number of people."""
        return int(sum(samplers.discrete_laplace(self.people_scale, step)))

    def draw_share(self, samplers: Samplers) -> int:
        """Draw the noise of one source's kept contributions."""
        return int(samplers.discrete_laplace(self.share_scale, 1)[0])

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
    def from_dict(cls, data: Mapping[str, Any], closure: tuple[Marginal, ...]) -> Self:
        """Read what `to_dict` wrote; `is_sound` tells whether it fits."""
        return cls(
            tuple(data["base"]),
            int(data["base_grid"]),
            int(data["base_cells"]),
            Fraction(data["cube_scale"]),
            Fraction(data["people_scale"]),
            Fraction(data["share_scale"]),
        )


def base_table(schema: CubeSchema, workload: Workload) -> Marginal:
    """Return the smallest table from which all tables of the workload follow by summing."""
    used = {axis for marginal in workload.marginals for axis in marginal}
    return tuple(axis for axis in schema.axes if axis in used)


def _sum_to(table: Exact, base: Marginal, subset: Marginal) -> Exact:
    rest = tuple(i for i, axis in enumerate(base) if axis not in subset)
    return np.array(table.sum(axis=rest), dtype=object) if rest else table
