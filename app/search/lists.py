"""What may be asked of the lists, and what they show."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.search.facets import Facets
from app.search.paging import After
from app.search.standing import ANY


class Sort(StrEnum):
    """The orders of a list; `FITTING` is by words in the title first, where words are asked."""

    FITTING = ""
    NEWEST = "newest"
    PEOPLE = "people"
    CHEAPEST = "cheapest"


@dataclass(frozen=True)
class Search:
    """What a visitor asked the catalogue for.

    Attributes
    ----------
    people : int
        At least so many: one of `app.search.standing.STEPS`, or nought.
    collection : str
        Where it is given, the list has every edition of this collection.
    after : After or None
        Where the page begins; None for the first.
    """

    text: str = ""
    topic: str = ""
    purpose: str = ANY
    people: int = 0
    sort: Sort = Sort.FITTING
    collection: str = ""
    after: After | None = None


@dataclass(frozen=True)
class Entry:
    """An edition as lists show it, in released figures.

    Attributes
    ----------
    id : int
        Its place in the catalogue.
    template : str
        Of the market's own collections; empty where somebody founded it.
    period : str
        The month that people gave to it, "YYYY-MM", where it is one of a template.
    """

    id: int
    edition_id: str
    collection_id: str
    template: str
    topic: str
    number: int
    period: str
    published_at: datetime
    purposes: tuple[str, ...]
    people: int
    tables: int
    price_micros: int
    currency: str
    title_en: str
    title_fr: str
    about_en: str
    about_fr: str
    person: str


@dataclass(frozen=True)
class Line:
    """A line of a list, and how many older editions of its collection are sold for the purpose."""

    entry: Entry
    older: int


@dataclass(frozen=True)
class Found:
    """A page of a list.

    Attributes
    ----------
    total : int or None
        Lines on all pages; None where more editions have the words than are counted.
    facets : Facets or None
        None where they are not counted.
    after : After or None
        Where the next page begins.
    """

    lines: tuple[Line, ...]
    total: int | None
    facets: Facets | None
    after: After | None


@dataclass(frozen=True)
class Wished:
    """Words that were searched for in vain, and how often somebody asked for them."""

    words: str
    times: int
