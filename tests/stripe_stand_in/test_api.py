"""What the API takes and refuses, asked without the SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stripe_stand_in.description import faults_of_answer
from tests.support.provider import Market

SESSION = {
    "mode": "payment",
    "success_url": "http://127.0.0.1:8000/done",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "1000",
    "line_items[0][price_data][product_data][name]": "Table",
}
GOOD = {"Authorization": "Bearer standin_sk_tests"}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer sk_test_123", "Bearer sk_live_123", "Basic standin_sk_tests", "Bearer "],
)
def test_accepts_keys_of_its_own_form_only(market: Market, authorization: str) -> None:
    answer = market.ask("GET", "/v1/balance", {"Authorization": authorization})
    assert answer.status == 401
    assert "sk_" not in answer.text


def test_never_says_that_anything_is_live(market: Market) -> None:
    paid = market.paid_checkout()
    market.gateway.refund(paid.payment_intent or "", None, "r")
    for path in ("balance", "checkout/sessions", "transfers", "events"):
        answer = market.ask("GET", f"/v1/{path}", GOOD)
        assert answer.status == 200
        assert '"livemode": true' not in answer.text
    assert '"livemode": false' in answer.text


def test_other_host_names_are_refused(market: Market) -> None:
    assert market.ask("GET", "/v1/balance", {**GOOD, "Host": "evil.example"}).status == 400


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"coupon": "free"}, "coupon"),
        ({"line_items[0][price_data][tax]": "1"}, "line_items[0][price_data][tax]"),
        ({"mode": "setup"}, "mode"),
        ({"mode": ""}, "mode"),
        ({"line_items[0][quantity]": "0"}, "line_items[0][quantity]"),
        (
            {"line_items[0][price_data][unit_amount]": "9.5"},
            "line_items[0][price_data][unit_amount]",
        ),
        ({"line_items[0][price_data][currency]": "EUR"}, "line_items[0][price_data][currency]"),
        ({"expires_at": "1"}, "expires_at"),
        ({"locale": "xx"}, "locale"),
        ({"metadata[order]": "x" * 501}, "metadata[order]"),
        ({"expand[0]": "payment_intent.nothing.here.too.deep"}, "expand"),
        ({"expand[0]": "nothing"}, "expand"),
        ({"a[b": "1"}, "a[b"),
    ],
)
def test_refuses_parameters_it_does_not_know(
    market: Market, change: dict[str, str], param: str
) -> None:
    answer = market.ask("POST", "/v1/checkout/sessions", **{**SESSION, **change})
    assert answer.status == 400
    assert answer.json["error"]["param"] == param
    assert market.ask("GET", "/v1/checkout/sessions").json["data"] == []


def test_refuses_what_is_missing_or_too_little(market: Market) -> None:
    without = {name: value for name, value in SESSION.items() if name != "success_url"}
    answer = market.ask("POST", "/v1/checkout/sessions", **without)
    assert answer.json["error"]["code"] == "parameter_missing"
    little = {**SESSION, "line_items[0][price_data][unit_amount]": "49"}
    answer = market.ask("POST", "/v1/checkout/sessions", **little)
    assert answer.json["error"]["code"] == "amount_too_small"


def test_unknown_addresses_are_errors_of_the_api(market: Market) -> None:
    for method, path in (("GET", "/v1/nothing"), ("POST", "/v1/balance")):
        answer = market.ask(method, path)
        assert answer.status in (404, 405)
        assert answer.json["error"]["type"] == "invalid_request_error"
    market.answers.clear()


def test_a_key_replays_its_first_answer_refusals_included(market: Market) -> None:
    paid = market.paid_checkout(cents=1_000)
    keyed = {**GOOD, "Idempotency-Key": "k1"}
    asked = {"payment_intent": paid.payment_intent or "", "amount": "5000"}
    first = market.ask("POST", "/v1/refunds", keyed, **asked)
    again = market.ask("POST", "/v1/refunds", keyed, **asked)
    assert (first.status, first.text) == (again.status, again.text)
    assert first.status == 400
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = market.ask("POST", "/v1/refunds", keyed, **{**asked, "amount": "1"})
    assert other.json["error"]["type"] == "idempotency_error"
    elsewhere = market.ask("POST", "/v1/checkout/sessions", keyed, **SESSION)
    assert elsewhere.json["error"]["type"] == "idempotency_error"


def test_invalid_requests_are_not_kept_with_their_key(market: Market) -> None:
    keyed = {**GOOD, "Idempotency-Key": "k1"}
    bad = {**SESSION, "expires_at": "1"}
    assert market.ask("POST", "/v1/checkout/sessions", keyed, **bad).status == 400
    assert market.ask("POST", "/v1/checkout/sessions", keyed, **SESSION).status == 200
    assert len(market.ask("GET", "/v1/checkout/sessions").json["data"]) == 1


def test_lists_page_in_both_directions(market: Market) -> None:
    made = [market.ask("POST", "/v1/checkout/sessions", **SESSION).json["id"] for _ in range(5)][
        ::-1
    ]
    first = market.ask("GET", "/v1/checkout/sessions", limit="2").json
    assert [each["id"] for each in first["data"]] == made[:2]
    assert first["has_more"] is True
    last = market.ask("GET", "/v1/checkout/sessions", limit="9", starting_after=made[2]).json
    assert [each["id"] for each in last["data"]] == made[3:]
    assert last["has_more"] is False
    before = market.ask("GET", "/v1/checkout/sessions", limit="2", ending_before=made[4]).json
    assert [each["id"] for each in before["data"]] == made[2:4]
    for bad in ({"limit": "0"}, {"limit": "101"}, {"starting_after": "cs_nothing"}):
        assert market.ask("GET", "/v1/checkout/sessions", **bad).status == 400


def test_expands_inside_objects_and_lists(market: Market) -> None:
    paid = market.paid_checkout()
    charge = market.ask(
        "GET", f"/v1/charges/{paid.charge}", **{"expand[0]": "balance_transaction"}
    ).json
    assert charge["balance_transaction"]["fee"] == paid.fee_cents
    moved = market.ask("GET", "/v1/balance_transactions", **{"expand[0]": "data.source"}).json
    assert moved["data"][0]["source"]["id"] == paid.charge
    lines = market.ask(
        "GET", f"/v1/checkout/sessions/{paid.id}", **{"expand[0]": "line_items"}
    ).json["line_items"]
    assert lines["data"][0]["amount_total"] == 1_250


def test_every_list_and_object_can_be_read(market: Market) -> None:
    paid = market.paid_checkout()
    refund = market.gateway.refund(paid.payment_intent or "", 100, "r")
    sent = market.gateway.transfer(market.payable_account(), 200, "EUR", "g", "t")
    market.gateway.reverse_transfer(sent.id, 50, "b")
    events = market.ask("GET", "/v1/events", **{"types[0]": "transfer.created"}).json["data"]
    moved = market.ask("GET", "/v1/balance_transactions", type="transfer").json["data"]
    paths = [
        f"/v1/payment_intents/{paid.payment_intent}",
        f"/v1/refunds/{refund.id}",
        f"/v1/transfers/{sent.id}",
        f"/v1/transfers/{sent.id}/reversals",
        f"/v1/events/{events[0]['id']}",
        f"/v1/balance_transactions/{moved[0]['id']}",
        "/v1/payment_intents",
        "/v1/charges",
        "/v1/refunds",
        "/v1/webhook_endpoints",
    ]
    for path in paths:
        assert market.ask("GET", path).status == 200, path
    assert market.ask("GET", "/v1/transfers/tr_nothing").status == 404
    assert market.ask("GET", "/v2/core/events/evt_nothing").status == 404


def test_own_endpoints_get_what_they_asked_for(market: Market) -> None:
    made = market.ask(
        "POST",
        "/v1/webhook_endpoints",
        **{"url": market.config.webhook_url, "enabled_events[0]": "refund.created"},
    ).json
    assert made["secret"].startswith("whsec_")
    paid = market.paid_checkout()
    market.gateway.refund(paid.payment_intent or "", None, "r")
    market.receiver.wait_for("charge.refunded")
    assert [event["type"] for event in market.receiver.events].count("refund.created") == 2
    assert [event["type"] for event in market.receiver.events].count("charge.refunded") == 1
    elsewhere = {"url": "https://example.org/", "enabled_events[0]": "*"}
    assert market.ask("POST", "/v1/webhook_endpoints", **elsewhere).status == 400


@pytest.mark.parametrize(
    "change",
    [{"invented": 1}, {"amount_total": "1250"}, {"livemode": None}, {"status": "odd"}, None],
)
def test_description_refuses_other_answers(market: Market, change: dict[str, Any] | None) -> None:
    body = market.ask("POST", "/v1/checkout/sessions", **SESSION).json
    path = "/v1/checkout/sessions"
    assert not faults_of_answer("POST", path, 200, body)
    if change is None:
        del body["created"]
    else:
        body.update(change)
    assert faults_of_answer("POST", path, 200, body)
