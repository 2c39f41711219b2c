"""How rare each topic is, and how that changed with every edition published."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from statistics import fmean

from app.catalog.price_lists import price_book
from app.collections import queries as collections
from app.collections.rules import TOPICS, CollectionRules
from app.core.clock import now
from app.core.plots import Plot, Point, plot
from app.releases import queries as releases
from app.releases.queries import CatalogueEntry
from pricing.item import Question
from pricing.price_book import PriceBook
from pricing.rarity import Rarity


@dataclass(frozen=True)
class CollectionRarity:
    """A collection's place in the catalogue.

    Attributes
    ----------
    answering, total : int
        Its editions that are large enough to be sold, out of all such editions.
    factor : float
        What its tables weigh more than common ones.
    """

    rules: CollectionRules
    answering: int
    total: int
    factor: float


@dataclass(frozen=True)
class Moment:
    """The index of every topic that had an edition, after one more was published."""

    at: datetime
    number: int
    index: dict[str, float]


@dataclass(frozen=True)
class RarityIndex:
    """The present standing of each collection, and the index of each topic over time.

    The index of a topic is the mean of its collections' factors.

    Attributes
    ----------
    first_factor : float
        What a first edition of something new would weigh.
    missing : tuple of str
        Topics of which nothing is published.
    """

    standings: tuple[CollectionRarity, ...]
    moments: tuple[Moment, ...]
    first_factor: float
    missing: tuple[str, ...]

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


def rarity_index() -> RarityIndex:
    """Return how rare everything published is, from released figures alone."""
    book = price_book()
    entries = tuple(e for e in releases.catalogue() if e.people >= book.minimum_people)
    factors, counts = _now(book, entries)
    standings = tuple(
        CollectionRarity(collections.rules(collection), counts[collection], len(entries), factor)
        for collection, factor in sorted(factors.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    topics = {standing.rules.topic for standing in standings}
    return RarityIndex(
        standings,
        _moments(book, entries),
        _factor(book, len(entries) + 1, 1),
        tuple(topic for topic in TOPICS if topic not in topics),
    )


def _factor(book: PriceBook, total: int, answering: int) -> float:
    question = Question("", frozenset())
    return Rarity(total, {question: answering}).factor(book, question)


def _now(
    book: PriceBook, entries: tuple[CatalogueEntry, ...]
) -> tuple[dict[str, float], Counter[str]]:
    counts = Counter(entry.collection_id for entry in entries)
    return {c: _factor(book, len(entries), n) for c, n in counts.items()}, counts


# Editions are never taken back: what a day's index was does not change.
@lru_cache(maxsize=16)
def _moments(book: PriceBook, entries: tuple[CatalogueEntry, ...]) -> tuple[Moment, ...]:
    topics = {e.collection_id: collections.rules(e.collection_id).topic for e in entries}
    moments: list[Moment] = []
    for count, entry in enumerate(entries, 1):
        factors, _ = _now(book, entries[:count])
        by_topic: dict[str, list[float]] = {}
        for collection, factor in factors.items():
            by_topic.setdefault(topics[collection], []).append(factor)
        moments.append(
            Moment(entry.published_at, entry.number, {t: fmean(of) for t, of in by_topic.items()})
        )
    return tuple(moments)
