"""Invented sellers and buyers: everything that does not depend on a price.

All numbers here are made up, but for the noise of the tables, which a release's own plan gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from math import prod

import numpy as np
import numpy.typing as npt

from pricing.volume import MICRORESPONDENTS, effective_respondents
from privacy.plan.planning import plan_release
from privacy.plan.tiers import GOLD
from privacy.plan.workload import default_workload
from privacy.schema import CubeSchema, Dimension

Table = tuple[str, ...]
Floats = npt.NDArray[np.float64]

MICROS = 1_000_000
AXES = {"age": 5, "day": 7, "product": 6, "place": 4}
EPSILONS = (1.0, 2.0, 4.0)
WAYS = (2, 3)
DELTA = 1e-6
BOUND = 2
FULL = 0.6
"""Share of all possible people assumed to take part when the needs of buyers are drawn."""


class Kind(StrEnum):
    """A type of buyer."""

    STUDENT = "student"
    JOURNALIST = "journalist"
    ANALYST = "analyst"
    STUDY = "study"


@dataclass(frozen=True)
class Wish:
    """What a type of buyer asks for.

    Parameters
    ----------
    tables : tuple of int
        Fewest and most tables.
    axes : tuple of float
        Chances of a table of one, two and three axes.
    accuracy : tuple of float
        Least and most effective respondents, as a share of what the collection can give.
    worth : float
        EUR for one table as precise as asking 20 people, at the median.
    collections : int
        Most collections in one purchase.
    """

    tables: tuple[int, int]
    axes: tuple[float, float, float]
    accuracy: tuple[float, float]
    worth: float
    collections: int = 1


WISHES = {
    Kind.STUDENT: Wish((1, 1), (1.0, 0.0, 0.0), (0.02, 0.2), 3.0),
    Kind.JOURNALIST: Wish((1, 1), (0.5, 0.5, 0.0), (0.05, 0.4), 8.0),
    Kind.ANALYST: Wish((2, 5), (0.3, 0.6, 0.1), (0.1, 0.6), 12.0),
    Kind.STUDY: Wish((4, 10), (0.3, 0.5, 0.2), (0.3, 0.9), 30.0, collections=2),
}
SPREAD = 0.8
"""Standard deviation of the log of a visit's worth: one in six is over 2.2 times the median."""

BREADTH, PRECISION = 0.6, 0.4
"""Worth grows with so great a power of the number of tables and of effective respondents."""


@dataclass(frozen=True)
class Settings:
    """One kind of world.

    Parameters
    ----------
    collections, periods, buyers : int
        How many topics, years, and buyers a year.
    mix : tuple of float
        Shares of students, journalists, analysts and studies.
    clever : float
        Share of buyers, of every type, who look for a way around the price.
    wealth : float
        Factor on what needs are worth.
    rare : float
        Share of collections with a single edition a year.
    rare_worth : float
        How much more a need of a collection with a single edition is worth.
    cost : float
        Median cost of taking part for a year, in EUR.
    pieces : int
        Into so many editions the people of each are split, under a collection each.
    preview : int
        Noise variance of the free preview, in that of gold.
    """

    collections: int = 8
    periods: int = 8
    buyers: int = 240
    mix: tuple[float, float, float, float] = (0.35, 0.3, 0.25, 0.1)
    clever: float = 0.35
    wealth: float = 1.0
    rare: float = 0.35
    rare_worth: float = 0.0
    cost: float = 0.10
    pieces: int = 1
    preview: int = 256


@dataclass(frozen=True)
class Group:
    """People who publish one edition a period, if enough of them take part.

    Parameters
    ----------
    name, collection : str
    house : str
        The collection it is published in, which asks what all of its topic ask.
    costs : array of float
        What a year of taking part costs each, in micros, ascending.
    noise : array of float
        Of the released number of people, by period, in standard deviations.
    """

    name: str
    collection: str
    house: str
    costs: Floats
    noise: Floats

    def willing(self, expected: float) -> int:
        """Return how many take part who expect to earn so much, in micros."""
        return int(np.searchsorted(self.costs, expected, side="right"))


@dataclass(frozen=True)
class Noise:
    """What a release's plan says of its noise: variances by table, deviations of its totals."""

    variances: dict[frozenset[str], float]
    people_sd: float
    share_sd: float


