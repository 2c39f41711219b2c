"""What a buyer sees who comes back from paying: a page that looks by itself, and ends looking."""

import re

import pytest
from werkzeug.test import TestResponse

from app.core.permissions import Actor
from app.orders.waiting import DELAYS, delay, number
from tests.support import factories
from tests.support.trading import Browser, Trade, post

HTMX = {"HX-Request": "true"}


@pytest.fixture
def order_id(trade: Trade, made: factories.Published, buyer: Actor) -> str:
    return trade.place(buyer, trade.keys(made, "gold")[:1])


def looked(browser: Browser, order_id: str, look: int) -> TestResponse:
    return browser.client.post(
        f"/orders/{order_id}/look/{look}", data={"csrf_token": browser.token()}, headers=HTMX
    )


def test_each_look_waits_longer_and_the_looks_end() -> None:
    pauses = [delay(look) for look in range(1, len(DELAYS) + 1)]
    assert pauses == sorted(set(pauses))
    assert delay(0) is delay(len(DELAYS) + 1) is None
    assert sum(DELAYS) < 120


@pytest.mark.parametrize("text", ["x", "-1", "²", "9999999", "0x1"])
def test_a_strange_number_of_a_look_is_one_after_the_last(text: str) -> None:
    assert delay(number(text)) is None


def test_a_page_that_waits_offers_no_second_payment_and_turns_into_the_paid_order(
    trade: Trade, buyer: Actor, order_id: str
) -> None:
    browser = Browser(trade.app, buyer)
    page = trade.check_out(buyer, order_id)
    back = browser.get(browser.get(f"/orders/{order_id}/back").location).text
    assert "refreshes by itself" in back
    assert f"/orders/{order_id}/pay" not in back
    assert f"/orders/{order_id}/cancel" not in back
    again = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+);url=([^"]+)">', back)
    assert again is not None
    assert again[2] == f"/orders/{order_id}?back=2"
    waits = looked(browser, order_id, 1)
    assert "HX-Redirect" not in waits.headers
    assert f"/orders/{order_id}/look/2" in waits.text
    assert f"load delay:{DELAYS[1]}s" in waits.text
    assert post(page, card="good") == 303
    # The provider's message has not come: the look asks.
    assert looked(browser, order_id, 2).headers["HX-Redirect"] == f"/orders/{order_id}"
    assert trade.state(order_id) == "paid"
    paid = browser.get(f"/orders/{order_id}?back=3").text
    assert "CSV" in paid
    assert "look/" not in paid
    assert "http-equiv" not in paid


def test_after_the_last_look_it_offers_to_pay_again(
    trade: Trade, buyer: Actor, order_id: str
) -> None:
    browser = Browser(trade.app, buyer)
    trade.check_out(buyer, order_id)
    over = looked(browser, order_id, len(DELAYS))
    assert over.headers["HX-Retarget"] == "#pay"
    assert f"/orders/{order_id}/pay" in over.text
    assert "look/" not in over.text
    page = browser.get(f"/orders/{order_id}?back={len(DELAYS) + 1}").text
    assert f"/orders/{order_id}/pay" in page
    assert "http-equiv" not in page


def test_a_page_nobody_came_back_to_does_not_look(
    trade: Trade, buyer: Actor, order_id: str
) -> None:
    browser = Browser(trade.app, buyer)
    for page in (f"/orders/{order_id}", f"/orders/{order_id}?back=1"):
        # Not paid for yet: nothing to wait for.
        assert "look/" not in browser.get(page).text
    trade.check_out(buyer, order_id)
    assert "look/" not in browser.get(f"/orders/{order_id}").text


def test_reading_the_page_asks_nobody_and_changes_nothing(
    trade: Trade, buyer: Actor, order_id: str
) -> None:
    browser = Browser(trade.app, buyer)
    assert post(trade.check_out(buyer, order_id), card="good") == 303
    for look in range(1, len(DELAYS) + 2):
        browser.get(f"/orders/{order_id}?back={look}")
    assert trade.state(order_id) == "paying"
