"""The real SDK over HTTP against the stand-in: whole paths."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, Response, request

from app.payments.gateway import (
    EventKind,
    GatewayRefused,
    GatewayUnavailable,
    KeyConflict,
    NotEnoughBalance,
    WebhookInvalid,
)
from app.payments.mode import STAND_IN_KEY, decide
from app.payments.stripe_gateway import connect
from stripe_stand_in.delivery import sign
from tests.support.provider import (
    SECRET,
    Market,
    Receiver,
    checkout_request,
    running,
    served,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_paid_checkout_is_told_by_a_verified_webhook(market: Market) -> None:
    opened = market.open_checkout("order-7", 1_250)
    assert (opened.open, opened.paid, opened.charge) == (True, False, None)
    done = market.ask("POST", market.path_of(opened.url), {}, card="good")
    assert done.headers["Location"].endswith(f"done?session={opened.id}")
    event = market.gateway.parse_webhook(*market.receiver.wait_for("checkout.session.completed"))
    assert (event.kind, event.order_id) == (EventKind.CHECKOUT_COMPLETED, "order-7")
    assert event.livemode is False
    session = market.gateway.checkout(event.object_id)
    assert session.paid
    assert session.amount_total_cents == 1_250
    assert session.fee_cents == 19 + 25
    assert session.charge


def test_declined_card_pays_nothing_and_can_try_again(market: Market) -> None:
    opened = market.open_checkout()
    path = market.path_of(opened.url)
    refused = market.ask("POST", path, {}, card="declined")
    assert refused.status == 422
    assert "declined" in refused.text
    session = market.gateway.checkout(opened.id)
    assert (session.open, session.paid) == (True, False)
    assert list(market.gateway.balance_transactions(LONG_AGO)) == []
    assert market.ask("POST", path, {}, card="good").status == 303
    assert market.gateway.checkout(opened.id).paid


def test_expired_checkout_cannot_be_paid_or_expired_again(market: Market) -> None:
    opened = market.open_checkout()
    path = market.path_of(opened.url)
    assert market.gateway.expire_checkout(opened.id).status == "expired"
    assert market.ask("POST", path, {}, card="good").status == 200
    assert not market.gateway.checkout(opened.id).paid
    with pytest.raises(GatewayRefused):
        market.gateway.expire_checkout(opened.id)
    event = market.gateway.parse_webhook(*market.receiver.wait_for("checkout.session.expired"))
    assert (event.kind, event.object_id) == (EventKind.CHECKOUT_EXPIRED, opened.id)


def test_checkout_expires_by_itself(tmp_path: Path) -> None:
    late = [0.0]
    with running(tmp_path / "s.db", Receiver(), clock=lambda: time.time() + late[0]) as market:
        opened = market.open_checkout()
        late[0] = 3_700
        market.receiver.wait_for("checkout.session.expired")
        assert market.gateway.checkout(opened.id).status == "expired"


def test_one_key_opens_one_page(market: Market) -> None:
    asked = checkout_request()
    first = market.gateway.open_checkout(asked)
    assert market.gateway.open_checkout(asked).id == first.id
    with pytest.raises(KeyConflict):
        market.gateway.open_checkout(checkout_request(cents=999))


def test_refund_in_parts_never_exceeds_the_charge(market: Market) -> None:
    paid = market.paid_checkout("order-3", 1_000)
    intent = paid.payment_intent
    assert intent is not None
    part = market.gateway.refund(intent, 400, "refund-1", {"order_id": "order-3"})
    assert (part.amount_cents, part.status, part.charge) == (400, "succeeded", paid.charge)
    assert market.gateway.refund(intent, 400, "refund-1", {"order_id": "order-3"}).id == part.id
    with pytest.raises(GatewayRefused):
        market.gateway.refund(intent, 700, "refund-2")
    assert market.gateway.refund(intent, None, "refund-3").amount_cents == 600
    with pytest.raises(GatewayRefused) as refusal:
        market.gateway.refund(intent, None, "refund-4")
    assert refusal.value.code == "charge_already_refunded"
    event = market.gateway.parse_webhook(*market.receiver.wait_for("charge.refunded"))
    assert (event.kind, event.order_id) == (EventKind.CHARGE_REFUNDED, "order-3")
    assert event.payment_intent == intent


def test_account_is_payable_after_onboarding_only(market: Market) -> None:
    market.paid_checkout(cents=5_000)
    account = market.gateway.open_connected_account("ana@example.org", "FR", "Ana", "account-1")
    again = market.gateway.open_connected_account("ana@example.org", "FR", "Ana", "account-1")
    assert again.id == account.id
    assert not account.payable
    with pytest.raises(GatewayRefused) as refusal:
        market.gateway.transfer(account.id, 500, "EUR", "payout-1", "transfer-0")
    assert refusal.value.code == "insufficient_capabilities_for_transfer"
    assert market.payable_account("account-1") == account.id
    assert market.gateway.connected_account(account.id).payable
    kind = "v2.core.account[configuration.recipient].capability_status_updated"
    event = market.gateway.parse_webhook(*market.receiver.wait_for(kind))
    assert (event.kind, event.object_id) == (EventKind.ACCOUNT_CHANGED, account.id)


def test_transfer_happens_once_per_key_and_can_be_found(market: Market) -> None:
    market.paid_checkout(cents=5_000)
    account = market.payable_account()
    sent = market.gateway.transfer(account, 1_500, "EUR", "payout-1", "key-1", {"payout": "1"})
    same = market.gateway.transfer(account, 1_500, "EUR", "payout-1", "key-1", {"payout": "1"})
    assert same == sent
    assert [found.id for found in market.gateway.transfers_in_group("payout-1")] == [sent.id]
    assert market.gateway.reverse_transfer(sent.id, 500, "reverse-1").amount_cents == 500
    assert next(market.gateway.transfers_in_group("payout-1")).reversed_cents == 500
    assert market.gateway.reverse_transfer(sent.id, None, "reverse-2").amount_cents == 1_000
    with pytest.raises(GatewayRefused):
        market.gateway.reverse_transfer(sent.id, 1, "reverse-3")


def test_transfer_waits_for_the_balance_and_its_refusal_is_kept(tmp_path: Path) -> None:
    late = [0.0]
    with running(
        tmp_path / "s.db", Receiver(), clock=lambda: time.time() + late[0], settle=1_000
    ) as market:
        market.paid_checkout(cents=5_000)
        account = market.payable_account()
        with pytest.raises(NotEnoughBalance):
            market.gateway.transfer(account, 1_000, "EUR", "payout-1", "key-1")
        late[0] = 1_001
        assert market.gateway.available_balance("EUR") == 5_000 - 75 - 25
        with pytest.raises(NotEnoughBalance):
            market.gateway.transfer(account, 1_000, "EUR", "payout-1", "key-1")
        assert market.gateway.transfer(account, 1_000, "EUR", "payout-1", "key-2").id


def test_balance_transactions_add_up_over_pages(market: Market) -> None:
    for number in range(101):
        paid = market.paid_checkout(f"order-{number}", 1_000)
    market.gateway.refund(paid.payment_intent or "", 300, "refund-1")
    sent = market.gateway.transfer(market.payable_account(), 2_000, "EUR", "payout-1", "key-1")
    market.gateway.reverse_transfer(sent.id, 700, "reverse-1")
    moved = list(market.gateway.balance_transactions(LONG_AGO))
    assert len({each.id for each in moved}) == len(moved) == 104
    assert all(each.net_cents == each.amount_cents - each.fee_cents for each in moved)
    total = sum(each.net_cents for each in moved)
    assert total == 101 * (1_000 - 40) - 300 - 2_000 + 700
    assert market.gateway.available_balance("EUR") == total
    assert {each.type for each in moved} == {"charge", "refund", "transfer", "transfer_refund"}
    assert list(market.gateway.balance_transactions(datetime.now(UTC) + timedelta(hours=1))) == []


def test_lost_webhooks_can_be_listed(market: Market) -> None:
    paid = market.paid_checkout()
    kinds = {event.kind: event for event in market.gateway.events(LONG_AGO)}
    assert kinds[EventKind.CHECKOUT_COMPLETED].object_id == paid.id


def test_webhooks_that_are_not_ours_are_refused(market: Market) -> None:
    market.paid_checkout()
    payload, signature = market.receiver.wait_for("checkout.session.completed")
    now = int(time.time())
    parse = market.gateway.parse_webhook
    assert parse(payload, sign(payload, SECRET, now)).object_id
    bad = [
        (payload, ""),
        (payload + b" ", signature),
        (payload, sign(payload, "whsec_of_somebody_else", now)),
        (payload, sign(payload, SECRET, now - 301)),
        (payload, signature.replace("v1=", "v0=")),
        (json.dumps(json.loads(payload), indent=1).encode(), signature),
        (b"\xff\xfe", sign(b"\xff\xfe", SECRET, now)),
        (b"[]", sign(b"[]", SECRET, now)),
        (b'{"object": "event"}', sign(b'{"object": "event"}', SECRET, now)),
    ]
    for body, header in bad:
        with pytest.raises(WebhookInvalid):
            parse(body, header)


def test_any_of_several_secrets_is_good() -> None:
    gateway = connect(decide(STAND_IN_KEY, "", "whsec_new, whsec_old", production=False))
    body = json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "something.new",
            "livemode": False,
            "created": 1_800_000_000,
            "data": {"object": {"object": "something"}},
        }
    ).encode()
    event = gateway.parse_webhook(body, sign(body, "whsec_old", int(time.time())))
    assert (event.kind, event.object_id) == (EventKind.OTHER, "")


def test_refused_webhooks_are_sent_again(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", Receiver(refuse=3)) as market:
        market.paid_checkout()
        market.receiver.wait_for("checkout.session.completed")
        market.receiver.wait_for("charge.succeeded")
    assert market.receiver.refused == 3


def test_unknown_things_are_refused(market: Market) -> None:
    with pytest.raises(GatewayRefused):
        market.gateway.checkout("cs_test_nothing")
    with pytest.raises(GatewayRefused):
        market.gateway.connected_account("acct_nothing")
    with pytest.raises(GatewayRefused):
        market.gateway.refund("pi_nothing", None, "refund-x")


@pytest.mark.parametrize(("status", "tries"), [(429, 4), (500, 3), (409, 3)])
def test_no_clear_answer_is_not_a_refusal(status: int, tries: int) -> None:
    app = Flask("busy")
    keys: list[str | None] = []

    @app.post("/v1/refunds")
    def busy() -> Response:
        keys.append(request.headers.get("Idempotency-Key"))
        return Response('{"error": {"message": "busy", "type": "api_error"}}', status=status)

    with served(app) as url:
        gateway = connect(decide(STAND_IN_KEY, url, SECRET, production=False), sleep=lambda _: None)
        with pytest.raises(GatewayUnavailable):
            gateway.refund("pi_1", None, "the-key")
    assert keys == ["the-key"] * tries


def test_nobody_there_is_not_a_refusal() -> None:
    with served(Flask("gone")) as url:
        pass
    gateway = connect(decide(STAND_IN_KEY, url, SECRET, production=False))
    with pytest.raises(GatewayUnavailable):
        gateway.checkout("cs_test_1")
