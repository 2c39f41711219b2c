import json
from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.catalog.price_lists import catalogue_number
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.dialects import Once, hold_person
from app.core.errors import Conflict, Invalid
from app.core.permissions import Actor
from app.endpoints import queries, sending
from app.endpoints.kinds import NAMES, Kind
from app.endpoints.models import Delivery, Endpoint
from app.jobs import service as jobs

#: So many endpoints an account has at most.
MOST = 5
JOB = "tell-program"

_once = Once(Delivery)


def make(actor: Actor, url: str, kinds: Collection[Kind], ports: tuple[int, ...]) -> str:
    """Have a program told what happens from now on.

    Raises
    ------
    Invalid
        For an address that cannot be told anything, or nothing to tell.
    Conflict
        Where the account has as many as it may.
    """
    hold_person(actor.user_id)
    try:
        sending.checked(url, ports)
    except sending.NotAllowed:
        raise Invalid(
            _l(
                "That is no address that we can tell anything: it begins with https://, names a "
                "host, and has no name or password in it."
            )
        ) from None
    wanted = [kind for kind in NAMES if kind in kinds]
    if not wanted:
        raise Invalid(_l("Choose at least one thing that it is told."))
    if len(queries.of_account(actor)) >= MOST:
        raise Conflict(_l("You have %(n)s of them. Remove one that you no longer need."), n=MOST)
    number = catalogue_number()
    row = Endpoint(user_id=actor.user_id, url=url, kinds=" ".join(wanted), told_number=number)
    session().add(row)
    session().flush()
    audit.record(actor.user_id, "make-endpoint", "endpoint", row.id)
    return row.id


def replace_secret(actor: Actor, endpoint_id: str) -> None:
    """Sign with a new secret from now on, and with the one before for a day.

    Raises
    ------
    NotFound
    """
    row = queries.own(actor, endpoint_id)
    row.generation, row.replaced_at = row.generation + 1, now()
    audit.record(actor.user_id, "replace-endpoint-secret", "endpoint", row.id)


def resume(actor: Actor, endpoint_id: str) -> None:
    """Tell an endpoint again that was stopped; what happened meanwhile is not told.

    Raises
    ------
    NotFound
    """
    row = queries.own(actor, endpoint_id)
    if row.stopped:
        row.stopped, row.told_until, row.told_number = "", now(), catalogue_number()
        row.failures, row.failing_since = 0, None


def remove(actor: Actor, endpoint_id: str) -> None:
    """Tell an endpoint nothing more, and forget what it was told.

    Raises
    ------
    NotFound
    """
    row = queries.own(actor, endpoint_id)
    session().execute(delete(Delivery).where(Delivery.endpoint_id == row.id))
    session().delete(row)
    audit.record(actor.user_id, "remove-endpoint", "endpoint", endpoint_id)


def test(actor: Actor, endpoint_id: str) -> None:
    """Send a message that says nothing, to see whether it arrives.

    Raises
    ------
    NotFound
    """
    row = queries.own(actor, endpoint_id)
    tell(row, Kind.TEST, f"{Kind.TEST}:{new_id()}", {"endpoint": row.id})


def tell(row: Endpoint, kind: Kind, subject: str, data: dict[str, Any]) -> None:
    """Have an endpoint told something, once."""
    body = json.dumps(
        {"type": kind.value, "timestamp": now().isoformat(), "data": data}, ensure_ascii=False
    )
    message_id = new_id()
    told = _once.insert(
        id=message_id,
        endpoint_id=row.id,
        subject=subject,
        kind=kind.value,
        body=body,
        attempts=0,
        status=None,
        problem="",
        created_at=now(),
        delivered_at=None,
    )
    if told:
        jobs.enqueue(JOB, f"{JOB}:{message_id}", {"delivery": message_id})


def forget(user_id: str) -> None:
    """Forget somebody's endpoints and messages, with their account."""
    mine = select(Endpoint.id).where(Endpoint.user_id == user_id)
    session().execute(delete(Delivery).where(Delivery.endpoint_id.in_(mine)))
    session().execute(delete(Endpoint).where(Endpoint.user_id == user_id))
