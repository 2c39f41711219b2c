"""Events: recorded with what they tell of, and put into the outbox in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stripe_stand_in import outbox
from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.listing import Filter, page, page_2
from stripe_stand_in.params import (
    CREATED,
    EXPAND,
    Fields,
    Instant,
    Several,
    Text,
    Truth,
    Whole,
    listing,
)
from stripe_stand_in.problems import missing
from stripe_stand_in.store import new_id

#: The version of the API that the SDK pins and that events are written in.
API_VERSION = "2026-10-28.endive"

#: The endpoint of the settings; it gets snapshot and thin events alike, of all accounts.
CONFIGURED = "we_standin_configured"


def emit(call: Call, kind: str, about: Mapping[str, Any], account: str | None = None) -> None:
    """Record a snapshot event and put it into the outbox for every endpoint subscribed to it.

    Parameters
    ----------
    call : Call
        The request that causes the event.
    kind : str
        Stripe's type of the event, such as "refund.created".
    about : mapping
        The object as it is now.
    account : str or None
        The connected account whose event it is; None for the platform's own.
    """
    receivers = _receivers(call, "snapshot", kind, own=account is None)
    event = {
        "id": new_id("evt"),
        "object": "event",
        **({} if account is None else {"account": account}),
        "api_version": API_VERSION,
        "created": call.now,
        "data": {"object": dict(about)},
        "livemode": False,
        "pending_webhooks": len(receivers),
        "request": {"id": None, "idempotency_key": call.key},
        "type": kind,
    }
    # The platform's list of events does not hold those of connected accounts.
    call.tx.add("event" if account is None else "connected_event", event, call.now)
    outbox.post(call.tx, receivers, event)


def emit_thin(call: Call, kind: str, account: str) -> None:
    """Record a thin event about an account: what to look at, without its contents."""
    related = {
        "id": account,
        "type": "v2.core.account",
        "url": f"/v2/core/accounts/{account}",
    }
    record_thin(call, kind, related, _receivers(call, "thin", kind, own=True))


def record_thin(
    call: Call, kind: str, related: Mapping[str, str], receivers: list[str]
) -> dict[str, Any]:
    """Record a thin event about something and send it to some."""
    event = {
        "id": new_id("evt"),
        "object": "v2.core.event",
        "created": moment(call.now),
        "livemode": False,
        "related_object": dict(related),
        "type": kind,
    }
    call.tx.add("v2.core.event", event, call.now)
    outbox.post(call.tx, receivers, event)
    return event


def moment(seconds: int) -> str:
    """Return a time as version 2 of the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _receivers(call: Call, payload: str, kind: str, *, own: bool) -> list[str]:
    """Return the ids of the endpoints and destinations that want an event."""
    found = []
    for endpoint in call.tx.all("webhook_endpoint"):
        if endpoint["id"] == CONFIGURED:
            found.append(CONFIGURED)
            continue
        connect = call.tx.hidden(endpoint["id"]).get("connect", False)
        if payload == "snapshot" and connect is not own and _wants(endpoint, kind):
            found.append(endpoint["id"])
    side = "@self" if own else "@accounts"
    for destination in call.tx.all("v2.core.event_destination"):
        fits = destination["event_payload"] == payload and side in destination["events_from"]
        if fits and _wants(destination, kind):
            found.append(destination["id"])
    return found


def _wants(endpoint: Mapping[str, Any], kind: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or kind in wanted)


# The states are named one by one, so that the index on them is used.
_UNTAKEN = "(SELECT event FROM outbox WHERE delivered IN (?, ?, ?, ?))"
_DELIVERED = {
    True: f"id NOT IN {_UNTAKEN}",
    False: f"id IN {_UNTAKEN}",
}


def list_events(call: Call) -> dict[str, Any]:
    """Answer GET /v1/events."""
    wanted = Filter("event")
    if "types" in call.params:
        wanted.among("type", call.params["types"])
    if "delivery_success" in call.params:
        wanted.add(_DELIVERED[call.params["delivery_success"]], *outbox.UNTAKEN)
    found = page(call, wanted, "type")
    return {**found, "data": [_counted(call, each) for each in found["data"]]}


def _counted(call: Call, event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "pending_webhooks": outbox.pending(call.tx, event["id"])}


def get_event(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/events/{id}."""
    return _counted(call, call.get("event", identifier))


def get_thin_event(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v2/core/events/{id}."""
    found = call.tx.find(identifier, "v2.core.event")
    if found is None:
        raise missing("event", identifier)
    return found


def list_thin_events(call: Call) -> dict[str, Any]:
    """Answer GET /v2/core/events: newest first, as in version 1."""
    wanted, given = Filter("v2.core.event"), {}
    for name, bound in call.params.get("created", {}).items():
        given[f"created[{name}]"] = datetime.fromtimestamp(bound, UTC).isoformat()
    wanted.created(call.params.get("created", {}))
    if "object_id" in call.params:
        given["object_id"] = call.params["object_id"]
        wanted.equal("related_object.id", given["object_id"])
    if "types" in call.params:
        given.update({f"types[{n}]": kind for n, kind in enumerate(call.params["types"])})
        wanted.among("type", call.params["types"])
    return page_2(call, wanted, given)


_BOUNDS = Fields(dict.fromkeys(("gt", "gte", "lt", "lte"), Instant()))

ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/events",
        list_events,
        listing(created=CREATED, type=Text(), types=Several(Text()), delivery_success=Truth()),
    ),
    Endpoint("GET", "/v1/events/<identifier>", get_event, Fields({"expand": EXPAND})),
    Endpoint(
        "GET",
        "/v2/core/events",
        list_thin_events,
        Fields(
            {
                "created": _BOUNDS,
                "limit": Whole(1, 100),
                "object_id": Text(),
                "page": Text(),
                "types": Several(Text(), least=1),
            }
        ),
    ),
    Endpoint("GET", "/v2/core/events/<identifier>", get_thin_event, Fields({})),
)
