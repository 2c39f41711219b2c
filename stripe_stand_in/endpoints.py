"""Webhook endpoints of version 1, the configured one among them, and their secrets."""

from __future__ import annotations

from typing import Any

from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import API_VERSION, CONFIGURED
from stripe_stand_in.listing import page
from stripe_stand_in.params import EXPAND, Fields, Labels, Several, Text, Truth, listing
from stripe_stand_in.store import Transaction, new_id

#: Addresses of this machine.
LOCAL = r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?"


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


def create_endpoint(call: Call) -> dict[str, Any]:
    """Answer POST /v1/webhook_endpoints; the secret is shown this once."""
    endpoint = _endpoint(new_id("we"), call.params["url"], call.params["enabled_events"], call.now)
    endpoint["metadata"] = call.params.get("metadata", {})
    endpoint["description"] = call.params.get("description")
    secret = new_id("whsec")
    hidden = {"secret": secret, "connect": call.params.get("connect", False)}
    call.tx.add("webhook_endpoint", endpoint, call.now, hidden)
    return {**endpoint, "secret": secret}


def update_endpoint(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v1/webhook_endpoints/{id}."""
    endpoint = call.get("webhook_endpoint", identifier)
    given = call.params
    for name in ("url", "enabled_events", "description"):
        endpoint[name] = given.get(name, endpoint[name])
    endpoint["metadata"] = {**endpoint["metadata"], **given.get("metadata", {})}
    if "disabled" in given:
        endpoint["status"] = "disabled" if given["disabled"] else "enabled"
    call.tx.save(endpoint)
    return endpoint


def delete_endpoint(call: Call, identifier: str) -> dict[str, Any]:
    """Answer DELETE /v1/webhook_endpoints/{id}; what waits for it is given up."""
    call.get("webhook_endpoint", identifier)
    call.tx.sql.execute("DELETE FROM objects WHERE id = ?", (identifier,))
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}


def get_endpoint(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/webhook_endpoints/{id}."""
    return call.get("webhook_endpoint", identifier)


def list_endpoints(call: Call) -> dict[str, Any]:
    """Answer GET /v1/webhook_endpoints."""
    return page(call, "webhook_endpoint")


def roll_secret(
    call: Call, identifier: str, seconds: int = 86_400, secret: str | None = None
) -> str:
    """Give an endpoint or destination a new secret; the old one signs too for so many seconds.

    Returns
    -------
    str
        The new secret.
    """
    kind = "v2.core.event_destination" if identifier.startswith("ed_") else "webhook_endpoint"
    endpoint = call.get(kind, identifier)
    hidden = call.tx.hidden(identifier)
    old = {"old_secret": hidden["secret"], "old_until": call.now + seconds}
    fresh = secret or new_id("whsec")
    call.tx.save(endpoint, {**hidden, **old, "secret": fresh})
    return fresh


_NO_PARAMS = Fields({"expand": EXPAND})
_WANTED = Several(Text(), least=1)

ENDPOINTS = (
    Endpoint("GET", "/v1/webhook_endpoints", list_endpoints, listing()),
    Endpoint("GET", "/v1/webhook_endpoints/<identifier>", get_endpoint, _NO_PARAMS),
    Endpoint("DELETE", "/v1/webhook_endpoints/<identifier>", delete_endpoint, Fields({})),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints/<identifier>",
        update_endpoint,
        Fields(
            {
                "url": Text(pattern=LOCAL),
                "enabled_events": _WANTED,
                "description": Text(),
                "disabled": Truth(),
                "metadata": Labels(),
                "expand": EXPAND,
            }
        ),
    ),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints",
        create_endpoint,
        Fields(
            {
                "url": Text(pattern=LOCAL),
                "enabled_events": _WANTED,
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
