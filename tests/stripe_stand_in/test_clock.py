"""The clock: it goes forward only, for everything but what is signed, and survives a restart."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from stripe_stand_in.call import Call
from stripe_stand_in.clock import advance
from stripe_stand_in.store import Store
from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market, Receiver, running

DAY = 86_400
KEYED = {"Authorization": "Bearer standin_sk_tests", "Idempotency-Key": "k"}


def test_time_passes_for_what_is_made_and_for_open_pages(
    market: Market, controls: Controls
) -> None:
    opened = market.open_checkout()
    before = controls.now()
    assert abs(before - time.time()) < 5
    assert before + 2 * DAY <= controls.advance(2 * DAY) < before + 2 * DAY + 60
    market.receiver.wait_for("checkout.session.expired")
    assert market.ask("GET", f"/v1/checkout/sessions/{opened.id}").json["status"] == "expired"
    account = market.gateway.open_connected_account("a@example.org", "FR", "Ana", "a")
    assert market.ask("GET", f"/v2/core/accounts/{account.id}").json["created"] > "2026"
    paid_after = market.ask("GET", "/v1/events").json["data"][0]["created"]
    assert paid_after >= before + 2 * DAY


def test_messages_are_signed_in_real_time(market: Market, controls: Controls) -> None:
    controls.advance(30 * DAY)
    paid = market.gateway.refund(market.paid_checkout().payment_intent or "", None, "r")
    message = market.receiver.wait_for("refund.created")
    assert market.gateway.parse_webhook(*message)
    assert paid.amount_cents == 1_250


def test_who_does_not_know_the_clock_can_still_open_pages(
    market: Market, controls: Controls
) -> None:
    controls.advance(30 * DAY)
    opened = market.open_checkout()
    shown = market.ask("GET", f"/v1/checkout/sessions/{opened.id}").json
    assert shown["status"] == "open"
    assert 3_500 < shown["expires_at"] - shown["created"] <= 3_600
    controls.advance(3_600)
    assert market.gateway.checkout(opened.id).status == "expired"


def test_never_goes_back(controls: Controls) -> None:
    with pytest.raises(ControlRefused) as refused:
        controls.go_to(controls.now() - 10)
    assert refused.value.status == 400
    with pytest.raises(ControlRefused):
        controls.advance(90 * 366 * DAY)
    later = controls.now() + 1_000
    assert later <= controls.go_to(later) < later + 60


def test_charges_settle_by_it(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", Receiver(), settle=3 * DAY) as market:
        market.paid_checkout(cents=1_000)
        assert market.gateway.available_balance("EUR") == 0
        pending = market.ask("GET", "/v1/balance").json["pending"]
        assert pending[0]["amount"] == 1_000 - market.config.fee(1_000)
        Controls(market.url).advance(3 * DAY)
        assert market.gateway.available_balance("EUR") == 1_000 - market.config.fee(1_000)
        assert market.ask("GET", "/v1/balance").json["pending"][0]["amount"] == 0


def test_survives_a_restart_and_all_see_it(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", Receiver()) as market:
        Controls(market.url).advance(DAY)
    store = Store(tmp_path / "s.db")
    with store.transaction() as tx:
        call = Call(replace(market.config, durable=False), tx)
        assert call.now >= time.time() + DAY - 60
        assert advance(call, DAY) >= time.time() + 2 * DAY - 60
    with running(tmp_path / "s.db", Receiver()) as market:
        assert Controls(market.url).now() >= time.time() + 2 * DAY - 60


def test_keys_are_forgotten_after_a_day(market: Market, controls: Controls) -> None:
    paid = market.paid_checkout(cents=1_000)
    asked = {"payment_intent": paid.payment_intent or "", "amount": "100"}
    first = market.ask("POST", "/v1/refunds", KEYED, **asked).json["id"]
    controls.advance(DAY - 60)
    assert market.ask("POST", "/v1/refunds", KEYED, **asked).json["id"] == first
    controls.advance(61)
    assert market.ask("POST", "/v1/refunds", KEYED, **asked).json["id"] != first
    assert len(market.ask("GET", "/v1/refunds").json["data"]) == 2


def test_keys_of_version_two_live_for_thirty_days(market: Market, controls: Controls) -> None:
    opened = market.gateway.open_connected_account("a@example.org", "FR", "Ana", "a")
    for seconds, same in ((29 * DAY, True), (DAY + 1, False)):
        controls.advance(seconds)
        again = market.gateway.open_connected_account("a@example.org", "FR", "Ana", "a")
        assert (again.id == opened.id) is same
