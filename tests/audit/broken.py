"""Deliberately broken copies of the release: each must be caught by the audit that the real passes.

A plan's own check would refuse some of them at once, so it is switched off for these.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from privacy import measure
from privacy.cube import bounding
from privacy.drawing import noise_of
from privacy.noise import samplers
from privacy.noise.samplers import rounded_gaussian
from privacy.plan.mechanism import Counts
from privacy.plan.noise_plan import NoisePlan
from privacy.release import Release
from privacy.schema import CubeSchema
from tests.audit import path

Break = Callable[[pytest.MonkeyPatch], None]


def half_the_noise(patch: pytest.MonkeyPatch) -> None:
    """Standard deviations are half of what was planned."""
    patch.setattr(samplers, "rounded_gaussian", lambda v, n: rounded_gaussian(v / 4, n))


def bound_off_by_one(patch: pytest.MonkeyPatch) -> None:
    """k + 1 records of a person are kept, k are paid for."""

    def one_more(ranked: Any, schema: CubeSchema) -> Any:
        return ranked[bounding.RANK] < schema.bound + 1

    patch.setattr(bounding, "is_kept", one_more)


def seed_reused(patch: pytest.MonkeyPatch) -> None:
    """Each measurement draws the same noise."""

    @cache
    def drawn(variance: Fraction, size: int) -> object:
        return rounded_gaussian(variance, size)

    patch.setattr(samplers, "rounded_gaussian", drawn)


def clamp_after_sum(patch: pytest.MonkeyPatch) -> None:
    """A person's values are summed, and never held within the bounds."""
    patch.setattr(bounding, "_clamp", lambda table, measure: table[measure.name])


def tiers_drawn_apart(patch: pytest.MonkeyPatch) -> None:
    """Each tier has noise of its own, instead of the finer one's and more."""

    def apart(
        plan: NoisePlan, counts: Counts, people: int, kept: dict[str, int], _brought: int
    ) -> Release:
        noise = noise_of(plan)
        factors = [tier.variance_factor for tier in plan.tiers]
        return Release.of(
            plan,
            tuple(noise.residuals(counts, factor) for factor in factors),
            tuple(people + noise.people(factor) for factor in factors if plan.measures_people),
            {},
            tuple(kept),
        )

    patch.setattr(measure, "add_noise", apart)


def decided_by_the_true_count(patch: pytest.MonkeyPatch) -> None:
    """Whether an edition is measured depends on how many people really came."""
    patch.setattr(path, "enough", lambda people, counted, minimum: people >= minimum)


def one_noise_for_all_tables(patch: pytest.MonkeyPatch) -> None:
    """Residuals of one size share their noise, so that it cancels between them."""

    def shared(variance: Fraction, size: int) -> object:
        return rounded_gaussian(variance, 1).repeat(size)

    patch.setattr(samplers, "rounded_gaussian", shared)
