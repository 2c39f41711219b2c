"""Events: recorded with what they tell of, and put into the outbox in the same transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.stand_in.call import Call, Endpoint
from app.stand_in.listing import page
from app.stand_in.params import CREATED, EXPAND, Fields, Labels, Several, Text, Truth, listing
from app.stand_in.problems import missing
from app.stand_in.store import Transaction, new_id

#: The version of the API that the SDK pins and that events are written in.
API_VERSION = "2026-10-28.endive"

#: The endpoint of the settings; it gets snapshot and thin events alike.
CONFIGURED = "we_standin_configured"

CAPABILITY_EVENT = "v2.core.account[configuration.recipient].capability_status_updated"


def emit(call: Call, kind: str, about: Mapping[str, Any]) -> None:
    """Record a snapshot event and send it to every endpoint that wants it."""
    endpoints = [each for each in call.tx.all("webhook_endpoint") if _wants(each, kind)]
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": call.now,
        "data": {"object": dict(about)},
        "livemode": False,
        "pending_webhooks": len(endpoints),
        "request": {"id": None, "idempotency_key": call.key},
        "type": kind,
    }
    call.tx.add("event", event, call.now)
    for endpoint in endpoints:
        _post(call, endpoint, event)


def emit_thin(call: Call, kind: str, account: str) -> None:
    """Record a thin event about an account: what to look at, without its contents."""
    event = {
        "id": new_id("evt"),
        "object": "v2.core.event",
        "created": moment(call.now),
        "livemode": False,
        "related_object": {
            "id": account,
            "type": "v2.core.account",
            "url": f"/v2/core/accounts/{account}",
        },
        "type": kind,
    }
    call.tx.add("v2.core.event", event, call.now)
    configured = call.tx.find(CONFIGURED, "webhook_endpoint")
    if configured is not None:
        _post(call, configured, event)


def moment(seconds: int) -> str:
    """Return a time as version 2 of the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _wants(endpoint: Mapping[str, Any], kind: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or kind in wanted)


def _post(call: Call, endpoint: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    call.tx.sql.execute(
        "INSERT INTO outbox (endpoint, event, payload, due) VALUES (?, ?, ?, ?)",
        (endpoint["id"], event["id"], json.dumps(event, separators=(",", ":")), time.time()),
    )


def configure(tx: Transaction, url: str, secret: str, now: int) -> None:
    """Set the endpoint of the settings, replacing the one of an earlier start."""
    tx.sql.execute("DELETE FROM objects WHERE id = ?", (CONFIGURED,))
    if url:
        tx.add("webhook_endpoint", _endpoint(CONFIGURED, url, ["*"], now), now, {"secret": secret})


def _endpoint(identifier: str, url: str, wanted: list[str], now: int) -> dict[str, Any]:
    return {
        "id": identifier,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": now,
        "description": None,
        "enabled_events": wanted,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }


def list_events(call: Call) -> dict[str, Any]:
    """Answer GET /v1/events."""
    wanted = call.params.get("types")
    rows = (event for event in call.tx.all("event") if wanted is None or event["type"] in wanted)
    return page(call, rows, "type")


def get_event(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/events/{id}."""
    return call.get("event", identifier)


def get_thin_event(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v2/core/events/{id}."""
    found = call.tx.find(identifier, "v2.core.event")
    if found is None:
        raise missing("event", identifier)
    return found


def create_endpoint(call: Call) -> dict[str, Any]:
    """Answer POST /v1/webhook_endpoints; the secret is shown this once."""
    endpoint = _endpoint(new_id("we"), call.params["url"], call.params["enabled_events"], call.now)
    endpoint["metadata"] = call.params.get("metadata", {})
    endpoint["description"] = call.params.get("description")
    secret = new_id("whsec")
    call.tx.add("webhook_endpoint", endpoint, call.now, {"secret": secret})
    return {**endpoint, "secret": secret}


def list_endpoints(call: Call) -> dict[str, Any]:
    """Answer GET /v1/webhook_endpoints."""
    return page(call, call.tx.all("webhook_endpoint"))


_LOCAL = r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?"
_NO_PARAMS = Fields({"expand": EXPAND})

ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/events",
        list_events,
        listing(created=CREATED, type=Text(), types=Several(Text()), delivery_success=Truth()),
    ),
    Endpoint("GET", "/v1/events/<identifier>", get_event, _NO_PARAMS),
    Endpoint("GET", "/v2/core/events/<identifier>", get_thin_event, Fields({})),
    Endpoint("GET", "/v1/webhook_endpoints", list_endpoints, listing()),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints",
        create_endpoint,
        Fields(
            {
                "url": Text(pattern=_LOCAL),
                "enabled_events": Several(Text(), least=1),
                "api_version": Text(choices=(API_VERSION,)),
                "connect": Truth(),
                "description": Text(),
                "metadata": Labels(),
                "expand": EXPAND,
            },
            ("url", "enabled_events"),
        ),
    ),
)
