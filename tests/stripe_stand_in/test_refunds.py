"""Refunds that pend, end, fail later or are canceled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market


def charge_of(market: Market) -> dict[str, Any]:
    """Return the newest charge."""
    found: dict[str, Any] = market.ask("GET", "/v1/charges").json["data"][0]
    return found


def moved(market: Market, source: str) -> list[tuple[str, int]]:
    """Return the movements of something, oldest first."""
    rows = market.ask("GET", "/v1/balance_transactions", source=source).json["data"]
    return [(row["type"], row["net"]) for row in rows][::-1]


def test_pending_ones_succeed_later(market: Market, controls: Controls) -> None:
    intent = market.paid_checkout().payment_intent or ""
    controls.refunds("pend")
    refund = market.gateway.refund(intent, 300, "r")
    shown = market.ask("GET", f"/v1/refunds/{refund.id}").json
    assert (shown["status"], shown["pending_reason"]) == ("pending", "processing")
    assert controls.end_refund(refund.id)["status"] == "succeeded"
    market.receiver.wait_for("refund.updated")
    market.receiver.wait_for("charge.refund.updated")
    assert moved(market, refund.id) == [("refund", -300)]
    with pytest.raises(ControlRefused):
        controls.end_refund(refund.id)


@pytest.mark.parametrize("first", ["pend", "succeed"])
def test_failing_ones_come_back(market: Market, controls: Controls, first: str) -> None:
    intent = market.paid_checkout(cents=1_000).payment_intent or ""
    before = market.gateway.available_balance("EUR")
    controls.refunds(first)
    refund = market.gateway.refund(intent, None, "r")
    assert charge_of(market)["refunded"]
    failed = controls.end_refund(refund.id, "failed", "lost_or_stolen_card")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert failed["failure_balance_transaction"]
    assert moved(market, refund.id) == [("refund", -1_000), ("refund_failure", 1_000)]
    assert (charge_of(market)["amount_refunded"], charge_of(market)["refunded"]) == (0, False)
    assert market.gateway.available_balance("EUR") == before
    market.receiver.wait_for("refund.failed")
    with pytest.raises(ControlRefused):
        controls.end_refund(refund.id, "failed")
    again = market.client.v1.refunds.create({"payment_intent": intent})
    assert again.amount == 1_000


def test_pending_ones_can_be_canceled(market: Market, controls: Controls) -> None:
    intent = market.paid_checkout(cents=1_000).payment_intent or ""
    controls.refunds("pend")
    refund = market.gateway.refund(intent, 400, "r")
    assert market.client.v1.refunds.cancel(refund.id).status == "canceled"
    assert sum(net for _, net in moved(market, refund.id)) == 0
    assert charge_of(market)["amount_refunded"] == 0
    controls.refunds("succeed")
    done = market.gateway.refund(intent, 400, "r2")
    assert market.ask("POST", f"/v1/refunds/{done.id}/cancel").status == 400


def test_never_more_than_the_rest(market: Market) -> None:
    intent = market.paid_checkout(cents=1_000).payment_intent or ""
    market.gateway.refund(intent, 700, "r")
    answer = market.ask("POST", "/v1/refunds", payment_intent=intent, amount="301")
    assert (answer.status, answer.json["error"]["param"]) == (400, "amount")
    assert market.ask("POST", "/v1/refunds", payment_intent=intent, amount="300").status == 200
