from __future__ import annotations

import re

import pytest

from tests.support.provider import Market


@pytest.mark.parametrize(("language", "pay"), [("en", "Pay EUR"), ("fr", "Payer 12,50")])
def test_payment_page_says_what_it_is_in_both_languages(
    market: Market, language: str, pay: str
) -> None:
    path = market.path_of(market.open_checkout().url)
    page = market.ask("GET", path, {}, locale=language)
    assert page.status == 200
    assert f'<html lang="{language}">' in page.text
    assert "Stripe" in page.text
    assert pay in page.text
    assert "Shopping by age" in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' http://127.0.0.1:8000"
    )


def test_every_control_has_a_label(market: Market) -> None:
    page = market.ask("GET", market.path_of(market.open_checkout().url), {}).text
    assert len(re.findall(r"<input", page)) == len(re.findall(r"<label><input", page)) == 4
    assert "<legend>" in page


def test_names_are_escaped(market: Market) -> None:
    fields = {
        "mode": "payment",
        "success_url": "http://127.0.0.1:8000/done",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "1000",
        "line_items[0][price_data][product_data][name]": "<b>Table</b>",
    }
    opened = market.ask("POST", "/v1/checkout/sessions", **fields).json
    page = market.ask("GET", market.path_of(opened["url"]), {}).text
    assert "<b>Table" not in page
    assert "&lt;b&gt;Table" in page


def test_paying_twice_charges_once(market: Market) -> None:
    path = market.path_of(market.open_checkout().url)
    assert market.ask("POST", path, {}, card="good").status == 303
    again = market.ask("POST", path, {}, card="good")
    assert again.status == 200
    assert "was paid" in again.text
    assert len(market.ask("GET", "/v1/charges").json["data"]) == 1


def test_no_card_and_poor_card_pay_nothing(market: Market) -> None:
    path = market.path_of(market.open_checkout().url)
    for fields in ({}, {"card": "poor"}, {"card": "4242424242424242"}):
        page = market.ask("POST", path, {}, **fields)
        assert page.status == 422
        assert 'role="alert"' in page.text
    assert market.ask("GET", "/v1/charges").json["data"] == []


def test_onboarding_link_works_once(market: Market) -> None:
    account = market.gateway.open_connected_account("a@example.org", "FR", "Ana", "a")
    link = market.gateway.onboarding_link(
        account.id, "http://127.0.0.1:8000/back", "http://127.0.0.1:8000/again"
    )
    path = market.path_of(link)
    page = market.ask("GET", path, {}, locale="fr")
    assert "Ana" in page.text
    assert "Confirmer" in page.text
    assert not market.gateway.connected_account(account.id).payable
    assert market.ask("POST", path, {}).headers["Location"] == "http://127.0.0.1:8000/back"
    for method in ("GET", "POST"):
        answer = market.ask(method, path, {})
        assert (answer.status, answer.headers["Location"]) == (303, "http://127.0.0.1:8000/again")


def test_wrong_addresses_are_pages_too(market: Market) -> None:
    for path in ("/checkout/cs_nothing", "/onboarding/link_nothing"):
        for method in ("GET", "POST"):
            answer = market.ask(method, path, {})
            assert answer.status == 404
            assert "nothing here" in answer.text
    assert market.ask("GET", "/", {}).status == 200
    assert market.ask("GET", "/stand-in-static/stand_in.css", {}).status == 200
