"""How rare each topic is, and how that changed with every edition published."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from statistics import fmean

from app.catalog.price_lists import catalogue_number, price_book, rarity_of, weighed
from app.catalog.questions import Asked, asked_by
from app.collections import queries as collections
from app.collections.rules import TOPICS, CollectionRules
from app.core.clock import now
from app.core.plots import Plot, Point, plot
from app.releases import queries as releases
from app.releases.queries import CatalogueEntry
from pricing.item import BY_DETAIL, Question
from pricing.price_book import PriceBook
from pricing.rarity import Rarity


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


def rarity_index() -> RarityIndex:
    """Return how rare everything published is, from released figures alone."""
    book = price_book()
    entries = tuple(e for e in releases.catalogue() if e.people >= book.minimum_people)
    asked = asked_by(entry.collection_id for entry in entries)
    rarity = rarity_of(entries, book.minimum_people, catalogue_number(), asked)
    factors = _factors(book, entries, rarity, asked)
    whole = {collection: _whole(book, asked, collection) for collection in factors}
    standings = tuple(
        CollectionRarity(
            collections.rules(collection),
            rarity.editions_answering.get(whole[collection], 0),
            rarity.of_topic.get(whole[collection], rarity.editions_total),
            factor,
        )
        for collection, factor in sorted(factors.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    topics = {standing.rules.topic for standing in standings}
    return RarityIndex(
        standings,
        _moments(book, entries),
        _first_factor(book, rarity),
        tuple(topic for topic in TOPICS if topic not in topics),
    )


def _whole(book: PriceBook, asked: Asked, collection: str) -> Question:
    asks = next(one for one in asked[collection] if not one.question.axes)
    return weighed(book, asks)


def _first_factor(book: PriceBook, rarity: Rarity) -> float:
    """Return what the first edition of something new would weigh once it was sold.

    By the second rule in the topic with the most editions.
    """
    before = rarity.editions_total
    if book.rule >= BY_DETAIL:
        before = max(rarity.of_topic.values(), default=0)
    new = Question("", frozenset())
    return Rarity(before + 1, {new: 1}).factor(book, new)


def _factors(
    book: PriceBook, entries: tuple[CatalogueEntry, ...], rarity: Rarity, asked: Asked
) -> dict[str, float]:
    return {
        e.collection_id: rarity.factor(book, _whole(book, asked, e.collection_id)) for e in entries
    }


# What a past catalogue counted does not change; what the next one will is part of the entries.
@lru_cache(maxsize=16)
def _moments(book: PriceBook, entries: tuple[CatalogueEntry, ...]) -> tuple[Moment, ...]:
    topics = {e.collection_id: collections.rules(e.collection_id).topic for e in entries}
    asked = {
        collection: tuple(one for one in every if not one.question.axes)
        for collection, every in asked_by(topics).items()
    }
    moments: list[Moment] = []
    for count, entry in enumerate(entries, 1):
        rarity = rarity_of(entries[:count], book.minimum_people, entry.number, asked)
        factors = _factors(book, entries[:count], rarity, asked)
        by_topic: dict[str, list[float]] = {}
        for collection, factor in factors.items():
            by_topic.setdefault(topics[collection], []).append(factor)
        moments.append(
            Moment(entry.published_at, entry.number, {t: fmean(of) for t, of in by_topic.items()})
        )
    return tuple(moments)
