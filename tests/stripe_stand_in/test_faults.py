"""Faults on order, met by the real SDK and by raw requests."""

from __future__ import annotations

import time
from http.client import RemoteDisconnected

import pytest

from app.payments.errors import GatewayUnavailable
from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market

KEYED = {"Authorization": "Bearer standin_sk_tests", "Idempotency-Key": "k"}


@pytest.mark.parametrize(
    ("kind", "status", "kept"),
    [("429", 429, False), ("409", 409, False), ("500", 500, False), ("500-kept", 500, True)],
)
def test_a_fault_answers_once_and_is_kept_or_not(
    market: Market, controls: Controls, kind: str, status: int, kept: bool
) -> None:
    paid = market.paid_checkout()
    asked = {"payment_intent": paid.payment_intent or ""}
    controls.fault(kind, "POST", "/v1/refunds")
    first = market.ask("POST", "/v1/refunds", KEYED, **asked)
    assert first.status == status
    assert market.ask("GET", "/v1/refunds").json["data"] == []
    assert controls.faults() == []
    again = market.ask("POST", "/v1/refunds", KEYED, **asked)
    assert again.status == (status if kept else 200)
    assert (again.headers.get("Idempotent-Replayed") == "true") is kept
    assert market.ask("POST", "/v1/refunds", **asked).status == (200 if kept else 400)


def test_the_library_repeats_what_it_may(market: Market, controls: Controls) -> None:
    paid = market.paid_checkout()
    for kind, times in (("429", 3), ("409", 2), ("500", 2), ("lost", 2)):
        controls.fault(kind, "POST", "/v1/refunds", times=times)
        refund = market.gateway.refund(paid.payment_intent or "", 10, f"key-{kind}")
        assert refund.amount_cents == 10
    assert len(market.ask("GET", "/v1/refunds").json["data"]) == 4


def test_a_kept_error_stays_and_nothing_was_done(market: Market, controls: Controls) -> None:
    account = market.payable_account()
    market.paid_checkout()
    before = market.gateway.available_balance("EUR")
    controls.fault("500-kept", "POST", "/v1/transfers")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            market.gateway.transfer(account, 100, "EUR", "g", "t")
    assert market.gateway.available_balance("EUR") == before
    assert market.gateway.transfer(account, 100, "EUR", "g", "t2").id
    assert len(list(market.gateway.transfers_in_group("g"))) == 1


def test_lost_means_done_without_an_answer(market: Market, controls: Controls) -> None:
    account = market.payable_account()
    market.paid_checkout()
    controls.fault("lost", "POST", "/v1/transfers", times=3)
    with pytest.raises(GatewayUnavailable):
        market.gateway.transfer(account, 100, "EUR", "g", "t")
    (found,) = market.gateway.transfers_in_group("g")
    assert market.gateway.transfer(account, 100, "EUR", "g", "t").id == found.id
    controls.fault("lost", "GET", "/v1/balance")
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        market.ask("GET", "/v1/balance")


def test_slow_answers_late(market: Market, controls: Controls) -> None:
    controls.fault("slow", path="/v1/balance", milliseconds=300)
    start = time.monotonic()
    assert market.ask("GET", "/v1/balance").status == 200
    assert time.monotonic() - start >= 0.3


def test_pass_some_then_hit_some_by_pattern(market: Market, controls: Controls) -> None:
    controls.fault("500", "GET", "/v1/*", skip=1, times=2)
    seen = [market.ask("GET", path).status for path in ("/v1/events", "/v1/charges") * 2]
    assert seen == [200, 500, 500, 200]
    controls.fault("500", "POST", "/v1/events")
    controls.fault("500", "GET", "/v1/event")
    assert market.ask("GET", "/v1/events").status == 200
    controls.clear_faults()
    assert controls.faults() == []


def test_controls_need_a_secret_key_and_know_their_parameters(
    market: Market, controls: Controls
) -> None:
    for key in ("", "standin_rk_x", "sk_test_1"):
        with pytest.raises(ControlRefused) as refused:
            Controls(market.url, key).now()
        assert refused.value.status == 401
    for given in ({"kind": "odd"}, {}, {"kind": "500", "often": 1}):
        with pytest.raises(ControlRefused) as refused:
            controls.ask("POST", "/faults", **given)
        assert refused.value.status == 400


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("409", 409), ("500-kept", 500)])
def test_version_two_keeps_no_failure(
    market: Market, controls: Controls, kind: str, status: int
) -> None:
    controls.fault(kind, "POST", "/v2/core/accounts")
    body = (
        '{"configuration": {"recipient": {"capabilities": {"stripe_balance": '
        '{"stripe_transfers": {"requested": true}}}}}}'
    )
    for expected in (status, 200):
        answer = market.send("POST", "/v2/core/accounts", KEYED, body)
        assert answer.status == expected
    assert len(market.ask("GET", "/v2/core/accounts").json["data"]) == 1
