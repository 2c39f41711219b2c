import pytest
from flask import Flask

from app.core.permissions import Role
from app.orders import queries
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.reached import reached_by
from tests.support.trading import Browser, Trade, post, published

PAGES = ("/bundle", "/orders", "/orders/{order}", "/orders/{order}/back")
ACTIONS = (
    "/bundle/add",
    "/bundle",
    "/orders",
    "/orders/{order}/pay",
    "/orders/{order}/check",
)


def test_a_buyer_composes_orders_pays_and_sees_it_paid(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    browser = Browser(trade.app, buyer)
    with trade.db.unit_of_work(write=False):
        keys = [str(key) for key in made.keys()[:2]]
    assert browser.post("/bundle/add", product=keys[0]).location == "/bundle"
    assert browser.post("/bundle", product=keys[1]).location == "/bundle"
    page = browser.get("/bundle").text
    assert "Order at this price" in page
    shown = page.split('name="quote"')[1].split('value="')[1].split('"')[0]
    assert browser.post("/orders", quote=shown).location == "/bundle"
    changed = browser.post("/orders", quote=shown[:-1], purpose="research")
    assert changed.location == "/bundle"
    assert "did not make this offer" in browser.get("/bundle").text
    placed = browser.post("/orders", quote=shown, purpose="research")
    order_id = placed.location.rsplit("/", 1)[-1]
    assert "not paid yet" in browser.get(f"/orders/{order_id}").text
    factories.billed(trade.app, buyer)
    paying = browser.post(f"/orders/{order_id}/pay")
    assert paying.status_code == 303
    assert browser.post(f"/orders/{order_id}/check").status_code == 302
    assert "has not confirmed" in browser.get(f"/orders/{order_id}").text
    assert post(paying.location, card="good") == 303
    assert browser.get(f"/orders/{order_id}/back").status_code == 302
    assert trade.state(order_id) == "paying"
    assert browser.post(f"/orders/{order_id}/check").status_code == 302
    assert trade.state(order_id) == "paid"
    assert "CSV" in browser.get(f"/orders/{order_id}").text
    assert order_id[:8] in browser.get("/orders").text
    trade.deliver()
    trade.check_agreement()


def test_a_price_is_told_to_a_page_with_scripts(trade: Trade) -> None:
    made = published(trade.app)
    browser = Browser(trade.app, factories.account(trade.app, Role.BUYER))
    with trade.db.unit_of_work(write=False):
        key = str(made.keys()[0])
    token = {"csrf_token": browser.token(), "product": key}
    answer = browser.client.post("/bundle", data=token, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Order at this price" in answer.text


def test_another_buyer_finds_no_such_order(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()[:1]
    order_id = trade.place(buyer, keys)
    other = Browser(trade.app, factories.account(trade.app, Role.BUYER))
    for page in PAGES[2:]:
        assert other.get(page.format(order=order_id)).status_code == 404, page
    for action in ACTIONS[3:]:
        assert other.post(action.format(order=order_id)).status_code == 404, action
    assert order_id[:8] not in other.get("/orders").text
    with trade.db.unit_of_work(write=False):
        assert queries.unfinished() == ()


def test_a_provider_that_does_not_answer_is_told(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()[:1]
    order_id = trade.place(buyer, keys)
    factories.billed(trade.app, buyer)
    browser = Browser(trade.app, buyer)
    with reached_by(trade.app, Broken(trade.gateway, "open_checkout", "checkout")):
        assert browser.post(f"/orders/{order_id}/pay").location == f"/orders/{order_id}"
        assert "did not answer" in browser.get(f"/orders/{order_id}").text
    assert browser.post(f"/orders/{order_id}/pay").status_code == 303


@pytest.mark.parametrize("role", [Role.PRODUCER, Role.OPERATOR])
def test_other_roles_cannot_buy(lite_app: Flask, role: Role) -> None:
    browser = Browser(lite_app, factories.account(lite_app, role))
    for page in PAGES[:2]:
        assert browser.get(page).status_code == 403, page
    for action in ACTIONS[:2]:
        assert browser.post(action).status_code == 403, action
    assert browser.get("/orders/none").status_code == 404


def test_visitors_are_sent_to_sign_in(lite_app: Flask) -> None:
    browser = Browser(lite_app)
    answers = [browser.get(page.format(order="x")) for page in PAGES]
    answers += [browser.post(action.format(order="x")) for action in ACTIONS]
    for answer in answers:
        assert answer.status_code == 302
        assert answer.location.startswith("/login")


def test_the_purpose_is_never_chosen_beforehand_and_kept_when_a_slider_moves(trade: Trade) -> None:
    made = published(trade.app)
    browser = Browser(trade.app, factories.account(trade.app, Role.BUYER))
    with trade.db.unit_of_work(write=False):
        key = str(made.keys()[0])
    browser.post("/bundle/add", product=key)
    page = browser.get("/bundle").text
    assert '<option selected value="">' in page
    token = {"csrf_token": browser.token(), "product": key}
    for purpose in ("commercial", "research"):
        moved = browser.client.post(
            "/bundle", data={**token, "purpose": purpose}, headers={"HX-Request": "true"}
        )
        assert f'<option selected value="{purpose}">' in moved.text
    quote = page.split('name="quote"')[1].split('value="')[1].split('"')[0]
    assert browser.post("/orders", quote=quote, purpose="").location == "/bundle"
    assert "Say what you will use the tables for" in browser.get("/bundle").text


@pytest.mark.parametrize("role", [Role.BUYER, Role.OPERATOR])
def test_an_order_leads_to_its_tables_for_its_buyer_alone(trade: Trade, role: Role) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()[:1]
    order_id = trade.bought(buyer, keys)
    reader = buyer if role is Role.BUYER else factories.account(trade.app, role)
    seen = Browser(trade.app, reader).get(f"/orders/{order_id}")
    assert seen.status_code == 200
    for door in (f"/tables/{keys[0]}", f"/downloads/{keys[0]}"):
        assert (door in seen.text) == (role is Role.BUYER), door
