"""What a clever buyer would try, on the whole market: orders, payments, refunds, book."""

import json
import threading
import zlib
from dataclasses import replace

import pytest
from itsdangerous.encoding import base64_decode, base64_encode

from app.bundles import quotes
from app.bundles.errors import BadQuote, PriceChanged
from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.catalog.products import ProductKey
from app.collections.rules import Purpose
from app.core.clock import fixed_at, now
from app.core.permissions import SYSTEM, Actor, Role
from app.ledger import queries as ledger
from app.orders import holdings, queries, service
from app.orders.errors import LaterPurchase, NothingToRefund, PaymentOpen
from app.prices import queries as prices
from app.prices import service as prices_service
from app.refunds import service as refunding
from pricing.money import Money
from pricing.split import platform_share
from pricing.tariff import charge
from tests.support import factories
from tests.support.trading import Trade, post, published


def signed(trade: Trade, buyer: Actor, keys: list[ProductKey]) -> str:
    with trade.db.unit_of_work():
        return trade.shown(buyer, keys)


def place(trade: Trade, buyer: Actor, quote: str) -> str:
    with trade.db.unit_of_work():
        return service.place(buyer, trade.key, Purpose.RESEARCH, quote)


def total(trade: Trade, order_id: str) -> Money:
    with trade.db.unit_of_work(write=False):
        return queries.order(SYSTEM, order_id).total


def new_book(trade: Trade, version: str, **changes: object) -> None:
    with trade.db.unit_of_work():
        present = prices.in_force()
        book = replace(present, version=version, **changes)  # type: ignore[arg-type]
        prices_service.publish(SYSTEM, book, "a test", based_on=present.version)


def cost(trade: Trade, keys: list[ProductKey], owned: list[ProductKey] | None = None) -> Money:
    with trade.db.unit_of_work(write=False):
        return charge(price_list(), catalog.items(keys), catalog.items(owned or []))


def test_a_tampered_quote_is_refused(trade: Trade, buyer: Actor, made: factories.Published) -> None:
    quote = signed(trade, buyer, trade.keys(made, "gold"))
    body, signature = quote.rsplit(".", 1)
    told = json.loads(zlib.decompress(base64_decode(body.lstrip("."))))
    assert told["total_cents"] > 100
    cheaper = base64_encode(json.dumps({**told, "total_cents": 100}).encode()).decode()
    for changed in (f"{cheaper}.{signature}", quote[:-2], "", "x" * 5_000, f"{body}.{body}"):
        with pytest.raises(BadQuote):
            place(trade, buyer, changed)
    with pytest.raises(BadQuote):
        place(trade, factories.account(trade.app, Role.BUYER), quote)
    assert place(trade, buyer, quote)


