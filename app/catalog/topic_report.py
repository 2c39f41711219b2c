"""What there is on a topic, of public figures: for sellers and buyers to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from app.catalog.rarity_index import CollectionRarity, rarity_index
from app.core.clock import now
from app.core.plots import Plot, Point, plot
from app.search import queries as lists
from app.search.lists import Entry, Search

#: Of so many collections at most the sizes are compared; so many are named.
COMPARED, NAMED = 2_000, 10
#: A spread is told of so many collections at least: of fewer it would be one collection's figures.
FEWEST = 4


@dataclass(frozen=True)
class Spread:
    """The middle half of some figures, and the one in the middle."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[int]) -> "Spread | None":
        """Return the spread of values; None of too few."""
        if len(values) < FEWEST:
            return None
        return cls(*quantiles(values, n=4, method="inclusive"))


@dataclass(frozen=True)
class TopicReport:
    """A topic in figures.

    Attributes
    ----------
    collections : int
        How many have an edition on sale, as far as they are compared.
    people, price : Spread or None
        Of the newest edition of each: people by released numbers, the cheapest table in millionths.
    rarest : tuple of CollectionRarity
    index : tuple of (str, float)
        The day and the rarity index of the topic, at some moments of the past.
    """

    topic: str
    collections: int
    people: Spread | None
    price: Spread | None
    currency: str
    newest: tuple[Entry, ...]
    rarest: tuple[CollectionRarity, ...]
    index: tuple[tuple[str, float], ...]
    chart: Plot | None


def report(topic: str, name: str) -> TopicReport:
    """Return the report of a topic; `name` is its name in the reader's language."""
    sizes = lists.sizes_of_topic(topic, COMPARED)
    found = lists.find(Search(topic=topic))
    newest = tuple(line.entry for line in found.lines)[:NAMED]
    rarity = rarity_index()
    days = {m.at.date(): m.index[topic] for m in rarity.moments if topic in m.index}
    index = tuple((f"{day:%Y-%m-%d}", value) for day, value in days.items())
    chart = None
    if days:
        days.setdefault(now().date(), list(days.values())[-1])
        ends = sorted({min(days), max(days)})
        points = [Point(day.toordinal(), value) for day, value in days.items()]
        chart = plot(
            [(name, points)], [(day.toordinal(), f"{day:%Y-%m-%d}") for day in ends], y_from=1.0
        )
    return TopicReport(
        topic,
        len(sizes),
        Spread.of([people for people, _ in sizes]),
        Spread.of([price for _, price in sizes]),
        newest[0].currency if newest else "",
        newest,
        tuple(one for one in rarity.standings if one.rules.topic == topic)[:NAMED],
        index,
        chart,
    )