@dataclass(frozen=True)
class Collection:
    """A topic.

    Parameters
    ----------
    name : str
    ways : int
        Most axes of a table on offer.
    noise : Noise
    groups : tuple of Group
    """

    name: str
    ways: int
    noise: Noise
    groups: tuple[Group, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table on offer, but for the total, which all others answer."""
        sizes = range(1, self.ways + 1)
        return tuple(table for size in sizes for table in combinations(AXES, size))


@dataclass(frozen=True)
class Need:
    """Tables of one collection, none inside another, each as precise as asking so many people."""

    collection: str
    tables: tuple[Table, ...]
    respondents: float


@dataclass(frozen=True)
class Visit:
    """What somebody wants at once, and the most it is worth to them, in micros."""

    needs: tuple[Need, ...]
    worth: int


@dataclass(frozen=True)
class Buyer:
    """Somebody who comes once, or again in the same period for more tables."""

    kind: Kind
    clever: bool
    visits: tuple[Visit, ...]


@dataclass(frozen=True)
class World:
    """Sellers, and the buyers of each period."""

    settings: Settings
    collections: tuple[Collection, ...]
    buyers: tuple[tuple[Buyer, ...], ...]


@lru_cache
def noise_of(ways: int, epsilon: float) -> Noise:
    """Return the noise a release plans for tables of up to so many axes."""
    dimensions = tuple(
        Dimension(name, tuple(str(code) for code in range(size))) for name, size in AXES.items()
    )
    schema = CubeSchema(dimensions, (), BOUND)
    workload = default_workload(schema, ways)
    plan = plan_release(schema, workload, epsilon, DELTA)
    sets = [table for size in range(ways + 1) for table in combinations(AXES, size)]
    variances = {frozenset(table): float(plan.cell_variance(table, GOLD)) for table in sets}
    return Noise(variances, plan.people_sd(GOLD), plan.share_sd())


def make_world(settings: Settings, seed: int) -> World:
    """Draw a world; the same seed draws the same people under every price."""
    rng = np.random.default_rng(seed)
    collections = tuple(_collection(settings, rng, n) for n in range(settings.collections))
    popularity: Floats = 1.0 / np.arange(1.0, settings.collections + 1) ** 0.8
    chances = rng.permutation(popularity / popularity.sum())
    buyers = tuple(
        tuple(_buyer(settings, rng, collections, chances) for _ in range(settings.buyers))
        for _ in range(settings.periods)
    )
    if settings.pieces > 1:
        collections = tuple(_in_pieces(one, settings.pieces, rng) for one in collections)
    return World(settings, collections, buyers)


def _in_pieces(whole: Collection, pieces: int, rng: np.random.Generator) -> Collection:
    """Split each edition's people: buyers need the same, and there are as many people."""
    groups = [
        Group(
            f"{group.name}/{piece}",
            group.collection,
            f"{group.collection}/{piece}",
            group.costs[piece::pieces],
            np.clip(rng.standard_normal(len(group.noise)), -3.0, 3.0),
        )
        for group in whole.groups
        for piece in range(pieces)
    ]
    return replace(whole, groups=tuple(groups))


def _collection(settings: Settings, rng: np.random.Generator, number: int) -> Collection:
    name = f"topic-{number}"
    alone = rng.random() < settings.rare
    editions = 1 if alone else 1 + int(rng.geometric(0.4))
    noise = noise_of(int(rng.choice(WAYS)), float(rng.choice(EPSILONS)))
    ways = max(len(axes) for axes in noise.variances)
    groups = []
    for place in range(min(editions, 6)):
        people = int(np.clip(rng.lognormal(np.log(250), 0.8), 80, 4_000))
        costs = np.sort(rng.lognormal(np.log(settings.cost), 1.3, people)) * MICROS
        drawn = np.clip(rng.standard_normal(settings.periods), -3.0, 3.0)
        groups.append(Group(f"{name}-{place}", name, name, costs, drawn))
    return Collection(name, ways, noise, tuple(groups))


def _buyer(
    settings: Settings, rng: np.random.Generator, offered: tuple[Collection, ...], chances: Floats
) -> Buyer:
    kind = list(Kind)[int(rng.choice(len(Kind), p=settings.mix))]
    clever = bool(rng.random() < settings.clever)
    topics = int(rng.integers(1, WISHES[kind].collections + 1))
    chosen = rng.choice(len(offered), topics, replace=False, p=chances)
    first = _visit(settings, rng, kind, [offered[place] for place in chosen], None)
    if kind in (Kind.JOURNALIST, Kind.ANALYST) and rng.random() < 0.25:
        again = _visit(settings, rng, kind, [offered[chosen[0]]], first.needs[0].respondents)
        return Buyer(kind, clever, (first, again))
    return Buyer(kind, clever, (first,))


def _visit(
    settings: Settings,
    rng: np.random.Generator,
    kind: Kind,
    topics: list[Collection],
    respondents: float | None,
) -> Visit:
    wish, needs, worth = WISHES[kind], [], 0.0
    luck = float(rng.lognormal(0.0, SPREAD)) * settings.wealth
    for topic in topics:
        tables = _tables(rng, wish, topic)
        share = float(rng.uniform(*wish.accuracy))
        asked = share * _most(topic, tables) if respondents is None else respondents
        needs.append(Need(topic.name, tables, asked))
        scarce = 1.0 + settings.rare_worth * (len(topic.groups) == 1)
        grown = len(tables) ** BREADTH * (asked / 20.0) ** PRECISION
        worth += wish.worth * luck * scarce * grown
    return Visit(tuple(needs), int(worth * MICROS))


def _tables(rng: np.random.Generator, wish: Wish, topic: Collection) -> tuple[Table, ...]:
    """Draw tables and keep those that lie inside no other: nobody pays for a part of a whole."""
    count = int(rng.integers(wish.tables[0], wish.tables[1] + 1))
    drawn = set()
    for _ in range(count):
        size = min(topic.ways, 1 + int(rng.choice(3, p=wish.axes)))
        axes = rng.choice(len(AXES), size, replace=False)
        drawn.add(tuple(list(AXES)[place] for place in sorted(axes)))
    kept = [one for one in drawn if not any(set(one) < set(other) for other in drawn)]
    return tuple(sorted(kept))


def _most(topic: Collection, tables: tuple[Table, ...]) -> float:
    """Return the effective respondents of the least precise table, all editions together."""
    counts = [int(FULL * len(group.costs)) for group in topic.groups]
    return min(sum(precision(topic.noise, n, table, 1.0) for n in counts) for table in tables)


def cells_of(axes: Iterable[str]) -> int:
    """Return how many cells a table has.

    Examples
    --------
    >>> cells_of(("age", "day")), cells_of(())
    (35, 1)
    """
    return prod(AXES[axis] for axis in axes)


def precision(noise: Noise, people: int, table: Table, factor: float) -> float:
    """Return how many people asked without noise tell its mean cell as precisely.

    Parameters
    ----------
    factor : float
        Of the noise variance of gold.
    """
    variance = noise.variances[frozenset(table)] * factor
    return effective_respondents(people, variance, 1.0, cells_of(table)) / MICRORESPONDENTS
