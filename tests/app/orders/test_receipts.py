"""What a purchase is for: kept with the licence that was sold, and told wherever it is shown."""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from app.collections.rules import Purpose
from app.core.clock import fixed_at, now
from app.core.permissions import SYSTEM, Actor
from app.letters.letter import message
from app.market import market_of
from app.openness.licences import LICENCES
from app.orders import queries, receipts
from app.orders.models import Order
from tests.support import factories
from tests.support.inbox import read_mail
from tests.support.trading import Browser, Trade


@pytest.fixture
def order_id(trade: Trade, made: factories.Published, buyer: Actor) -> str:
    return trade.bought(buyer, trade.keys(made, "gold")[:2])


def mails(trade: Trade) -> list[str]:
    found = read_mail(market_of(trade.app).settings.instance / "mail")
    return [text for text, _ in found if "Your order" in text]


def composed(trade: Trade, order_id: str) -> EmailMessage:
    with trade.db.unit_of_work(write=False):
        letter = receipts.compose({"order": order_id}, "https://example.org")
        assert letter is not None
        return message(letter, market_of(trade.app).settings)


def test_one_e_mail_says_what_was_bought_and_what_for(trade: Trade, order_id: str) -> None:
    trade.stage.fulfil(order_id)
    factories.run_jobs(trade.app)
    (told,) = mails(trade)
    assert f"Your order {order_id[:8]} is paid" in told
    assert "You bought 2 tables for €" in told
    assert "You bought these tables for research. You may use these tables for" in told
    for path in ("/licences/research/1", f"/orders/{order_id}", f"/orders/{order_id}/invoice"):
        assert f"{trade.url}{path}\n" in told


def test_a_second_sending_is_the_same_message(trade: Trade, order_id: str) -> None:
    first = composed(trade, order_id)
    with fixed_at(now() + timedelta(hours=1)):
        second = composed(trade, order_id)
    assert first["Message-ID"] == second["Message-ID"]


def test_the_page_and_the_documents_say_what_for(trade: Trade, buyer: Actor, order_id: str) -> None:
    browser = Browser(trade.app, buyer)
    for page in (f"/orders/{order_id}", "/documents/invoice/1"):
        shown = browser.get(page).text
        assert "You bought these tables for research. You may use these tables for" in shown
        assert "/licences/research/1" in shown


def test_before_it_is_paid_nothing_was_bought(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold")[:1])
    page = Browser(trade.app, buyer).get(f"/orders/{order_id}").text
    assert "You are ordering these tables for research." in page
    factories.run_jobs(trade.app)
    assert mails(trade) == []


def test_an_order_keeps_the_name_of_its_licence(trade: Trade, order_id: str) -> None:
    with trade.db.unit_of_work(write=False) as s:
        kept = s.get_one(Order, order_id)
        assert kept.licence == "moisson-research-1"
        # Whatever is sold by then: the name decides.
        kept.licence = LICENCES[Purpose.PUBLIC].name
        assert queries.order(SYSTEM, order_id).licence is LICENCES[Purpose.PUBLIC]
