"""Webhooks held back, reordered, repeated and lost."""

from __future__ import annotations

import json
import time

import pytest

from app.payments.errors import WebhookInvalid
from stripe_stand_in import outbox
from stripe_stand_in.delivery import deliver_due, held_messages
from stripe_stand_in.store import Store
from tests.support.controls import Controls
from tests.support.provider import Market


def types(market: Market) -> list[str]:
    return [event["type"] for event in market.receiver.events]


def settled(market: Market, count: int) -> list[str]:
    """Wait for so many messages, and a little for one too many."""
    end = time.monotonic() + 15
    while len(market.receiver.messages) < count and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    return types(market)


PAID = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize(("order", "expected"), [("given", PAID), ("reversed", PAID[::-1])])
def test_held_until_released_in_an_order(
    market: Market, controls: Controls, order: str, expected: list[str]
) -> None:
    controls.deliveries("hold")
    market.paid_checkout()
    assert controls.deliveries() == {
        "mode": "hold", "delay": 0, "waiting": 0, "held": 3, "dropped": 0,
    }  # fmt: skip
    assert settled(market, 0) == []
    assert controls.release(order) == 3
    assert settled(market, 3) == expected
    market.paid_checkout("order-2")
    assert controls.deliveries()["held"] == 3
    controls.deliveries("normal")
    assert settled(market, 6)[3:] == PAID


def test_repeated_and_shuffled(market: Market, controls: Controls) -> None:
    controls.deliveries("hold")
    market.paid_checkout()
    assert controls.release("random", 2, seed=5) == 9
    found = settled(market, 9)
    assert sorted(found) == sorted(PAID * 3)
    assert found != PAID * 3
    assert len({event["id"] for event in market.receiver.events}) == 3
    for message in market.receiver.messages:
        assert market.gateway.parse_webhook(*message)


def test_lost_ones_are_found_by_listing(market: Market, controls: Controls) -> None:
    controls.deliveries("drop")
    market.paid_checkout()
    controls.deliveries("normal")
    market.paid_checkout("order-2")
    settled(market, 3)
    lost = market.ask("GET", "/v1/events", delivery_success="false").json["data"]
    assert [event["type"] for event in lost] == PAID[::-1]
    assert {event["pending_webhooks"] for event in lost} == {1}
    taken = market.ask("GET", "/v1/events", delivery_success="true").json["data"]
    assert {event["pending_webhooks"] for event in taken} == {0}
    assert len(taken) == 3


def test_some_are_lost(market: Market, controls: Controls) -> None:
    controls.deliveries("hold")
    market.paid_checkout()
    market.paid_checkout("order-2")
    assert controls.drop(["checkout.session.completed"], 1) == 1
    assert controls.release(types=["checkout.session.completed"]) == 1
    assert settled(market, 1) == ["checkout.session.completed"]
    assert market.receiver.events[0]["data"]["object"]["client_reference_id"] == "order-2"
    assert controls.drop() == 4
    assert controls.deliveries()["dropped"] == 5


def test_late_ones_come_late(market: Market, controls: Controls) -> None:
    controls.deliveries("normal", 1)
    start = time.monotonic()
    market.paid_checkout()
    market.receiver.wait_for("checkout.session.completed")
    assert time.monotonic() - start >= 1


def test_a_test_may_send_them_itself(market: Market) -> None:
    store = Store(market.config.state)
    with store.transaction() as tx:
        outbox.set_mode(tx, "hold")
    market.paid_checkout()
    assert deliver_due(market.config, store) == 0
    messages = held_messages(market.config, store)
    assert [json.loads(payload)["type"] for _, payload, _ in messages] == PAID
    for url, payload, signature in messages:
        assert url == market.config.webhook_url
        assert market.gateway.parse_webhook(payload, signature).livemode is False
        with pytest.raises(WebhookInvalid):
            market.gateway.parse_webhook(payload + b" ", signature)
    with store.transaction() as tx:
        assert outbox.drop(tx) == 3
    assert held_messages(market.config, store) == []
