"""Drawing the noise of a plan, by its mechanism."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np

from privacy.noise.samplers import discrete_gaussian, discrete_k_norm, discrete_laplace
from privacy.plan.mechanism import GaussianNoise, GeometricNoise, KNormNoise
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.residual import Exact, plus, residual, without_means
from privacy.plan.workload import Marginal

Counts = dict[Marginal, Exact]


class Drawing(Protocol):
    """Draws what a plan asks for; each call draws anew."""

    def residuals(self, counts: Mapping[Marginal, Exact] | None, step: int) -> Counts:
        """Return the numerators of all residuals of noise, or of counts and noise.

        Parameters
        ----------
        counts : mapping of Marginal to Exact, or None
            Exact masses of `plan.counted`.
        step : int
            Variance of the noise, relative to that of the finest tier.
        """
        ...

    def people(self, step: int) -> int:
        """Return the noise of the number of people."""
        ...

    def share(self) -> int:
        """Return the noise of one source's kept contributions."""
        ...


def noise_of(plan: NoisePlan) -> Drawing:
    """Return what draws the noise of a plan."""
    if isinstance(plan.noise, GaussianNoise):
        return _GaussianDrawing(plan, plan.noise)
    return _GeometricDrawing(plan, plan.noise)


@dataclass(frozen=True)
class _GaussianDrawing:
    plan: NoisePlan
    noise: GaussianNoise

    def residuals(self, counts: Mapping[Marginal, Exact] | None, step: int) -> Counts:
        drawn = {}
        for subset, variance in zip(self.plan.closure, self.noise.grid_variances, strict=True):
            noise = discrete_gaussian(variance * step, self._size(subset)).reshape(
                _shape(self.plan, subset)
            )
            drawn[subset] = (
                without_means(noise) if counts is None else residual(counts[subset], noise)
            )
        return drawn

    def _size(self, subset: Marginal) -> int:
        return prod(_shape(self.plan, subset))

    def people(self, step: int) -> int:
        return _one(discrete_gaussian(self.noise.people_variance * step, 1))

    def share(self) -> int:
        return _one(discrete_gaussian(self.noise.share_variance, 1))


@dataclass(frozen=True)
class _GeometricDrawing:
    """A coarser tier is the sum of as many draws as its variance factor says."""

    plan: NoisePlan
    noise: GeometricNoise

    def residuals(self, counts: Mapping[Marginal, Exact] | None, step: int) -> Counts:
        base = self.noise.base
        shape = _shape(self.plan, base)
        table = np.zeros(shape, dtype=object) if counts is None else counts[base]
        for _ in range(step):
            table = plus(table, self._draw(prod(shape)).reshape(shape))
        return {subset: without_means(_sum_to(table, base, subset)) for subset in self.plan.closure}

    def _draw(self, size: int) -> Exact:
        if isinstance(self.noise, KNormNoise):
            return discrete_k_norm(self.noise.cube_scale, self.noise.bound, size)
        return discrete_laplace(self.noise.cube_scale, size)

    def people(self, step: int) -> int:
        return int(sum(discrete_laplace(self.noise.people_scale, step)))

    def share(self) -> int:
        return _one(discrete_laplace(self.noise.share_scale, 1))


def _shape(plan: NoisePlan, subset: Marginal) -> tuple[int, ...]:
    return tuple(plan.schema.size(axis) for axis in subset)


def _sum_to(table: Exact, base: Marginal, subset: Marginal) -> Exact:
    rest = tuple(i for i, axis in enumerate(base) if axis not in subset)
    return np.array(table.sum(axis=rest), dtype=object) if rest else table


def _one(draws: Exact) -> int:
    return int(draws[0])
