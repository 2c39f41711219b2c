"""An order paid with earnings: at a price that still holds, with the tax of where the buyer is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.bundles.errors import PriceChanged
from app.core.clock import fixed_at, now
from app.core.permissions import SYSTEM, Actor, Role
from app.invoicing import queries as invoicing
from app.invoicing import service as billing
from app.invoicing.queries import Party
from app.invoicing.tax import TaxRules
from app.orders import queries as orders
from app.orders import service as orders_service
from app.orders.errors import PaymentOpen
from app.payouts import in_kind
from app.users import service as users
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import TERMS, Trade, trading

TAX = {"MOISSON_VAT_BASIS_POINTS": "2000", "MOISSON_VAT_COUNTRY": "FR"}
ABROAD, HERE = Party("Ada", "2 Long Street", "US"), Party("Ada", "1 rue Longue", "FR")


@pytest.fixture
def taxed(database_url: str, tmp_path: Path) -> Iterator[Trade]:
    with trading(database_url, tmp_path, **TAX) as market:
        yield market


def earner(trade: Trade) -> tuple[Actor, factories.Published]:
    """Somebody who earned enough for a table of another's edition."""
    made = factories.published(trade.app, factories.account(trade.app, Role.PRODUCER, Role.BUYER))
    trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))
    other = factories.published(trade.app, factories.account(trade.app, Role.PRODUCER))
    with trade.db.unit_of_work():
        users.mark_identified(made.producer.user_id)
    return made.producer, other


def spend(trade: Trade, who: Actor, order_id: str) -> None:
    with trade.db.unit_of_work():
        in_kind.pay(who, order_id, TERMS)


def test_a_price_that_holds_no_more_is_not_paid_with_earnings_either(trade: Trade) -> None:
    who, other = earner(trade)
    order_id = trade.place(who, trade.keys(other, "silver")[:1])
    with fixed_at(now() + orders_service.ORDER_LIFE + timedelta(seconds=1)):
        with pytest.raises(PriceChanged):
            spend(trade, who, order_id)
    assert trade.state(order_id) == "quoted"


def test_what_became_owned_meanwhile_is_not_paid_for_twice(trade: Trade) -> None:
    who, other = earner(trade)
    key = trade.keys(other, "silver")[:1]
    first, second = trade.place(who, key), trade.place(who, key)
    spend(trade, who, first)
    with pytest.raises(PriceChanged):
        spend(trade, who, second)
    assert trade.state(second) == "quoted"


def test_nothing_is_paid_with_earnings_while_a_card_may_pay_for_the_same(trade: Trade) -> None:
    who, other = earner(trade)
    key = trade.keys(other, "silver")[:1]
    first, second = trade.place(who, key), trade.place(who, key)
    trade.check_out(who, first)
    with pytest.raises(PaymentOpen):
        spend(trade, who, second)
    assert trade.state(second) == "quoted"


def test_the_tax_is_that_of_the_address_when_it_is_paid(taxed: Trade) -> None:
    who, other = earner(taxed)
    order_id = taxed.place(who, taxed.keys(other, "silver")[:1])
    with taxed.db.unit_of_work():
        orders_service.bill(who, order_id, TaxRules(2000, "FR"), ABROAD)
        billing.change_details(who, HERE)
    browser = Browser(taxed.app, who)
    address = f"/income/spend/{order_id}"
    assert browser.post(address, {}).headers["Location"] == address
    assert "The total changed" in browser.get(address).text
    assert taxed.state(order_id) == "quoted"
    browser.post(address, {})
    assert taxed.state(order_id) == "paid"
    with taxed.db.unit_of_work(write=False):
        order = orders.order(SYSTEM, order_id)
        (invoice,) = invoicing.of_order(order_id)
    assert order.vat_basis_points == 2000
    assert invoice.buyer == HERE
    assert invoice.vat.micros > 0
    taxed.check_agreement()
