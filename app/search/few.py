"""What is worked out line by line, where few editions have the words: an order and a page of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.search import stems
from app.search.lists import Search, Sort
from app.search.paging import SHOWN

#: Where more editions than this have the words, only the newest are listed, and none counted.
MOST = 1_000


@dataclass(frozen=True)
class Having:
    """An edition that has the words, as it stands in front for a purpose."""

    purpose: str
    entry_id: int
    collection_id: str
    topic: str
    people: int
    price_micros: int


@dataclass(frozen=True)
class Place:
    """A line and what it is sorted by."""

    key: int
    entry_id: int
    collection_id: str


def fitting(found: Iterable[Having], asked: Search) -> list[Having]:
    """Return those that fit what else was asked for."""
    return [
        one
        for one in found
        if one.purpose == asked.purpose
        and asked.topic in ("", one.topic)
        and one.people >= asked.people
    ]


def page_of(found: Iterable[Having], asked: Search, ranks: Mapping[int, int]) -> list[Place]:
    """Return a page of those that fit, and the line after it.

    Parameters
    ----------
    ranks : mapping of int to int
        How many of the words stand in the title of each, where that is the order.
    """
    upwards = asked.sort is Sort.CHEAPEST
    places = [Place(_key(one, asked.sort, ranks), one.entry_id, one.collection_id) for one in found]
    places.sort(key=lambda place: (place.key, place.entry_id), reverse=not upwards)
    if asked.after is not None:
        last = (asked.after.key, asked.after.id)
        begin = (one for one in places if (one.key, one.entry_id) != last)
        places = [one for one in begin if ((one.key, one.entry_id) > last) is upwards]
    return places[: SHOWN + 1]


def rank(titles: str, words: Sequence[stems.Stems]) -> int:
    """Return how many of some words stand in a title."""
    there = _stems_of(titles)
    return sum(not there.isdisjoint(each) for each in words)


def _key(one: Having, sort: Sort, ranks: Mapping[int, int]) -> int:
    if sort is Sort.PEOPLE:
        return one.people
    if sort is Sort.CHEAPEST:
        return one.price_micros
    if sort is Sort.NEWEST:
        return one.entry_id
    return ranks[one.entry_id]


@lru_cache(maxsize=5_000)
def _stems_of(titles: str) -> frozenset[str]:
    return frozenset(stems.stems(titles).split())
