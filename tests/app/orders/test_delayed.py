"""Ways of paying that take days: the tables come with the money, not with the promise."""

import pytest

from app.catalog.products import ProductKey
from app.core.db import session
from app.core.permissions import SYSTEM, Actor
from app.orders import holdings, queries, service
from app.orders.errors import PaymentOpen, PaymentPending
from app.orders.models import Order
from app.webhooks import service as webhooks
from tests.support import factories
from tests.support.browser import Browser as Fresh
from tests.support.controls import Controls
from tests.support.trading import Browser, Trade, post


@pytest.fixture
def keys(trade: Trade, made: factories.Published) -> list[ProductKey]:
    return trade.keys(made, "gold")


def promised(trade: Trade, buyer: Actor, keys: list[ProductKey]) -> tuple[str, str]:
    """An order that was paid by bank debit; its checkout session."""
    order_id = trade.place(buyer, keys)
    assert post(trade.check_out(buyer, order_id), card="debit") == 303
    trade.deliver()
    assert trade.state(order_id) == "pending"
    with trade.db.unit_of_work(write=False):
        return order_id, session().get_one(Order, order_id).checkout_session or ""


def test_nothing_is_granted_or_booked_before_the_money_comes(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id, checkout = promised(trade, buyer, keys)
    with trade.db.unit_of_work(write=False):
        assert holdings.owned(buyer.user_id) == frozenset()
    assert trade.balance("provider") == 0
    page = Browser(trade.app, buyer).get(f"/orders/{order_id}").text
    assert "Your payment is on its way" in page
    assert "Pay now" not in page
    Controls(trade.stand_in_url).settle(checkout, "succeeded")
    trade.deliver()
    assert trade.state(order_id) == "paid"
    with trade.db.unit_of_work(write=False):
        assert holdings.owned(buyer.user_id) == frozenset(keys)
    trade.check_agreement()


def test_money_that_does_not_come_ends_the_order(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id, checkout = promised(trade, buyer, keys)
    Controls(trade.stand_in_url).settle(checkout, "failed")
    trade.deliver()
    assert trade.state(order_id) == "expired"
    assert "Compose it again" in Browser(trade.app, buyer).get(f"/orders/{order_id}").text
    # Another order may be paid now.
    assert trade.state(trade.bought(buyer, keys)) == "paid"
    trade.check_agreement()


def test_a_promised_payment_is_not_paid_again_called_off_or_paid_beside(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id, _ = promised(trade, buyer, keys)
    with pytest.raises(PaymentPending):
        trade.check_out(buyer, order_id)
    with pytest.raises(PaymentPending), trade.db.unit_of_work():
        service.cancel(buyer, trade.gateway, order_id)
    other = trade.place(buyer, keys[:1])
    with pytest.raises(PaymentOpen):
        trade.check_out(buyer, other)
    assert trade.state(order_id) == "pending"


def test_no_account_is_erased_while_its_money_is_on_its_way(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id, checkout = promised(trade, buyer, keys)
    browser = Fresh(trade.app, buyer)
    refused = browser.post("/rights/erase", {"sure": "y"})
    assert (refused.status_code, "A payment is under way" in refused.text) == (422, True)
    Controls(trade.stand_in_url).settle(checkout, "failed")
    trade.deliver()
    assert trade.state(order_id) == "expired"
    assert browser.post("/rights/erase", {"sure": "y"}).status_code == 302


def test_a_lost_message_about_the_money_is_made_up_for(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id, checkout = promised(trade, buyer, keys)
    controls = Controls(trade.stand_in_url)
    controls.deliveries("drop")
    controls.settle(checkout, "succeeded")
    with trade.db.unit_of_work(write=False):
        assert order_id in queries.unfinished()
    webhooks.schedule(trade.db)
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


def test_money_that_took_days_is_given_back_like_any_other(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id, checkout = promised(trade, buyer, keys)
    Controls(trade.stand_in_url).settle(checkout, "succeeded")
    trade.deliver()
    trade.refund(order_id)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()


def test_what_costs_nothing_is_granted_without_the_provider(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    trade.bought(buyer, trade.keys(made, "gold"))
    order_id = trade.place(buyer, trade.keys(made, "bronze"))
    with trade.db.unit_of_work(write=False):
        order = queries.order(SYSTEM, order_id)
    assert (order.total_cents, order.state, order.payment_intent) == (0, "paid", None)
    trade.check_agreement()
