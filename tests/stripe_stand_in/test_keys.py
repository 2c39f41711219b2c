"""Restricted keys do what they may, and are told what they lack."""

from __future__ import annotations

import pytest
import stripe

from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market


def test_a_restricted_key_does_what_it_may(market: Market, controls: Controls) -> None:
    key = controls.restricted_key("market", ("refund", "write"), ("event", "read"))
    assert key == "standin_rk_market"
    client = stripe.StripeClient(key, base_addresses={"api": market.url})
    intent = market.paid_checkout().payment_intent or ""
    assert client.v1.refunds.create({"payment_intent": intent, "amount": 100}).id
    assert client.v1.refunds.list().data
    assert client.v1.events.list().data
    for refused, right in (
        (lambda: client.v1.balance.retrieve(), "rak_balance_read"),
        (lambda: client.v1.transfers.list(), "rak_transfer_read"),
        (
            lambda: client.v1.webhook_endpoints.create(
                {"url": market.url, "enabled_events": ["*"]}
            ),
            "rak_webhook_endpoint_write",
        ),
        (lambda: client.v2.core.accounts.retrieve("acct_x"), "rak_account_read"),
    ):
        with pytest.raises(stripe.PermissionError) as error:
            refused()
        assert right in str(error.value)
        assert key not in str(error.value)


def test_reading_is_not_writing(market: Market, controls: Controls) -> None:
    key = controls.restricted_key("reader", ("refund", "read"))
    client = stripe.StripeClient(key, base_addresses={"api": market.url})
    assert client.v1.refunds.list().data == []
    with pytest.raises(stripe.PermissionError):
        client.v1.refunds.create({"payment_intent": "pi_x"})


def test_nobody_made_this_key(market: Market, controls: Controls) -> None:
    headers = {"Authorization": "Bearer standin_rk_nobody"}
    assert market.ask("GET", "/v1/balance", headers).status == 401
    with pytest.raises(ControlRefused):
        controls.restricted_key("x", ("weather", "read"))
