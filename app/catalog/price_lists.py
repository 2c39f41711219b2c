"""The prices of a version of the price book over a version of the catalogue.

A catalogue is named by the number of its last published edition. Editions are never taken
back and books never change, so a price list is worked out once a process and kept, and an
offer made from an earlier one can be worked out again to the cent.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from app.catalog.questions import Asked, Asks, Content, asked_by
from app.prices import queries as prices
from app.releases import queries as releases
from app.releases.queries import CatalogueEntry
from pricing.item import BY_DETAIL, Question
from pricing.price_book import PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity


def price_book() -> PriceBook:
    """Return the price book in force."""
    return prices.in_force()


def catalogue_number() -> int:
    """Return the number of the last published edition; 0 before the first."""
    last = releases.last_published()
    return 0 if last is None else last.number


def price_list(version: str = "", number: int | None = None) -> PriceList:
    """Return the prices of a version of the book over a version of the catalogue.

    Parameters
    ----------
    version : str
        Of the price book; empty for the one in force.
    number : int or None
        Of the catalogue; None for the present one.

    Raises
    ------
    app.prices.errors.UnknownBook
    """
    book = prices.book(version) if version else price_book()
    last = releases.last_published(number)
    return _kept(book, last.number, last.edition_id) if last else PriceList(book, Rarity(0, {}))


def rarity_of(
    entries: tuple[CatalogueEntry, ...],
    minimum_people: int,
    number: int,
    asked: Asked | None = None,
) -> Rarity:
    """Count how many editions answer each question in a catalogue.

    An edition counts from its first sale on (`app.releases.rarity`). Editions below the smallest
    number of people sold, by their released number, answer nothing that anybody could buy, and
    do not make an answer less rare. A question is what is asked, not who asks it: collections of
    one topic that divide people by the same categories answer the same one. By the book's first
    rule all editions are compared, by the second those of the question's topic.

    Parameters
    ----------
    entries : tuple of CatalogueEntry
        Published editions.
    minimum_people : int
        Of the price book.
    number : int
        Of the catalogue.
    asked : mapping, optional
        What to count, from `asked_by`; the questions of the entries' collections by default.
    """
    counted = (e for e in entries if e.people >= minimum_people and e.counts_in(number))
    if asked is None:
        asked = asked_by(entry.collection_id for entry in entries)
    return counted_rarity(Counter(entry.collection_id for entry in counted), asked)


def counted_rarity(counted: Mapping[str, int], asked: Asked) -> Rarity:
    """Count answers, from how many editions of each collection count.

    Parameters
    ----------
    counted : mapping of collection to int
    asked : mapping
        What they ask, and others of which nothing counts.
    """
    by_content: Counter[Content] = Counter()
    by_question: Counter[Question] = Counter()
    by_topic: Counter[str] = Counter()
    for collection_id, count in counted.items():
        asks = asked[collection_id]
        for content in {one.content for one in asks}:
            by_content[content] += count
        for one in asks:
            by_question[one.alike] += count
        for topic in {one.content[0] for one in asks}:
            by_topic[topic] += count
    every = [one for asks in asked.values() for one in asks]
    answering = {one.question: by_content[one.content] for one in every if by_content[one.content]}
    alike = {one.alike: by_question[one.alike] for one in every if by_question[one.alike]}
    topics = {one.alike: by_topic[one.content[0]] for one in every}
    return Rarity(sum(counted.values()), {**answering, **alike}, topics)


def weighed(book: PriceBook, asks: Asks) -> Question:
    """Return the question of a collection as a book's rule names it."""
    return asks.question if book.rule < BY_DETAIL else asks.alike


@lru_cache(maxsize=16)
def _kept(book: PriceBook, number: int, _edition_id: str) -> PriceList:
    # Named by the edition too: one process may serve several databases.
    counted = releases.answering(number, book.minimum_people)
    return PriceList(book, counted_rarity(counted, asked_by(counted)))


def currency() -> str:
    """Return the market's currency."""
    return price_book().currency
