"""How rare each topic is, and how that changed with what was published.

Worked out once for a state of the catalogue, which a publication or a first sale changes; what a
page shows of it is bounded, however many editions there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from app.catalog.price_lists import catalogue_number, counted_rarity, price_book, weighed
from app.catalog.questions import Asked, Asks, asked_by
from app.collections import queries as collections
from app.collections.rules import TOPICS, CollectionRules
from app.core.clock import now
from app.core.plots import Plot, Point, plot
from app.core.recent import Recent
from app.releases import queries as releases
from app.releases.queries import CatalogueEntry
from pricing.item import BY_DETAIL, Question
from pricing.price_book import PriceBook
from pricing.rarity import Rarity

#: So many collections are shown, the rarest; so many moments of the past.
SHOWN, MOMENTS = 200, 60


@dataclass(frozen=True)
class CollectionRarity:
    """A collection's place in the catalogue.

    Attributes
    ----------
    answering, total : int
        Editions that count as an answer to what it asks, out of all that count.
    factor : float
        What its tables weigh more than common ones.
    """

    rules: CollectionRules
    answering: int
    total: int
    factor: float


@dataclass(frozen=True)
class Moment:
    """The index of every topic that had an edition, once an edition was published."""

    at: datetime
    number: int
    index: dict[str, float]


@dataclass(frozen=True)
class RarityIndex:
    """The present standing of the rarest collections, and the index of each topic over time.

    The index of a topic is the mean of its collections' factors.

    Attributes
    ----------
    collections : int
        How many there are, shown or not.
    moments : tuple of Moment
        After each publication while these are few; later at the end of some of the days.
    first_factor : float
        What a first edition of something new would weigh.
    missing : tuple of str
        Topics of which nothing is published.
    """

    standings: tuple[CollectionRarity, ...]
    collections: int
    moments: tuple[Moment, ...]
    first_factor: float
    missing: tuple[str, ...]

    @property
    def counted(self) -> int:
        """How many editions count at all."""
        return max((each.total for each in self.standings), default=0)

    def chart(self, names: dict[str, str]) -> Plot:
        """Draw each topic's index as it was at the end of each day, until today."""
        days = {m.at.date(): m.index for m in self.moments}
        days.setdefault(now().date(), self.moments[-1].index)
        lines = [
            (
                names[topic],
                [Point(day.toordinal(), of[topic]) for day, of in days.items() if topic in of],
            )
            for topic in names
            if topic in self.moments[-1].index
        ]
        ends = sorted({min(days), max(days)})
        return plot(lines, [(day.toordinal(), f"{day:%Y-%m-%d}") for day in ends], y_from=1.0)


@dataclass(frozen=True)
class _Worked:
    """What is worked out for a state of the catalogue: collections by their identifiers."""

    standings: tuple[tuple[str, int, int, float], ...]
    moments: tuple[Moment, ...]
    first_factor: float
    topics: frozenset[str]


_recent: Recent[tuple[PriceBook, releases.CatalogueState], _Worked] = Recent(16)


def rarity_index() -> RarityIndex:
    """Return how rare everything published is, from released figures alone."""
    book = price_book()
    worked = _recent.get((book, releases.catalogue_state()), lambda: _worked(book))
    shown = worked.standings[:SHOWN]
    rules = collections.rules_of(one for one, *_ in shown)
    return RarityIndex(
        tuple(
            CollectionRarity(rules[one], answering, total, factor)
            for one, answering, total, factor in shown
            if one in rules
        ),
        len(worked.standings),
        worked.moments,
        worked.first_factor,
        tuple(topic for topic in TOPICS if topic not in worked.topics),
    )


def _worked(book: PriceBook) -> _Worked:
    entries = tuple(e for e in releases.catalogue() if e.people >= book.minimum_people)
    number = catalogue_number()
    asked = asked_by(entry.collection_id for entry in entries)
    counted = Counter(dict.fromkeys(asked, 0))
    counted.update(e.collection_id for e in entries if e.counts_in(number))
    rarity = counted_rarity(counted, asked)
    whole = {collection: _whole(book, asked[collection]) for collection in asked}
    standings = [
        (
            collection,
            rarity.editions_answering.get(question, 0),
            rarity.of_topic.get(question, rarity.editions_total),
            rarity.factor(book, question),
        )
        for collection, question in whole.items()
    ]
    return _Worked(
        tuple(sorted(standings, key=lambda one: (-one[3], one[0]))),
        tuple(_moments(book, entries, asked)),
        _first_factor(book, rarity),
        frozenset(_topic(of) for of in asked.values()),
    )


def _whole(book: PriceBook, asks: tuple[Asks, ...]) -> Question:
    return weighed(book, next(one for one in asks if not one.question.axes))


def _topic(asks: tuple[Asks, ...]) -> str:
    return asks[0].content[0]


def _first_factor(book: PriceBook, rarity: Rarity) -> float:
    """Return what the first edition of something new would weigh once it was sold.

    By the second rule in the topic with the most editions.
    """
    before = rarity.editions_total
    if book.rule >= BY_DETAIL:
        before = max(rarity.of_topic.values(), default=0)
    new = Question("", frozenset())
    return Rarity(before + 1, {new: 1}).factor(book, new)


def _moments(book: PriceBook, entries: Sequence[CatalogueEntry], asked: Asked) -> list[Moment]:
    """Go through the publications once, and stop at some of them to work out the index."""
    totals = {
        collection: tuple(one for one in of if not one.question.axes)
        for collection, of in asked.items()
    }
    changes = sorted(_changes(entries))
    counted: Counter[str] = Counter()
    seen, moments, done = 0, [], 0
    for position in _stops(entries):
        entry = entries[position]
        for other in entries[seen : position + 1]:
            counted[other.collection_id] += 0
        seen = position + 1
        while done < len(changes) and changes[done][0] <= entry.number:
            _, collection, step = changes[done]
            counted[collection] += step
            done += 1
        moments.append(Moment(entry.published_at, entry.number, _index(book, counted, totals)))
    return moments


def _changes(entries: Sequence[CatalogueEntry]) -> list[tuple[int, str, int]]:
    """Return at which numbers of the catalogue an edition begins and ceases to count."""
    found = []
    for one in entries:
        spans: list[tuple[int, int | None]] = [*one.counted_before]
        if one.counts_from is not None:
            spans.append((one.counts_from, one.counts_to))
        for start, end in spans:
            # Before it was published it was in no catalogue.
            begun = max(start, one.number)
            if end is None or begun < end:
                found.append((begun, one.collection_id, 1))
                found += [] if end is None else [(end, one.collection_id, -1)]
    return found


def _stops(entries: Sequence[CatalogueEntry]) -> list[int]:
    """Return the positions of all publications, or of the last of some days."""
    if len(entries) <= MOMENTS:
        return list(range(len(entries)))
    ends = list({one.published_at.date(): at for at, one in enumerate(entries)}.values())
    if len(ends) <= MOMENTS:
        return ends
    last = len(ends) - 1
    return [ends[round(step * last / (MOMENTS - 1))] for step in range(MOMENTS)]


def _index(book: PriceBook, counted: Mapping[str, int], asked: Asked) -> dict[str, float]:
    there = {collection: asked[collection] for collection in counted}
    rarity = counted_rarity(counted, there)
    by_topic: dict[str, list[float]] = {}
    for asks in there.values():
        by_topic.setdefault(_topic(asks), []).append(rarity.factor(book, _whole(book, asks)))
    return {topic: fmean(factors) for topic, factors in by_topic.items()}
