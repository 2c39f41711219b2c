"""The page /controls, as a browser without scripts uses it."""

from __future__ import annotations

import re

import pytest

from tests.stripe_stand_in.test_delayed import waiting
from tests.support.controls import Controls
from tests.support.provider import Answer, Market


def press(market: Market, act: str, identifier: str = "") -> Answer:
    return market.ask("POST", "/controls?locale=en", {}, act=act, id=identifier)


def page(market: Market, language: str = "en") -> str:
    answer = market.ask("GET", "/controls", {}, locale=language)
    assert answer.status == 200
    return answer.text


def test_every_button_does_what_it_says(market: Market, controls: Controls) -> None:
    before, session = controls.now(), waiting(market)
    assert press(market, "day").headers["Location"] == "/controls?locale=en"
    assert controls.now() >= before + 86_400
    assert press(market, "session_paid", session).status == 303
    paid = market.gateway.checkout(session)
    assert paid.paid
    press(market, "refunds_pend")
    for act, key, status in (("refund_done", "a", "succeeded"), ("refund_failed", "b", "failed")):
        refund = market.gateway.refund(paid.payment_intent or "", 100, key)
        assert f'value="{act}"' in page(market)
        press(market, act, refund.id)
        assert market.ask("GET", f"/v1/refunds/{refund.id}").json["status"] == status
    press(market, "refunds_succeed")
    account = market.payable_account()
    market.gateway.transfer(account, 100, "EUR", "g", "t")
    for act in ("restrict", "activate", "pay_out", "bank_refuses"):
        assert press(market, act, account).status == 303
    assert controls.account(account)["held"] == {"eur": 100}
    press(market, "close", account)
    assert controls.account(account)["closed"]
    for act, status in (("payout_paid", "paid"), ("payout_failed", "failed")):
        payout = market.client.v1.payouts.create({"amount": 100, "currency": "eur"})
        press(market, act, payout.id)
        assert market.client.v1.payouts.retrieve(payout.id).status == status
    press(market, "hold")
    market.paid_checkout("order-9")
    assert controls.deliveries()["held"] >= 3
    press(market, "shuffle")
    assert controls.deliveries()["held"] == 0
    press(market, "release")
    assert controls.deliveries()["mode"] == "normal"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_reads_in_both_languages(market: Market, language: str) -> None:
    session = waiting(market)
    market.gateway.refund(market.paid_checkout("order-2").payment_intent or "", None, "r")
    market.payable_account()
    market.paid_checkout("order-3", 2_000)
    market.client.v1.payouts.create({"amount": 100, "currency": "eur"})
    text = page(market, language)
    assert f'<html lang="{language}">' in text
    assert "<script" not in text
    assert session in text
    described = re.findall(r'aria-describedby="([^"]+)"', text)
    assert described
    assert all(f'id="{each}"' in text for each in described)
    assert 'href="/controls"' in market.ask("GET", "/", {}).text


def test_what_cannot_happen_is_said_on_the_page(market: Market) -> None:
    for act, identifier in (("close", "acct_x"), ("session_paid", "cs_x"), ("nothing", "")):
        answer = press(market, act, identifier)
        assert answer.status == 422
        assert 'role="alert"' in answer.text


def test_other_sites_press_no_buttons(market: Market, controls: Controls) -> None:
    before = controls.now()
    answer = market.ask("POST", "/controls", {"Sec-Fetch-Site": "cross-site"}, act="day")
    assert answer.status == 403
    assert controls.now() < before + 60
