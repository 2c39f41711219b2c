"""The public rules of a collection, as values that other features read.

A collection publishes, before anything is uploaded: the schema (domains and bounds),
how file columns become its columns, the contribution bound, the workload, the budget
and the purposes its releases may be sold for.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pricing.money import Money
from privacy.loss import rho_for, right_guesses
from privacy.plan.counting import CountPlan, plan_count, tables_epsilon
from privacy.plan.planning import NoisePlan, plan_release
from privacy.plan.workload import Workload, default_workload
from privacy.schema import CubeSchema


class Purpose(StrEnum):
    """What a release may be used for."""

    RESEARCH = "research"
    PUBLIC = "public"
    COMMERCIAL = "commercial"


class Identifier(StrEnum):
    """What names a person in every producer's file, where something does."""

    NONE = ""
    EMAIL = "email"
    CODE = "code"


TOPICS = ("shopping", "work", "health", "mobility", "energy", "leisure", "home", "other")
#: What a collection may spend on each person in one edition (epsilon, in thousandths).
EPSILONS_MILLI = (500, 1000, 2000, 3000)
#: How many people, counted with noise, an edition may need at least.
MINIMUMS = (50, 100, 200, 500)

#: Sets of purposes, each within the next: an edition of its own for each, at every closing.
Levels = tuple[frozenset[Purpose], ...]


def ladder(purposes: frozenset[Purpose]) -> Levels:
    """Return the levels at which people may agree: from the first purpose alone to all of them."""
    listed = [purpose for purpose in Purpose if purpose in purposes]
    return tuple(frozenset(listed[:size]) for size in range(1, len(listed) + 1))


@dataclass(frozen=True)
class ColumnRule:
    """How one column of the schema is read from a file, and why its domain is what it is.

    Attributes
    ----------
    name : str
        The schema's column.
    transform : str
        How its cells are read: a key of `app.datasets.ingest.transforms.table`.
    edges : tuple of str
        Inner edges, for a way that has them.
    source : str
        Where the categories or bounds come from; never the file itself.
    """

    name: str
    transform: str = ""
    edges: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class CollectionRules:
    """Everything that is public about a collection.

    Attributes
    ----------
    levels : tuple of frozenset of Purpose
        What people may agree to, from the least to the most: see `level`.
    minimum_people : int
        An edition is measured only where so many people came, counted with noise.
    public : bool
        Whether anybody but its founder sees it.
    withdrawn : bool
        Whether its founder left.
    released : bool
        Whether an edition was.
    identifier : Identifier
        What makes one person of somebody in the files of several producers.
    template : str
        The public template it is the market's own collection of; empty where somebody founded it.
    """

    id: str
    owner_id: str
    title: str
    description: str
    topic: str
    person: str
    record: str
    schema: CubeSchema
    columns: tuple[ColumnRule, ...]
    ways: int
    epsilon: float
    delta: float
    purposes: frozenset[Purpose]
    edition_days: int
    currency: str
    open: bool
    created_at: datetime
    floor_micros: int = 0
    levels: Levels = ()
    minimum_people: int = MINIMUMS[0]
    public: bool = False
    withdrawn: bool = False
    released: bool = False
    identifier: Identifier = Identifier.NONE
    template: str = ""

    def level(self, agreed: frozenset[Purpose]) -> frozenset[Purpose]:
        """Return the highest level that is agreed to wholly; empty where none is.

        Each level is an edition of its own, so that no unusual set of purposes makes one.
        """
        return max(
            (level for level in self.levels if level <= agreed), key=len, default=frozenset()
        )

    @property
    def count(self) -> CountPlan:
        """How people are counted before an edition is measured."""
        return plan_count(self.epsilon, self.delta)

    @property
    def workload(self) -> Workload:
        """The tables asked of each edition."""
        return default_workload(self.schema, self.ways)

    @property
    def guesses(self) -> float:
        """Of 100 guesses whether somebody took part in an edition, so many are right at most."""
        return right_guesses(rho_for(self.epsilon, self.delta))

    @property
    def floor(self) -> Money:
        """What each buyer of an edition pays for it at least."""
        return Money(self.floor_micros, self.currency)

    def plan(self, sources: int = 1) -> NoisePlan:
        """Return the noise plan of an edition's tables, from so many sources; no row is read."""
        return planned(self.schema, self.ways, self.epsilon, self.delta, sources)

    def column(self, name: str) -> ColumnRule:
        """Return how a column is read."""
        return next((c for c in self.columns if c.name == name), ColumnRule(name))


def planned(schema: CubeSchema, ways: int, epsilon: float, delta: float, sources: int) -> NoisePlan:
    """Return the noise plan of tables of so many ways; asked for again, it is there already.

    What counting the people cost is taken off first: both together stay within `epsilon`.
    """
    return plan_release(
        schema,
        default_workload(schema, ways),
        epsilon=tables_epsilon(epsilon, delta),
        delta=delta,
        sources=sources,
        brought=True,
    )
