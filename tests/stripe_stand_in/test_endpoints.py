"""Webhook endpoints, event destinations, thin events and secrets that change."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from app.payments.errors import WebhookInvalid
from tests.support.controls import Controls
from tests.support.provider import SECRET, Market, Receiver, served


@pytest.fixture
def other() -> Iterator[tuple[Receiver, str]]:
    """A second receiver, and its address."""
    receiver = Receiver()
    with served(receiver.app()) as url:
        yield receiver, f"{url}/webhooks/stripe"


def test_endpoints_are_changed_and_deleted(market: Market, other: tuple[Receiver, str]) -> None:
    receiver, url = other
    endpoints = market.client.v1.webhook_endpoints
    made = endpoints.create(
        {"url": url, "enabled_events": ["refund.created"], "metadata": {"a": "1", "b": "2"}}
    )
    paid = market.paid_checkout()
    market.gateway.refund(paid.payment_intent or "", 100, "r1")
    message = receiver.wait_for("refund.created")
    stripe.WebhookSignature.verify_header(*_text(message), made.secret or "", tolerance=300)
    endpoints.update(made.id, {"enabled_events": ["charge.refunded"], "description": "second"})
    market.gateway.refund(paid.payment_intent or "", 100, "r2")
    receiver.wait_for("charge.refunded")
    endpoints.update(made.id, {"disabled": True})
    shown = endpoints.retrieve(made.id)
    assert (shown.status, shown.description) == ("disabled", "second")
    assert "secret" not in market.ask("GET", f"/v1/webhook_endpoints/{made.id}").json
    market.gateway.refund(paid.payment_intent or "", 100, "r3")
    assert endpoints.delete(made.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        endpoints.retrieve(made.id)
    assert [event["type"] for event in receiver.events] == ["refund.created", "charge.refunded"]


def _text(message: tuple[bytes, str]) -> tuple[str, str]:
    return message[0].decode(), message[1]


def test_thin_events_go_where_they_are_wanted(market: Market, other: tuple[Receiver, str]) -> None:
    receiver, url = other
    destinations = market.client.v2.core.event_destinations
    made = destinations.create(
        {
            "name": "accounts",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["v2.core.account.created"],
            "webhook_endpoint": {"url": url},
            "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
        }
    )
    assert made.webhook_endpoint is not None
    assert made.webhook_endpoint.url == url
    secret = made.webhook_endpoint.signing_secret or ""
    account = market.payable_account()
    payload, signature = receiver.wait_for("v2.core.account.created")
    told = market.client.parse_event_notification(payload, signature, secret)
    assert told.type == "v2.core.account.created"
    pinged = destinations.ping(made.id)
    assert json.loads(receiver.wait_for("v2.core.event_destination.ping")[0])["id"] == pinged.id
    assert destinations.disable(made.id).status == "disabled"
    market.gateway.open_connected_account("b@example.org", "FR", "Bea", "account-b")
    assert destinations.enable(made.id).status == "enabled"
    destinations.update(made.id, {"name": "renamed", "enabled_events": ["*"]})
    assert destinations.retrieve(made.id).name == "renamed"
    assert [each.id for each in destinations.list().data] == [made.id]
    assert destinations.delete(made.id).id == made.id
    assert destinations.list().data == []
    created = [e for e in receiver.events if e["type"] == "v2.core.account.created"]
    assert [event["related_object"]["id"] for event in created] == [account]


def test_snapshots_go_to_a_destination_too(market: Market, other: tuple[Receiver, str]) -> None:
    receiver, url = other
    market.client.v2.core.event_destinations.create(
        {
            "name": "sales",
            "type": "webhook_endpoint",
            "event_payload": "snapshot",
            "enabled_events": ["charge.succeeded"],
            "webhook_endpoint": {"url": url},
        }
    )
    market.paid_checkout()
    receiver.wait_for("charge.succeeded")
    assert len(receiver.events) == 1


def test_thin_events_are_listed_page_by_page(market: Market, controls: Controls) -> None:
    first = market.payable_account("a1")
    controls.advance(3_600)
    second = market.payable_account("a2")
    events = market.client.v2.core.events
    everything = list(events.list({"limit": 2}).auto_paging_iter())
    assert len(everything) == len({event.id for event in everything}) == 6
    assert [event.id for event in everything] == [
        event.id for event in events.list({"limit": 100}).data
    ]
    mine = events.list({"object_id": first})
    assert {event.related_object.id for event in mine.data} == {first}
    kinds = events.list({"types": ["v2.core.account.created"], "limit": 1})
    assert [each.related_object.id for each in kinds.auto_paging_iter()] == [second, first]
    between = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    newer = events.list({"created": {"gte": between}}).data
    assert {event.related_object.id for event in newer} == {second}
    page = market.ask("GET", "/v2/core/events", limit="2").json
    after = market.ask("GET", page["next_page_url"]).json
    back = market.ask("GET", after["previous_page_url"]).json
    assert (back["data"], page["previous_page_url"]) == (page["data"], None)
    assert market.ask("GET", "/v2/core/events", page="odd").status == 400


def test_both_secrets_sign_during_a_rotation(market: Market, controls: Controls) -> None:
    fresh = controls.roll(seconds=600, secret="whsec_new")
    assert fresh == "whsec_new"
    market.paid_checkout()
    payload, signature = market.receiver.wait_for("charge.succeeded")
    assert signature.count("v1=") == 2
    for secret in (SECRET, fresh):
        stripe.WebhookSignature.verify_header(payload.decode(), signature, secret, tolerance=300)
    controls.advance(601)
    market.receiver.messages.clear()
    controls.dispute(market.ask("GET", "/v1/charges").json["data"][0]["id"])
    payload, signature = market.receiver.wait_for("charge.dispute.created")
    assert signature.count("v1=") == 1
    stripe.WebhookSignature.verify_header(payload.decode(), signature, fresh, tolerance=300)
    with pytest.raises(WebhookInvalid):
        market.gateway.parse_webhook(payload, signature)


def test_what_waits_for_a_deleted_endpoint_is_given_up(
    market: Market, controls: Controls, other: tuple[Receiver, str]
) -> None:
    receiver, url = other
    endpoints = market.client.v1.webhook_endpoints
    made = endpoints.create({"url": url, "enabled_events": ["*"]})
    controls.deliveries("hold")
    market.paid_checkout()
    assert controls.deliveries()["held"] == 6
    endpoints.delete(made.id)
    controls.deliveries("normal")
    market.receiver.wait_for("checkout.session.completed")
    assert receiver.messages == []
    # The others of its messages may still be on their way to the endpoint that is left.
    end, pending = time.monotonic() + 15, {0}
    while pending != {1} and time.monotonic() < end:
        lost = market.ask("GET", "/v1/events", delivery_success="false").json["data"]
        pending = {event["pending_webhooks"] for event in lost}
    assert pending == {1}
