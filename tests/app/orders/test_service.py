import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.bundles import bundle, quotes
from app.bundles.errors import PriceChanged
from app.catalog.products import ProductKey
from app.collections.rules import Purpose
from app.core.clock import fixed_at, now
from app.core.db import session
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.permissions import SYSTEM, Actor, Role
from app.ledger import queries as ledger
from app.orders import holdings, paying, queries, service
from app.orders.errors import NothingToPay, PaymentPending, PurposeRefused
from app.orders.models import Order, SaleEdition
from app.payments.gateway import GatewayRefused, GatewayUnavailable, ProviderRefund
from app.refunds import service as refunding
from app.releases import service as releases
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.trading import Trade

BACK = service.Return("http://127.0.0.1:8000/done", "http://127.0.0.1:8000/order", "en")


@pytest.fixture
def keys(trade: Trade, made: factories.Published) -> list[ProductKey]:
    with trade.db.unit_of_work(write=False):
        return made.keys()


class Answering(Broken):
    """The real gateway with one answer changed."""

    def __init__(self, gateway: Any, **changed: Any) -> None:
        super().__init__(gateway)
        self._changed = changed

    def checkout(self, session_id: str) -> Any:
        return replace(self._gateway.checkout(session_id), **self._changed)


def test_a_price_that_changed_is_not_charged(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    with trade.db.unit_of_work():
        signed = trade.shown(buyer, keys)
        bundle.replace(buyer, [str(key) for key in keys[1:]])
        with pytest.raises(PriceChanged):
            service.place(buyer, trade.key, Purpose.RESEARCH, signed)


def test_an_empty_or_owned_bundle_is_nothing_to_pay(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    with trade.db.unit_of_work():
        signed = trade.shown(buyer, keys[:1])
        bundle.empty(buyer.user_id)
        assert quotes.sign(trade.key, buyer.user_id, holdings.bundle_of(buyer.user_id)) == ""
        with pytest.raises(NothingToPay):
            service.place(buyer, trade.key, Purpose.RESEARCH, signed)
    trade.bought(buyer, keys[:1])
    with trade.db.unit_of_work():
        signed = trade.shown(buyer, keys[:1])
        with pytest.raises(NothingToPay):
            service.place(buyer, trade.key, Purpose.RESEARCH, signed)


def test_a_purpose_that_was_not_consented_to_is_refused(trade: Trade, buyer: Actor) -> None:
    producer = factories.account(trade.app, Role.PRODUCER)
    only, rules = frozenset({Purpose.RESEARCH}), factories.proposal(steps=True)
    _, collection_id = factories.listed(trade.app, producer, purposes=only, rules=rules)
    with trade.db.unit_of_work():
        *_, edition_id = releases.close(producer, collection_id)
    factories.run_jobs(trade.app)
    made = factories.Published(edition_id, collection_id, "", producer)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    with pytest.raises(PurposeRefused):
        trade.place(buyer, keys, Purpose.COMMERCIAL)
    assert trade.place(buyer, keys, Purpose.RESEARCH)


def test_only_a_buyer_places_an_order(trade: Trade, keys: list[ProductKey]) -> None:
    with pytest.raises(Forbidden):
        trade.place(factories.account(trade.app, Role.PRODUCER), keys)


@pytest.mark.both_databases
def test_two_clicks_at_once_open_one_page(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    pages: set[str] = set()
    start = threading.Barrier(3)

    def click() -> None:
        with trade.app.app_context():
            start.wait()
            pages.add(trade.check_out(buyer, order_id))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len(pages) == 1
    assert trade.check_out(buyer, order_id) in pages


def test_a_page_opened_before_a_crash_is_opened_again(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    lost = Broken(trade.gateway, "open_checkout", after=True)
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        service.check_out(buyer, lost, order_id, BACK)  # type: ignore[arg-type]
    assert trade.state(order_id) == "paying"
    again = Broken(trade.gateway)
    with trade.db.unit_of_work():
        service.check_out(buyer, again, order_id, BACK)  # type: ignore[arg-type]
    (first,), (second,) = (
        [args[0] for name, args in calls.asked if name == "open_checkout"]
        for calls in (lost, again)
    )
    assert first.idempotency_key == second.idempotency_key


def test_an_offer_that_expired_cannot_be_paid(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    with fixed_at(now() + service.ORDER_LIFE), pytest.raises(PriceChanged):
        trade.check_out(buyer, order_id)


def test_an_order_whose_page_was_lost_expires(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    silent = Broken(trade.gateway, "open_checkout")
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        service.check_out(buyer, silent, order_id, BACK)  # type: ignore[arg-type]
    with fixed_at(now() + timedelta(hours=3)), trade.db.unit_of_work():
        assert not paying.fulfil(trade.gateway, order_id)
    assert trade.state(order_id) == "expired"


def test_paying_again_after_an_expired_page_opens_a_new_one(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    first = trade.check_out(buyer, order_id)
    trade.gateway.expire_checkout(first.rsplit("/", 1)[-1])
    second = trade.check_out(buyer, order_id)
    assert second != first
    trade.pay(second)
    trade.deliver()
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


def test_a_payment_under_way_is_not_asked_for_twice(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    trade.pay(trade.check_out(buyer, order_id))
    slow = Answering(trade.gateway, payment_status="unpaid")
    with pytest.raises(PaymentPending), trade.db.unit_of_work():
        service.check_out(buyer, slow, order_id, BACK)  # type: ignore[arg-type]
    with trade.db.unit_of_work():
        assert not paying.fulfil(slow, order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "pending"


def test_a_paid_order_is_booked_when_the_fee_is_known(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    trade.pay(trade.check_out(buyer, order_id))
    early = Answering(trade.gateway, fee_cents=None)
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        paying.fulfil(early, order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "paying"
    trade.deliver()
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


@pytest.mark.parametrize("changed", [{"amount_total_cents": 1}, {"currency": "USD"}])
def test_another_amount_is_never_fulfilled(
    trade: Trade, buyer: Actor, keys: list[ProductKey], changed: dict[str, Any]
) -> None:
    order_id = trade.place(buyer, keys)
    trade.pay(trade.check_out(buyer, order_id))
    wrong = Answering(trade.gateway, **changed)
    with pytest.raises(RuntimeError), trade.db.unit_of_work():
        paying.fulfil(wrong, order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "paying"


def test_the_page_of_another_order_pays_nothing(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    mine, other = trade.place(buyer, keys[:1]), trade.place(buyer, keys[1:])
    page = trade.check_out(buyer, other)
    trade.pay(page)
    with trade.db.unit_of_work():
        assert not paying.fulfil(trade.gateway, mine, page.rsplit("/", 1)[-1])
    assert trade.state(mine) == "quoted"


@pytest.mark.both_databases
def test_a_message_that_comes_before_our_commit_names_the_page(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    page = trade.check_out(buyer, order_id)
    trade.pay(page)
    with trade.db.unit_of_work():
        session().get_one(Order, order_id).checkout_session = None
    trade.deliver()
    assert trade.state(order_id) == "paid"


def test_only_the_owner_pays_and_sees_an_order(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.place(buyer, keys)
    other = factories.account(trade.app, Role.BUYER)
    with pytest.raises(NotFound):
        trade.check_out(other, order_id)
    with trade.db.unit_of_work(write=False), pytest.raises(NotFound):
        queries.order(other, order_id)
    with trade.db.unit_of_work(), pytest.raises(NotFound):
        service.check_out(buyer, trade.gateway, "0" * 32, BACK)
    with trade.db.unit_of_work(), pytest.raises(Forbidden):
        refunding.refund(buyer, trade.gateway, order_id)


@pytest.mark.both_databases
def test_a_refund_reverses_every_line_and_the_market_bears_the_fee(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    with trade.db.unit_of_work(write=False):
        fee = queries.order(SYSTEM, order_id).fee_cents
    trade.refund(order_id)
    with trade.db.unit_of_work(write=False) as s:
        book = {kind: m.micros for kind, m in ledger.trial_balance("EUR").items()}
        assert all(part.taken_micros == part.per_share_micros for part in s.query(SaleEdition))
        assert holdings.owned(buyer.user_id) == frozenset()
    assert {k: v for k, v in book.items() if v} == {
        "platform": fee * 10_000,
        "provider": -fee * 10_000,
    }
    with pytest.raises(Conflict):
        trade.refund(order_id)
    trade.check_agreement()


def test_a_refund_without_an_answer_is_repeated_once(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    lost = Broken(trade.gateway, "refund", after=True)
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        refunding.refund(SYSTEM, lost, order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "refunding"
    with trade.db.unit_of_work():
        refunding.send_refund(trade.gateway, order_id)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()


def test_a_refund_given_by_hand_is_booked(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    with trade.db.unit_of_work(write=False):
        intent = queries.order(SYSTEM, order_id).payment_intent
    trade.gateway.refund(intent or "", None, "by hand")
    trade.refund(order_id)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()


def test_a_refused_refund_leaves_the_order_paid(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    no = Broken(trade.gateway, "refund", error=GatewayRefused("no", "charge_disputed"))
    with pytest.raises(GatewayRefused), trade.db.unit_of_work():
        refunding.refund(SYSTEM, no, order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "paid"

    class Failing(Broken):
        def refund(self, *_: Any) -> ProviderRefund:
            return ProviderRefund(
                "re_1", None, None, 1, "EUR", "failed", moved=False, returned=False
            )

    with trade.db.unit_of_work():
        refunding.refund(SYSTEM, Failing(trade.gateway), order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


@pytest.mark.both_databases
def test_two_sales_at_once_do_not_spend_one_reserve_twice(
    trade: Trade, made: factories.Published, keys: list[ProductKey]
) -> None:
    buyers = [factories.account(trade.app, Role.BUYER) for _ in range(4)]
    orders = [trade.place(one, keys) for one in buyers]
    for one, order_id in zip(buyers, orders, strict=True):
        trade.pay(trade.check_out(one, order_id))
    faults: list[BaseException] = []

    def fulfil(order_id: str) -> None:
        try:
            with trade.app.app_context(), trade.db.unit_of_work():
                paying.fulfil(trade.gateway, order_id)
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    workers = [threading.Thread(target=fulfil, args=(order_id,)) for order_id in orders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    assert trade.balance(f"reserve:{made.collection_id}") <= 0
    trade.check_agreement()
