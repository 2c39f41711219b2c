"""What each bound of a person's contributions would leave out, and what noise it would cost.

Everything is worked out from a release, as post-processing, and from plans, which are public: it
tells nothing that the release does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot
from typing import Any, Self

from privacy.errors import ReleaseError
from privacy.noise.intervals import rounded_variance
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.planning import plan_release
from privacy.plan.workload import Marginal, cells
from privacy.release import Release
from privacy.tables.keeping import Kept, left_out

#: Larger bounds are looked at in steps of an eighth of themselves.
EACH_UP_TO = 8


@dataclass(frozen=True)
class Choice:
    """What one bound does to a mean cell of a table at the finest tier.

    Parameters
    ----------
    bound : int
        Most contributions of a person.
    left_out, low, high : float
        Contributions left out of all that is known, with an interval (95 %).
    sd : float
        Noise standard deviation of one cell, in contributions.
    cells : int
        Of the table.
    """

    bound: int
    left_out: float
    low: float
    high: float
    sd: float
    cells: int

    @property
    def missing(self) -> float:
        """Contributions left out of a mean cell."""
        return self.left_out / self.cells

    @property
    def error(self) -> float:
        """Root mean squared error of a mean cell: what is left out is the same in each draw."""
        return hypot(self.sd, self.missing)

    @property
    def least_error(self) -> float:
        """The error at the low end of what is left out."""
        return hypot(self.sd, self.low / self.cells)

    @property
    def largest_error(self) -> float:
        """The error at the high end of what is left out."""
        return hypot(self.sd, self.high / self.cells)


@dataclass(frozen=True)
class Bounds:
    """The choices of a bound that a release tells something about.

    Parameters
    ----------
    bound : int
        The release's own.
    marginal : Marginal
        The table that errors are those of.
    choices : tuple of Choice
        By bound, from 1 to the largest that something is known of; of large ones only some.
    whole : bool
        Whether a person can have no more than that; else what they brought beyond is not known.
    """

    bound: int
    marginal: Marginal
    choices: tuple[Choice, ...]
    whole: bool

    @property
    def best(self) -> Choice:
        """The choice with the smallest error."""
        return min(self.choices, key=lambda choice: choice.error)

    @property
    def possible(self) -> tuple[int, ...]:
        """The bounds that may be the best, as far as the noise of the release can tell."""
        least = min(choice.largest_error for choice in self.choices)
        return tuple(choice.bound for choice in self.choices if choice.least_error <= least)

    @property
    def own(self) -> Choice:
        """The choice that the release was made with."""
        return next(choice for choice in self.choices if choice.bound == self.bound)

    @property
    def is_told(self) -> bool:
        """Whether another bound is better for certain, and not as far as the noise lets it seem."""
        return self.bound not in self.possible

    @property
    def open(self) -> bool:
        """Whether the best is the last, and more of a person might be better still."""
        return not self.whole and self.best is self.choices[-1]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "bound": self.bound,
            "marginal": list(self.marginal),
            "cells": self.choices[0].cells,
            "choices": [[c.bound, c.left_out, c.low, c.high, c.sd] for c in self.choices],
            "whole": self.whole,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        ReleaseError
            Where it is something else.
        """
        try:
            size = int(data["cells"])
            choices = tuple(
                Choice(int(bound), float(value), float(low), float(high), float(sd), size)
                for bound, value, low, high, sd in data["choices"]
            )
            return cls(data["bound"], tuple(data["marginal"]), choices, data["whole"])
        except (KeyError, TypeError, ValueError) as error:
            raise ReleaseError(f"No choices of a bound: {error}") from error


def known(release: Release, most: int | None = None) -> tuple[Kept, ...]:
    """Return what some bounds keep, as far as a release tells it.

    A bound of 1 keeps one contribution of each person, the release's own the total of its tables,
    and the largest, `plan.most_brought`, what was brought before bounding.

    Parameters
    ----------
    release : Release
    most : int or None
        Most contributions that anybody could bring, where that was less than their cells.
    """
    plan, finest = release.plan, release.plan.tiers[0]
    bound = plan.schema.bound
    found = []
    if bound > 1 and release.people_counts:
        found.append(Kept(1, float(release.people_counts[0]), plan.people_variance))
    total = float(release.table((), finest).contributions()[()])
    found.append(Kept(bound, total, plan.cell_variance((), finest)))
    if release.brought is not None and (most is None or most > bound):
        variance = rounded_variance(plan.normal_brought)
        found.append(Kept(plan.most_brought, float(release.brought), variance))
    return tuple(found)


def choices(
    release: Release, marginal: Marginal | None = None, most: int | None = None
) -> Bounds | None:
    """Weigh what each bound would leave out against the noise it would cost.

    Parameters
    ----------
    release : Release
    marginal : Marginal or None
        The table whose mean cell is looked at; None: the largest of one dimension.
    most : int or None
        Most contributions that anybody could bring, where that was less than their cells.

    Returns
    -------
    Bounds or None
        None where a person can have one contribution only.

    References
    ----------
    docs/privacy.md, "What the bound leaves out".
    """
    plan = release.plan
    asked = _largest(plan) if marginal is None else marginal
    size = cells(plan.schema, asked)
    found = left_out(known(release, most))
    if asked == () or len(found) == 1:
        return None
    own, last = plan.schema.bound, len(found)
    made = tuple(
        Choice(one.bound, one.value, one.low, one.high, _planned_sd(plan, one.bound, asked), size)
        for one in (found[bound - 1] for bound in _looked_at(own, last))
    )
    return Bounds(own, asked, made, last == cells(plan.schema, plan.schema.hard))


def _looked_at(own: int, last: int) -> list[int]:
    """Return the bounds to plan for: a hundred plans of sixteen columns take ten seconds."""
    chosen, bound = {own, last}, 1
    while bound < last:
        chosen.add(bound)
        bound += 1 + bound // EACH_UP_TO
    return sorted(chosen)


def _largest(plan: NoisePlan) -> Marginal:
    """Return the table of one dimension that has the most cells."""
    single = [m for m in plan.closure if len(m) == 1 and m[0] in plan.schema.hard]
    return max(single, key=lambda marginal: cells(plan.schema, marginal), default=())


def _planned_sd(plan: NoisePlan, bound: int, marginal: Marginal) -> float:
    """Plan the same tables for another bound, and return the noise of a cell."""
    other = plan_release(
        replace(plan.schema, contribution_bound=bound),
        plan.workload,
        plan.epsilon,
        plan.delta,
        plan.tiers,
        plan.sources,
        plan.mechanism,
        plan.objective,
        brought=True,
    )
    return other.cell_sd(marginal, other.tiers[0])
