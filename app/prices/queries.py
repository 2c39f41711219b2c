import functools
import json
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.db import read_once, session
from app.prices.errors import UnknownBook
from app.prices.models import PriceBookRow
from pricing.price_book import PriceBook


@dataclass(frozen=True)
class BookView:
    """A published price book.

    Attributes
    ----------
    number : int
        Counts from 1, in the order of publication; the highest is in force.
    note : str
        Why it was published, in the operator's words.
    published_by : str or None
        None for the book the market started with.
    """

    book: PriceBook
    number: int
    note: str
    published_at: datetime
    published_by: str | None


def in_force() -> PriceBook:
    """Return the price book that new offers are made from."""
    return newest().book


def newest() -> BookView:
    """Return the price book in force, with when and why it was published."""
    return read_once(newest, _newest)


def _newest() -> BookView:
    chosen = select(PriceBookRow).order_by(PriceBookRow.number.desc()).limit(1)
    return _view(session().scalars(chosen).one())


def book(version: str) -> PriceBook:
    """Return a published price book, in force or not.

    Raises
    ------
    UnknownBook
    """
    return published(version).book


def published(version: str) -> BookView:
    """Return a published price book, with when and why it was published.

    Raises
    ------
    UnknownBook
    """
    row = session().get(PriceBookRow, version)
    if row is None:
        raise UnknownBook(_l("There is no price book of this name."))
    return _view(row)


def versions() -> tuple[BookView, ...]:
    """Return every published price book, newest first."""
    rows = session().scalars(select(PriceBookRow).order_by(PriceBookRow.number.desc()))
    return tuple(_view(row) for row in rows)


def _view(row: PriceBookRow) -> BookView:
    return BookView(_parsed(row.content), row.number, row.note, row.published_at, row.published_by)


# Keyed by what was written, not by the name: one process may serve several databases.
@functools.lru_cache(maxsize=64)
def _parsed(content: str) -> PriceBook:
    return PriceBook.from_dict(json.loads(content))
