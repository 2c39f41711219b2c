from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.clock import now
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.endpoints import signing
from app.endpoints.kinds import Kind
from app.endpoints.models import Delivery, Endpoint
from app.endpoints.periods import OVERLAP

#: So many messages are shown.
SHOWN = 50


@dataclass(frozen=True)
class EndpointView:
    """An endpoint as its owner sees it.

    Attributes
    ----------
    stopped : str
        Why nothing is sent there any more; empty while it is.
    """

    id: str
    url: str
    kinds: tuple[Kind, ...]
    secret: str
    replaced_until: datetime | None
    created_at: datetime
    stopped: str


@dataclass(frozen=True)
class DeliveryView:
    """A message as the endpoint's owner sees it."""

    id: str
    kind: Kind
    body: str
    attempts: int
    status: int | None
    problem: str
    created_at: datetime
    delivered_at: datetime | None


def of_account(actor: Actor) -> tuple[EndpointView, ...]:
    """Return somebody's endpoints, the oldest first."""
    chosen = select(Endpoint).where(Endpoint.user_id == actor.user_id)
    rows = session().scalars(chosen.order_by(Endpoint.created_at, Endpoint.id))
    return tuple(_view(row) for row in rows)


def endpoint(actor: Actor, endpoint_id: str) -> EndpointView:
    """Return one of somebody's endpoints.

    Raises
    ------
    NotFound
    """
    return _view(own(actor, endpoint_id))


def own(actor: Actor, endpoint_id: str) -> Endpoint:
    """Return the row of one of somebody's endpoints.

    Raises
    ------
    NotFound
    """
    row = session().get(Endpoint, endpoint_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return row


def deliveries(actor: Actor, endpoint_id: str) -> tuple[DeliveryView, ...]:
    """Return the latest messages to one of somebody's endpoints.

    Raises
    ------
    NotFound
    """
    chosen = select(Delivery).where(Delivery.endpoint_id == own(actor, endpoint_id).id)
    rows = session().scalars(
        chosen.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(SHOWN)
    )
    return tuple(
        DeliveryView(
            row.id,
            Kind(row.kind),
            row.body,
            row.attempts,
            row.status,
            row.problem,
            row.created_at,
            row.delivered_at,
        )
        for row in rows
    )


def secrets(row: Endpoint) -> tuple[str, ...]:
    """Return the secrets that messages are signed with now."""
    present = signing.secret(row.id, row.generation)
    if row.replaced_at is None or now() >= row.replaced_at + OVERLAP:
        return (present,)
    return present, signing.secret(row.id, row.generation - 1)


def _view(row: Endpoint) -> EndpointView:
    replaced = None if row.replaced_at is None else row.replaced_at + OVERLAP
    return EndpointView(
        row.id,
        row.url,
        tuple(Kind(kind) for kind in row.kinds.split()),
        signing.secret(row.id, row.generation),
        replaced if replaced is not None and replaced > now() else None,
        row.created_at,
        row.stopped,
    )
