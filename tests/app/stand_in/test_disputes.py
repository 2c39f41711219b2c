"""Disputes: the shapes are checked against the description by the fixture."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.payments.gateway import GatewayRefused
from app.stand_in.disputes import FEE
from tests.app.stand_in.running import Market

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
