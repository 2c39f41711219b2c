"""The prices of a version of the price book over a version of the catalogue.

A catalogue is named by the number of its last published edition. Editions are never taken
back and books never change, so a price list is worked out once a process and kept, and an
offer made from an earlier one can be worked out again to the cent.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.prices import queries as prices
from app.releases import queries as releases
from app.releases.queries import CatalogueEntry
from pricing.item import Question
from pricing.price_book import PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from privacy.schema import Measure

#: What a question asks: its topic, whether by any column, the domains of its columns.
Content = tuple[str, bool, tuple[tuple[str, ...], ...]]
Asked = Mapping[str, tuple[tuple[Question, Content], ...]]


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
    one topic that divide people by the same categories answer the same one.

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
    counted = [e for e in entries if e.people >= minimum_people and e.counts_in(number)]
    by_collection = Counter(entry.collection_id for entry in counted)
    if asked is None:
        asked = asked_by(entry.collection_id for entry in entries)
    by_content: Counter[Content] = Counter()
    for collection_id, count in by_collection.items():
        for content in {content for _, content in asked[collection_id]}:
            by_content[content] += count
    answering = {
        question: by_content[content]
        for pairs in asked.values()
        for question, content in pairs
        if by_content[content]
    }
    return Rarity(len(counted), answering)


def asked_by(collection_ids: Iterable[str]) -> Asked:
    """Return the questions of each of some collections, with what they ask."""
    return {one: tuple(_questions(collections.rules(one))) for one in sorted({*collection_ids})}


def _questions(rules: CollectionRules) -> Iterator[tuple[Question, Content]]:
    """Name each question of a collection by what it asks: its topic and its columns' domains."""
    domains = {
        **{d.name: ("category", *sorted(d.domain)) for d in rules.schema.dimensions},
        **{m.name: _range(m) for m in rules.schema.measures},
    }
    everything = tuple(sorted(domains.values()))
    for marginal in rules.workload.closure():
        # How many people there are is asked of these people, not of everybody in the topic.
        content = tuple(sorted(domains[axis] for axis in marginal)) or everything
        yield Question(rules.id, frozenset(marginal)), (rules.topic, bool(marginal), content)


def _range(measure: Measure) -> tuple[str, ...]:
    return ("number", measure.unit, *(str(knot.normalize()) for knot in measure.knots))


@lru_cache(maxsize=16)
def _kept(book: PriceBook, number: int, _edition_id: str) -> PriceList:
    # Named by the edition too: one process may serve several databases.
    return PriceList(book, rarity_of(releases.catalogue(number), book.minimum_people, number))


def currency() -> str:
    """Return the market's currency."""
    return price_book().currency