def test_a_quote_signed_with_another_key_is_refused(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    with trade.db.unit_of_work():
        trade.shown(buyer, made.keys())
        forged = quotes.sign("o" * 64, buyer.user_id, holdings.bundle_of(buyer.user_id))
        with pytest.raises(BadQuote):
            service.place(buyer, trade.key, Purpose.RESEARCH, forged)


def test_an_expired_quote_is_refused_and_the_bundle_kept(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    keys = trade.keys(made, "gold")
    quote = signed(trade, buyer, keys)
    with fixed_at(now() + quotes.QUOTE_LIFE), pytest.raises(PriceChanged):
        place(trade, buyer, quote)
    with trade.db.unit_of_work(write=False):
        assert sorted(holdings.bundle_of(buyer.user_id).keys) == sorted(keys)


@pytest.mark.both_databases
def test_a_quote_makes_one_order_however_often_it_is_sent(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    quote = signed(trade, buyer, trade.keys(made, "gold"))
    orders: set[str] = set()
    start = threading.Barrier(3)

    def click() -> None:
        with trade.app.app_context():
            start.wait()
            orders.add(place(trade, buyer, quote))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len(orders) == 1
    assert place(trade, buyer, quote) in orders
    with trade.db.unit_of_work(write=False):
        assert len(queries.of_buyer(buyer.user_id)) == 1


def test_a_quote_is_honoured_after_book_and_catalogue_moved_on(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    keys = trade.keys(made, "gold")
    before = cost(trade, keys)
    quote = signed(trade, buyer, keys)
    new_book(trade, "dearer", base=3.0, platform_basis_points=5_000)
    published(trade.app)
    assert cost(trade, keys) > before
    order_id = place(trade, buyer, quote)
    assert total(trade, order_id) == before
    trade.pay(trade.check_out(buyer, order_id))
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        order = queries.order(SYSTEM, order_id)
        booked = queries.booked(order)
        assert booked is not None
        old = prices.book(order.book_version)
        assert order.book_version == "2026-3"
        # Shared by the book of the quote, not by the one in force when it was paid.
        assert booked.platform == platform_share(old, order.total - booked.fee)
        assert ledger.balance("platform", "EUR") == -booked.platform
    assert total(trade, trade.place(factories.account(trade.app, Role.BUYER), keys)) > before
    trade.check_agreement()


def test_quote_wait_combine_two_offers_on_the_same_holdings(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    gold = trade.keys(made, "gold")
    trade.bought(buyer, gold[:1])
    first = place(trade, buyer, signed(trade, buyer, gold[1:2]))
    second = place(trade, buyer, signed(trade, buyer, gold[2:3]))
    page = trade.check_out(buyer, first)
    with pytest.raises(PaymentOpen):
        trade.check_out(buyer, second)
    trade.pay(page)
    trade.deliver()
    with pytest.raises(PriceChanged):
        trade.check_out(buyer, second)
    with trade.db.unit_of_work():
        service.compose_again(buyer, second)
        again = quotes.sign(trade.key, buyer.user_id, holdings.bundle_of(buyer.user_id))
    third = place(trade, buyer, again)
    trade.pay(trade.check_out(buyer, third))
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        paid = [o.total for o in queries.of_buyer(buyer.user_id) if o.state == "paid"]
    assert sum(paid, Money.zero("EUR")) >= cost(trade, gold[:3])


def test_refund_and_keep_the_upgrade(trade: Trade, buyer: Actor, made: factories.Published) -> None:
    silver, gold = trade.keys(made, "silver"), trade.keys(made, "gold")
    early = trade.bought(buyer, silver)
    late = trade.bought(buyer, gold)
    assert total(trade, late) < cost(trade, gold)
    with pytest.raises(LaterPurchase):
        trade.refund(early)
    trade.refund(late)
    trade.refund(early)
    with trade.db.unit_of_work(write=False):
        assert holdings.owned(buyer.user_id) == frozenset()
    trade.check_agreement()
    assert trade.balance("provider") == -sum(
        trade.balance(account) for account in ("platform",)
    ) - trade.balance(f"reserve:{made.collection_id}") - trade.balance(f"pool:{made.edition_id}")


def test_refund_while_a_price_that_rests_on_it_is_being_paid(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    early = trade.bought(buyer, trade.keys(made, "silver"))
    late = trade.place(buyer, trade.keys(made, "gold"))
    page = trade.check_out(buyer, late)
    with pytest.raises(LaterPurchase):
        trade.refund(early)
    with trade.db.unit_of_work():
        assert service.cancel(buyer, trade.gateway, late)
    assert post(page, card="good") != 303
    trade.refund(early)
    assert trade.state(early) == "refunded"
    with pytest.raises(PriceChanged):
        trade.check_out(buyer, late)


def test_refund_and_keep_the_coarser_table_that_was_free(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    gold, silver = trade.keys(made, "gold"), trade.keys(made, "silver")
    bought = trade.bought(buyer, gold)
    free = trade.place(buyer, silver)
    assert total(trade, free) == Money.zero("EUR")
    assert trade.state(free) == "paid"
    with trade.db.unit_of_work(write=False):
        assert holdings.entitled(buyer.user_id, silver[0])
        assert queries.order(SYSTEM, free).invoice_number is None
    with pytest.raises(NothingToRefund):
        trade.refund(free)
    trade.refund(bought)
    assert trade.state(free) == "refunded"
    with trade.db.unit_of_work(write=False):
        assert not holdings.entitled(buyer.user_id, silver[0])
        assert holdings.owned(buyer.user_id) == frozenset()


def test_two_accounts_pay_no_less_than_one(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    gold = trade.keys(made, "gold")
    other = factories.account(trade.app, Role.BUYER)
    one = total(trade, trade.place(factories.account(trade.app, Role.BUYER), gold))
    parts = [trade.place(buyer, gold[::2]), trade.place(other, gold[1::2])]
    assert sum((total(trade, part) for part in parts), Money.zero("EUR")) >= one


def test_step_by_step_costs_what_it_costs_at_once(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    """Silver, gold: every upgrade is paid, and none twice."""
    paid = Money.zero("EUR")
    for tier in ("silver", "gold"):
        paid += total(trade, trade.bought(buyer, trade.keys(made, tier)))
    assert paid >= cost(trade, trade.keys(made, "gold"))
    assert paid < cost(trade, trade.keys(made, "gold")) + Money.from_cents(2_00, "EUR")


def test_an_order_called_off_is_not_paid_later(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold"))
    page = trade.check_out(buyer, order_id)
    with trade.db.unit_of_work():
        assert service.cancel(buyer, trade.gateway, order_id)
    assert trade.state(order_id) == "expired"
    assert post(page, card="good") != 303
    trade.deliver()
    assert trade.state(order_id) == "expired"
    paid = trade.place(buyer, trade.keys(made, "gold"))
    trade.pay(trade.check_out(buyer, paid))
    with trade.db.unit_of_work():
        assert not service.cancel(buyer, trade.gateway, paid)
    assert trade.state(paid) == "paid"


@pytest.mark.both_databases
def test_invoices_are_numbered_without_gaps(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    gold = trade.keys(made, "gold")
    trade.place(buyer, gold)
    numbers = []
    for key in gold[:3]:
        order_id = trade.bought(buyer, [key])
        with trade.db.unit_of_work(write=False):
            numbers.append(queries.order(SYSTEM, order_id).invoice_number)
    assert numbers == [1, 2, 3]


def test_the_later_purchases_are_named_latest_first(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    orders = [trade.bought(buyer, trade.keys(made, tier)) for tier in ("silver", "gold")]
    with trade.db.unit_of_work(write=False):
        assert refunding.later_purchases(orders[0]) == (orders[1],)
        assert refunding.later_purchases(orders[1]) == ()
