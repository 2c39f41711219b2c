"""The public rules of a collection, as values that other features read.

A collection publishes, before anything is uploaded: the schema (domains and bounds),
how file columns become its columns, the contribution bound, the workload, the budget
and the purposes its releases may be sold for.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pricing.money import Money
from privacy.plan.planning import NoisePlan, plan_release
from privacy.plan.workload import Workload, default_workload
from privacy.schema import CubeSchema


class Purpose(StrEnum):
    """What a release may be used for."""

    RESEARCH = "research"
    PUBLIC = "public"
    COMMERCIAL = "commercial"


TOPICS = ("shopping", "work", "health", "mobility", "energy", "leisure", "home", "other")
#: What a collection may spend on each person in one edition (epsilon, in thousandths).
EPSILONS_MILLI = (500, 1000, 2000, 3000)


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
    """Everything that is public about a collection."""

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

    @property
    def workload(self) -> Workload:
        """The tables asked of each edition."""
        return default_workload(self.schema, self.ways)

    @property
    def floor(self) -> Money:
        """What each buyer of an edition pays for it at least."""
        return Money(self.floor_micros, self.currency)

    def plan(self, sources: int = 1) -> NoisePlan:
        """Return the noise plan of an edition with so many datasets; no row is read."""
        return plan_release(
            self.schema, self.workload, epsilon=self.epsilon, delta=self.delta, sources=sources
        )

    def column(self, name: str) -> ColumnRule:
        """Return how a column is read."""
        return next((c for c in self.columns if c.name == name), ColumnRule(name))
