"""The prices of a version of the price book over a version of the catalogue.

A catalogue is named by the number of its last published edition. Editions are never taken
back and books never change, so a price list is worked out once a process and kept, and an
offer made from an earlier one can be worked out again to the cent.
"""

from collections import Counter
from functools import lru_cache

from app.collections import queries as collections
from app.prices import queries as prices
from app.releases import queries as releases
from app.releases.queries import CatalogueEntry
from pricing.item import Question
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
    # Named by the edition too: one process may serve several databases.
    return _kept(book, last) if last else PriceList(book, Rarity(0, {}))


def rarity_of(entries: tuple[CatalogueEntry, ...], minimum_people: int) -> Rarity:
    """Count how many editions answer each question.

    Editions below the smallest number of people sold, by their released number, answer
    nothing that anybody could buy, and do not make an answer less rare.

    Parameters
    ----------
    entries : tuple of CatalogueEntry
        Published editions.
    minimum_people : int
        Of the price book.
    """
    counted = [entry for entry in entries if entry.people >= minimum_people]
    by_collection = Counter(entry.collection_id for entry in counted)
    answering = {
        Question(collection_id, frozenset(marginal)): count
        for collection_id, count in by_collection.items()
        for marginal in collections.rules(collection_id).workload.closure()
    }
    return Rarity(len(counted), answering)


@lru_cache(maxsize=16)
def _kept(book: PriceBook, last: CatalogueEntry) -> PriceList:
    return PriceList(book, rarity_of(releases.catalogue(last.number), book.minimum_people))


def currency() -> str:
    """Return the market's currency."""
    return price_book().currency
