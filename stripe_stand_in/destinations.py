"""Event destinations of version 2: where thin events go, or snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.endpoints import LOCAL
from stripe_stand_in.events import API_VERSION, moment, record_thin
from stripe_stand_in.listing import Filter, page_2
from stripe_stand_in.params import Fields, Labels, Several, Text, Whole
from stripe_stand_in.problems import InvalidParameter, missing
from stripe_stand_in.store import new_id

_KIND = "v2.core.event_destination"
_URL, _SECRET = "webhook_endpoint.url", "webhook_endpoint.signing_secret"  # noqa: S105 - a name


def create_destination(call: Call) -> dict[str, Any]:
    """Answer POST /v2/core/event_destinations; the secret is shown this once, if asked for."""
    given = call.params
    if "webhook_endpoint" not in given:
        raise InvalidParameter("webhook_endpoint is required.", param="webhook_endpoint")
    destination = {
        "id": new_id("ed"),
        "object": _KIND,
        "created": moment(call.now),
        "description": given.get("description", ""),
        "enabled_events": given["enabled_events"],
        "event_payload": given["event_payload"],
        "events_from": given.get("events_from", ["@self"]),
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "name": given["name"],
        "status": "enabled",
        "type": "webhook_endpoint",
        "updated": moment(call.now),
    }
    if given["event_payload"] == "snapshot":
        destination["snapshot_api_version"] = API_VERSION
    hidden = {"url": given["webhook_endpoint"]["url"], "secret": new_id("whsec")}
    call.tx.add(_KIND, destination, call.now, hidden)
    return _shown(call, destination)


def _shown(call: Call, destination: Mapping[str, Any]) -> dict[str, Any]:
    """Add what was asked for with include."""
    hidden = call.tx.hidden(destination["id"])
    names = {_URL: ("url", "url"), _SECRET: ("signing_secret", "secret")}
    wanted = [names[each] for each in call.params.get("include", [])]
    inside = {shown: hidden[kept] for shown, kept in wanted}
    return {**destination, **({"webhook_endpoint": inside} if inside else {})}


def _found(call: Call, identifier: str) -> dict[str, Any]:
    destination = call.tx.find(identifier, _KIND)
    if destination is None:
        raise missing("event destination", identifier)
    return destination


def get_destination(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v2/core/event_destinations/{id}."""
    return _shown(call, _found(call, identifier))


def list_destinations(call: Call) -> dict[str, Any]:
    """Answer GET /v2/core/event_destinations."""
    include = {f"include[{n}]": each for n, each in enumerate(call.params.get("include", []))}
    found = page_2(call, Filter(_KIND), include)
    return {**found, "data": [_shown(call, each) for each in found["data"]]}


def update_destination(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v2/core/event_destinations/{id}."""
    destination, hidden = _found(call, identifier), call.tx.hidden(identifier)
    for name in ("description", "enabled_events", "metadata", "name"):
        destination[name] = call.params.get(name, destination[name])
    hidden["url"] = call.params.get("webhook_endpoint", {}).get("url", hidden["url"])
    return _saved(call, destination, hidden)


def _saved(call: Call, destination: dict[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    destination["updated"] = moment(call.now)
    call.tx.save(destination, hidden)
    return _shown(call, destination)


def enable_destination(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v2/core/event_destinations/{id}/enable."""
    destination = _found(call, identifier)
    destination["status"] = "enabled"
    destination.pop("status_details", None)
    return _saved(call, destination, call.tx.hidden(identifier))


def disable_destination(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v2/core/event_destinations/{id}/disable."""
    destination = _found(call, identifier)
    destination["status"] = "disabled"
    destination["status_details"] = {"disabled": {"reason": "user"}}
    return _saved(call, destination, call.tx.hidden(identifier))


def delete_destination(call: Call, identifier: str) -> dict[str, Any]:
    """Answer DELETE /v2/core/event_destinations/{id}; what waits for it is given up."""
    _found(call, identifier)
    call.tx.sql.execute("DELETE FROM objects WHERE id = ?", (identifier,))
    return {"id": identifier, "object": _KIND}


def ping_destination(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v2/core/event_destinations/{id}/ping: an event for this one alone."""
    _found(call, identifier)
    related = {
        "id": identifier,
        "type": _KIND,
        "url": f"/v2/core/event_destinations/{identifier}",
    }
    return record_thin(call, f"{_KIND}.ping", related, [identifier])


_ONE = "/v2/core/event_destinations/<identifier>"
_POSTED = Several(Text(choices=(_URL, _SECRET)))
_READ = Several(Text(choices=(_URL,)))
_WANTED = Several(Text(), least=1)
_ADDRESS = Fields({"url": Text(pattern=LOCAL)}, ("url",))

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v2/core/event_destinations",
        create_destination,
        Fields(
            {
                "description": Text(),
                "enabled_events": _WANTED,
                "event_payload": Text(choices=("snapshot", "thin")),
                "events_from": Several(Text(choices=("@self", "@accounts")), least=1),
                "include": _POSTED,
                "metadata": Labels(),
                "name": Text(),
                "snapshot_api_version": Text(choices=(API_VERSION,)),
                "type": Text(choices=("webhook_endpoint",)),
                "webhook_endpoint": _ADDRESS,
            },
            ("enabled_events", "event_payload", "name", "type"),
        ),
    ),
    Endpoint(
        "GET",
        "/v2/core/event_destinations",
        list_destinations,
        Fields({"include": _READ, "limit": Whole(1, 100), "page": Text()}),
    ),
    Endpoint("GET", _ONE, get_destination, Fields({"include": _READ})),
    Endpoint(
        "POST",
        _ONE,
        update_destination,
        Fields(
            {
                "description": Text(),
                "enabled_events": _WANTED,
                "include": _READ,
                "metadata": Labels(),
                "name": Text(),
                "webhook_endpoint": _ADDRESS,
            }
        ),
    ),
    Endpoint("DELETE", _ONE, delete_destination, Fields({})),
    Endpoint("POST", f"{_ONE}/enable", enable_destination, Fields({})),
    Endpoint("POST", f"{_ONE}/disable", disable_destination, Fields({})),
    Endpoint("POST", f"{_ONE}/ping", ping_destination, Fields({})),
)
