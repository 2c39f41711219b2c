"""What happened that programs are told of, from what the other parts know anyway."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.collections import queries as collections
from app.core.clock import now
from app.endpoints.kinds import Kind
from app.openness.queries import offered
from app.openness.site import present
from app.orders import queries as orders
from app.releases import queries as releases
from app.releases.queries import EditionView
from app.users import access_tokens

#: So many are read at once.
MOST = 500
#: So long before its end a token is told of.
NOTICE = timedelta(days=7)


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes
    ----------
    subject : str
        Tells it from all others: nobody is told twice.
    data : dict
        Identifiers and addresses; more is fetched by whoever may.
    """

    kind: Kind
    subject: str
    at: datetime
    data: dict[str, Any]


def published(number: int) -> tuple[int, list[tuple[int, Event]]]:
    """Return what was published behind a place in the catalogue.

    Returns
    -------
    tuple of int and list of (int, Event)
        The place up to which it was looked, and each event with its place.
    """
    found = []
    for edition in releases.published_after(number, MOST):
        number = edition.catalogue_number or number
        if offered(releases.release(edition.id)):
            found.append((number, _event(Kind.PUBLISHED, edition, edition.published_at or now())))
    return number, found


def withdrawn(since: datetime, until: datetime) -> Iterator[Event]:
    """Return what was taken out of the catalogue in a time."""
    behind = ""
    while found := releases.taken_down_since(since, until, MOST, behind):
        for edition, at in found:
            yield _event(Kind.WITHDRAWN, edition, at)
        since, behind = found[-1][1], found[-1][0].id


def own(user_id: str, since: datetime, until: datetime) -> Iterator[Event]:
    """Return what happened to somebody's own purchases and tokens in a time."""
    yield from _paid_back(user_id, since, until)
    yield from _expiring(user_id, since, until)


def _expiring(user_id: str, since: datetime, until: datetime) -> Iterator[Event]:
    for token in access_tokens.ending(user_id, since + NOTICE, until + NOTICE):
        data = {
            "token": token.shown,
            "name": token.name,
            "expires_at": token.expires_at.isoformat(),
            "page": f"{present().base}/account/tokens",
        }
        yield Event(Kind.EXPIRING, f"{Kind.EXPIRING}:{token.id}", token.expires_at - NOTICE, data)


def _paid_back(user_id: str, since: datetime, until: datetime) -> Iterator[Event]:
    for order in orders.of_buyer(user_id):
        if order.refunded_at is not None and since <= order.refunded_at < until:
            data = {"order": order.id, "page": f"{present().base}/orders/{order.id}"}
            yield Event(Kind.REFUNDED, f"{Kind.REFUNDED}:{order.id}", order.refunded_at, data)


def _event(kind: Kind, edition: EditionView, at: datetime) -> Event:
    here = present()
    data = {
        "edition": edition.id,
        "collection": edition.collection_id,
        "title": collections.rules(edition.collection_id).title,
        "number": edition.number,
        "page": f"{here.catalogue}/{edition.id}",
        "api": f"{here.interface}/editions/{edition.id}",
    }
    return Event(kind, f"{kind}:{edition.id}", at, data)
