"""Disputes: the shapes are checked against the description by the fixture."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.payments.gateway import GatewayRefused
from stripe_stand_in.disputes import FEE
from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def opened(market: Market, cents: int = 1_250) -> tuple[str, str]:
    """Pay, and have the payment taken back; return the payment and the dispute."""
    paid = market.paid_checkout(cents=cents)
    assert market.ask("POST", "/disputes", {}, charge=paid.charge or "").status == 303
    (dispute,) = market.gateway.disputes(LONG_AGO)
    return paid.payment_intent or "", dispute.id


def test_a_dispute_takes_the_amount_and_a_fee_at_once(market: Market) -> None:
    intent, dispute_id = opened(market)
    dispute = market.gateway.dispute(dispute_id)
    assert (dispute.payment_intent, dispute.status) == (intent, "needs_response")
    assert (dispute.amount_cents, dispute.currency) == (1_250, "EUR")
    assert (dispute.withdrawn_cents, dispute.reinstated_cents) == (1_250 + FEE, 0)
    moved = [m for m in market.gateway.balance_transactions(LONG_AGO) if m.type == "adjustment"]
    assert [(m.net_cents, m.source_id) for m in moved] == [(-1_250 - FEE, dispute_id)]
    assert market.ask("GET", "/v1/disputes", payment_intent=intent).json["data"][0]["id"]
    for kind in ("charge.dispute.created", "charge.dispute.funds_withdrawn"):
        market.receiver.wait_for(kind)


@pytest.mark.parametrize(("outcome", "back"), [("won", 1_250), ("lost", 0)])
def test_a_dispute_ends_once(market: Market, outcome: str, back: int) -> None:
    _, dispute_id = opened(market)
    for _ in range(2):
        status = market.ask("POST", f"/disputes/{dispute_id}", {}, outcome=outcome).status
    assert status == 400
    dispute = market.gateway.dispute(dispute_id)
    assert (dispute.status, dispute.reinstated_cents) == (outcome, back)
    market.receiver.wait_for("charge.dispute.closed")
    assert sum(m.net_cents for m in market.gateway.balance_transactions(LONG_AGO)) == (
        1_250 - market.config.fee(1_250) - 1_250 - FEE + back
    )


def test_what_is_disputed_is_not_refunded_nor_disputed_again(market: Market) -> None:
    intent, _ = opened(market)
    with pytest.raises(GatewayRefused) as refused:
        market.gateway.refund(intent, None, "refund:1")
    assert refused.value.code == "charge_disputed"
    charge = market.ask("GET", "/v1/charges").json["data"][0]["id"]
    assert market.ask("POST", "/disputes", {}, charge=charge).status == 400
    assert market.ask("POST", "/disputes", {}, charge="ch_none").status == 404


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_plays_the_bank_in_both_languages(market: Market, language: str) -> None:
    opened(market)
    market.paid_checkout("order-2", 2_000)
    page = market.ask("GET", "/disputes", {}, locale=language)
    assert page.status == 200
    assert "12" in page.text
    assert "20" in page.text
    assert page.text.count("<form") == 2
    assert "<script" not in page.text


def test_a_part_of_what_is_left_can_be_disputed(market: Market, controls: Controls) -> None:
    paid = market.paid_checkout(cents=1_000)
    market.gateway.refund(paid.payment_intent or "", 600, "r")
    with pytest.raises(ControlRefused):
        controls.dispute(paid.charge or "", 401)
    made = controls.dispute(paid.charge or "", 150, reason="product_not_received", fee=2_000)
    assert (made["amount"], made["reason"]) == (150, "product_not_received")
    assert market.gateway.dispute(made["id"]).withdrawn_cents == 2_150
    assert controls.decide(made["id"], "won")["status"] == "won"
    assert market.gateway.dispute(made["id"]).reinstated_cents == 150
    assert market.gateway.refund(paid.payment_intent or "", None, "r2").amount_cents == 400


def test_the_rest_is_disputed_by_default(market: Market, controls: Controls) -> None:
    paid = market.paid_checkout(cents=1_000)
    market.gateway.refund(paid.payment_intent or "", 600, "r")
    assert controls.dispute(paid.charge or "")["amount"] == 400


@pytest.mark.parametrize("outcome", ["warning_closed", "escalated"])
def test_a_question_of_the_bank_moves_no_money(
    market: Market, controls: Controls, outcome: str
) -> None:
    paid = market.paid_checkout(cents=1_000)
    before = market.gateway.available_balance("EUR")
    asked = controls.dispute(paid.charge or "", inquiry=True)
    assert asked["status"] == "warning_needs_response"
    assert market.gateway.available_balance("EUR") == before
    with pytest.raises(ControlRefused):
        controls.decide(asked["id"], "won")
    ended = controls.decide(asked["id"], outcome)
    escalated = outcome == "escalated"
    assert ended["status"] == ("needs_response" if escalated else "warning_closed")
    taken = 1_000 + FEE if escalated else 0
    assert market.gateway.available_balance("EUR") == before - taken
    with pytest.raises(ControlRefused):
        controls.decide(asked["id"], outcome)
