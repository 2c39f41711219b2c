"""The shares of an edition: functions of released numbers alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from pricing.shares import best_people, denominator, expected, shares_of
from privacy.plan.counting import CountPlan
from privacy.release import Release


@dataclass(frozen=True)
class Divided:
    """How an edition's money is divided.

    Attributes
    ----------
    total : int
        By how many shares each sale is divided, with a margin.
    expected : int
        How many of them belong to somebody, as far as the release knows.
    of_sources : mapping of str to int
        The shares of each source with many people.
    """

    total: int
    expected: int
    of_sources: Mapping[str, int]


def divided(release: Release, counted: tuple[int, CountPlan] | None) -> Divided:
    """Divide an edition.

    Parameters
    ----------
    release : Release
    counted : (int, CountPlan) or None
        The people that were counted first, if they were: independent noise on the same number.
    """
    finest = release.plan.tiers[0]
    estimates = [(release.people(finest).value, release.plan.people_variance)]
    if counted is not None:
        number, plan = counted
        estimates.append((float(number), float(plan.variance)))
    people, sd = best_people(estimates)
    contributions = float(release.table((), finest).contributions()[()])
    of_sources: dict[str, int] = {}
    # One source alone is people with one share each: how much they brought is not measured.
    if release.plan.sources > 1:
        counts = dict(zip(release.sources, release.source_counts, strict=True))
        of_sources = shares_of(counts, contributions, people)
    return Divided(denominator(people, sd), expected(people, sd), of_sources)
