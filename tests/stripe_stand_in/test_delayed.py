"""Payments that a bank confirms days later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def waiting(market: Market) -> str:
    """Order a bank debit on the payment page; return the session."""
    opened = market.open_checkout(cents=2_000)
    done = market.ask("POST", market.path_of(opened.url), {}, card="debit")
    assert done.status == 303
    return opened.id


def looked_at(market: Market, session: str) -> dict[str, Any]:
    """Return the session with its intent and charge inside."""
    answer = market.ask(
        "GET",
        f"/v1/checkout/sessions/{session}",
        **{"expand[0]": "payment_intent.latest_charge.balance_transaction"},
    )
    found: dict[str, Any] = answer.json
    return found


def test_waits_complete_and_unpaid(market: Market) -> None:
    session = waiting(market)
    found = looked_at(market, session)
    intent = found["payment_intent"]
    assert (found["status"], found["payment_status"]) == ("complete", "unpaid")
    assert found["payment_method_types"] == ["card", "sepa_debit"]
    assert (intent["status"], intent["amount_received"]) == ("processing", 0)
    charge = intent["latest_charge"]
    assert (charge["status"], charge["balance_transaction"]) == ("pending", None)
    assert not market.gateway.checkout(session).paid
    assert list(market.gateway.balance_transactions(LONG_AGO)) == []
    market.receiver.wait_for("checkout.session.completed")
    refused = market.ask("POST", "/v1/refunds", payment_intent=intent["id"])
    assert refused.status == 400


def test_paid_days_later(market: Market, controls: Controls) -> None:
    session = waiting(market)
    controls.advance(3 * 86_400)
    assert controls.settle(session)["payment_status"] == "paid"
    found = looked_at(market, session)
    charge = found["payment_intent"]["latest_charge"]
    assert found["payment_intent"]["status"] == charge["status"] == "succeeded"
    assert charge["balance_transaction"]["type"] == "payment"
    assert charge["balance_transaction"]["net"] == 2_000 - market.config.fee(2_000)
    for kind in ("charge.succeeded", "payment_intent.succeeded"):
        market.receiver.wait_for(kind)
    message = market.receiver.wait_for("checkout.session.async_payment_succeeded")
    assert market.gateway.parse_webhook(*message).order_id == "order-1"
    refund = market.gateway.refund(found["payment_intent"]["id"], 500, "r")
    moved = market.ask("GET", "/v1/balance_transactions", source=refund.id).json["data"]
    assert [(each["type"], each["net"]) for each in moved] == [("payment_refund", -500)]


def test_failed_days_later(market: Market, controls: Controls) -> None:
    session = waiting(market)
    assert controls.settle(session, "failed")["payment_status"] == "unpaid"
    found = looked_at(market, session)
    intent = found["payment_intent"]
    assert (found["status"], intent["status"]) == ("complete", "requires_payment_method")
    assert intent["last_payment_error"]["charge"] == intent["latest_charge"]["id"]
    assert intent["latest_charge"]["status"] == "failed"
    for kind in ("charge.failed", "payment_intent.payment_failed"):
        market.receiver.wait_for(kind)
    market.receiver.wait_for("checkout.session.async_payment_failed")
    assert list(market.gateway.balance_transactions(LONG_AGO)) == []


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_bank_says_it_once(market: Market, controls: Controls, outcome: str) -> None:
    session = waiting(market)
    controls.settle(session, outcome)
    with pytest.raises(ControlRefused) as refused:
        controls.settle(session)
    assert refused.value.status == 400
    with pytest.raises(ControlRefused):
        controls.settle(market.paid_checkout("order-2").id)
