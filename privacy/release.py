"""A release: the noisy tables of an edition at all tiers; it never changes once drawn.

Reading one loads neither an engine nor the noise samplers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Self

import numpy as np

from privacy.errors import PlanError, ReleaseError
from privacy.noise.intervals import QUANTILE, rounded_variance
from privacy.plan.mechanism import Residuals
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.residual import rebuild
from privacy.plan.tiers import Tier
from privacy.plan.workload import Marginal, cells
from privacy.tables.table import PEOPLE, Estimate, Table

FORMAT = 1
LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Release:
    """What was measured: whole numbers only, each already noisy.

    Parameters
    ----------
    plan : NoisePlan
    residuals : tuple of tuple of tuple of int
        By tier, then by part in the plan's order: numerators in C order.
    people_counts : tuple of int
        By tier; empty where it was not measured.
    sources : tuple of str
        All sources of the edition, sorted.
    source_counts : tuple of int
        Kept contributions of each source; empty with one source.
    brought : int or None
        What people brought before bounding; None where it was not counted.
    """

    plan: NoisePlan
    residuals: tuple[tuple[tuple[int, ...], ...], ...]
    people_counts: tuple[int, ...]
    sources: tuple[str, ...]
    source_counts: tuple[int, ...]
    brought: int | None = None

    def __post_init__(self) -> None:
        tiers = len(self.plan.tiers)
        sizes = [cells(self.plan.schema, part.axes) for part in self.plan.parts]
        whole = (
            len(self.residuals) == tiers
            and len(self.people_counts) == (tiers if self.plan.measures_people else 0)
            and all([len(part) for part in tier] == sizes for tier in self.residuals)
            and len(self.sources) == self.plan.sources
            and len(self.source_counts) == (self.plan.sources if self.plan.sources > 1 else 0)
            and (self.brought is not None) == bool(self.plan.brought_rho.micro)
        )
        if not whole:
            raise ReleaseError("A release does not fit its plan")

    @classmethod
    def of(
        cls,
        plan: NoisePlan,
        residuals: tuple[Residuals, ...],
        people_counts: tuple[int, ...],
        noisy_shares: Mapping[str, int],
        sources: tuple[str, ...],
        brought: int | None = None,
    ) -> Self:
        """Make a release of what was drawn."""
        return cls(
            plan,
            tuple(
                tuple(tuple(int(n) for n in tier[part].ravel()) for part in plan.parts)
                for tier in residuals
            ),
            people_counts,
            tuple(sorted(sources)),
            tuple(noisy_shares[source] for source in sorted(noisy_shares)),
            brought,
        )

    def left_out(self) -> Estimate | None:
        """Return how many contributions the bound left out, at least; None if not counted.

        Of each person no more than `plan.most_brought` were counted, so whoever brought more had
        more left out.
        """
        if self.brought is None:
            return None
        finest = self.plan.tiers[0]
        value = self.brought - float(self.table((), finest).contributions()[()])
        variance = rounded_variance(self.plan.normal_brought)
        sd = sqrt(variance + self.plan.cell_variance((), finest))
        half = QUANTILE * sd
        return Estimate((), LEFT_OUT, None, "", value, value - half, value + half, sd, value > half)

    def people(self, tier: Tier) -> Estimate:
        """Return the number of people: as measured, or the total where each has one record.

        Raises
        ------
        PlanError
            For a tier that was not measured, or where the plan left the number of people out.
        """
        position = self._index(tier)
        if self.people_counts:
            value = float(self.people_counts[position])
        elif self.plan.people_variance:
            value = float(self.table((), tier).contributions()[()])
        else:
            raise PlanError("The number of people was not measured")
        half = self.plan.people_half_width(tier)
        sd = self.plan.people_sd(tier)
        return Estimate(
            (), PEOPLE, None, "", value, value - half, value + half, sd, abs(value) > half
        )

    @property
    def shares(self) -> dict[str, int]:
        """Kept contributions of each source as released, none below zero."""
        if self.plan.sources == 1:
            total = self.table((), self.plan.tiers[0]).contributions()[()]
            return {self.sources[0]: max(0, round(float(total)))}
        return {
            source: max(0, count)
            for source, count in zip(self.sources, self.source_counts, strict=True)
        }

    def table(self, marginal: Marginal, tier: Tier) -> Table:
        """Return a table at a tier, added up from its residuals.

        Parameters
        ----------
        marginal : Marginal
        tier : Tier
            `Mixed` takes some of them at finer tiers.

        Raises
        ------
        PlanError
            For a table or tier that was not measured.
        """
        if marginal not in self.plan.closure:
            raise PlanError(f"The plan has no table {marginal}")
        schema = self.plan.schema
        parts: Residuals = {}
        for position, part in enumerate(self.plan.parts):
            if set(part.subset) <= set(marginal):
                numbers = self.residuals[self._index(tier.at(part.subset))][position]
                array = np.empty(len(numbers), dtype=object)
                array[:] = numbers
                parts[part] = array.reshape(self.plan.terms.shape(part.axes))
        denominators = {part: self.plan.denominator(part) for part in parts}
        contrasts = self.plan.noise.contrasts
        numerators, denominator = rebuild(schema, marginal, parts, denominators, contrasts)
        return Table(self.plan, marginal, tier, numerators, denominator)

    def to_bytes(self) -> bytes:
        """Write the release as UTF-8 JSON: the same bytes each time."""
        content = {
            "format": FORMAT,
            "plan": self.plan.to_dict(),
            "residuals": self.residuals,
            "people": self.people_counts,
            "sources": self.sources,
            "source_counts": self.source_counts,
            **({} if self.brought is None else {"brought": self.brought}),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises
        ------
        ReleaseError
            Where it is not a release.
        """
        try:
            data: dict[str, Any] = json.loads(content)
            if data["format"] != FORMAT:
                raise ReleaseError(f"Unknown format {data['format']!r}")
            return cls(
                NoisePlan.from_dict(data["plan"]),
                tuple(
                    tuple(tuple(int(n) for n in part) for part in tier)
                    for tier in data["residuals"]
                ),
                tuple(int(n) for n in data["people"]),
                tuple(data["sources"]),
                tuple(int(n) for n in data["source_counts"]),
                None if data.get("brought") is None else int(data["brought"]),
            )
        except (KeyError, TypeError, ValueError, PlanError) as error:
            raise ReleaseError(f"Not a release: {error}") from error

    def _index(self, tier: Tier) -> int:
        if tier not in self.plan.tiers:
            raise PlanError(f"There is no tier {tier.name!r}")
        return self.plan.tiers.index(tier)
