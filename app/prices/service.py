import json
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from app.core import audit
from app.core.db import session
from app.core.permissions import SYSTEM, Actor, Role, require
from app.prices import queries
from app.prices.errors import BookRefused, Superseded, VersionTaken
from app.prices.models import PriceBookRow
from app.prices.queries import BookView
from app.search import work
from pricing.errors import InvalidPriceBook
from pricing.price_book import PriceBook

#: A version stands in addresses and on invoices.
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,19}", re.ASCII)


def draw_up(plain: Mapping[str, Any]) -> PriceBook:
    """Make a price book of plain values, as `PriceBook.to_dict` writes them.

    Raises
    ------
    BookRefused
    """
    try:
        return PriceBook.from_dict(plain)
    except InvalidPriceBook as error:
        raise BookRefused(
            _l("This price book cannot be published: %(reason)s."), reason=str(error)
        ) from error


def check(book: PriceBook, *, based_on: str) -> BookView:
    """Refuse what `publish` would refuse at this moment.

    Returns
    -------
    BookView
        The book in force, which this one would follow.

    Raises
    ------
    BookRefused, VersionTaken, Superseded
    """
    newest = queries.newest()
    before = newest.book
    if not VERSION.fullmatch(book.version):
        raise BookRefused(
            _l(
                "The name of a price book has up to 20 letters, digits, points and hyphens, "
                "and starts with a letter or digit, such as 2026-2."
            )
        )
    if book.currency != before.currency:
        raise BookRefused(
            _l("The market trades in %(before)s; a price book cannot change that to %(after)s."),
            before=before.currency,
            after=book.currency,
        )
    if any(book.version == known.book.version for known in queries.versions()):
        raise VersionTaken(
            _l(
                "There is a price book %(version)s already, and a published one never changes. "
                "Give yours another name."
            ),
            version=book.version,
        )
    if before.version != based_on:
        raise _superseded(before.version)
    return newest


def publish(actor: Actor, book: PriceBook, note: str, *, based_on: str) -> None:
    """Put a new price book in force, for every offer made from now on.

    Parameters
    ----------
    actor : Actor
        An operator.
    book : PriceBook
        Under a name of its own.
    note : str
        Why, in the operator's words; stands in the history.
    based_on : str
        The version it was drawn up from, which must still be in force: so two operators
        do not undo each other's changes unknowingly.

    Raises
    ------
    Forbidden, BookRefused, VersionTaken, Superseded
    """
    require(actor, Role.OPERATOR)
    # Read once: a number read again could already be that of another operator's book.
    newest = check(book, based_on=based_on)
    row = PriceBookRow(
        version=book.version,
        number=newest.number + 1,
        content=json.dumps(book.to_dict(), sort_keys=True),
        note=note.strip(),
        published_by=None if actor == SYSTEM else actor.user_id,
    )
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError as error:
        # Another operator published between our look and our writing.
        raise _superseded(queries.in_force().version) from error
    # What lists say a price begins from, and what too few people make unsaleable.
    work.list_later(f"book-{book.version}")
    work.price_later(book.version, 0)
    audit.record(actor.user_id, "publish-price-book", "price-book", book.version, after=based_on)


def _superseded(version: str) -> Superseded:
    return Superseded(
        _l(
            "Meanwhile the price book %(version)s came into force, which yours does not know. "
            "Start again from that one."
        ),
        version=version,
    )
