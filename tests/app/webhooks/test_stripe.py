import json
import sqlite3
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.clock import fixed_at, now
from app.core.db import session
from app.core.permissions import SYSTEM, Actor, Role
from app.jobs import queries as jobs_queries
from app.jobs.states import JobState
from app.ledger import queries as ledger
from app.ledger.models import LedgerTransaction
from app.orders import queries as orders
from app.orders.models import Order
from app.payments.gateway import GatewayUnavailable
from app.payouts import queries as payouts
from app.payouts.errors import OutcomeUnknown
from app.refunds import service as refunding
from app.webhooks import queries, service, taking
from app.webhooks.models import ProviderMessage
from stripe_stand_in.delivery import sign
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.provider import SECRET
from tests.support.reached import reached_by
from tests.support.trading import Browser, Trade, published, send

PAID = "checkout.session.completed"


def outbox(trade: Trade, kind: str) -> bytes:
    """The newest message of a type, as the stand-in would send it."""
    with sqlite3.connect(trade.config.state) as connection:
        rows = connection.execute("SELECT payload FROM outbox ORDER BY seq DESC").fetchall()
    connection.close()
    return next(str(p).encode() for (p,) in rows if json.loads(p)["type"] == kind)


def signed(payload: bytes, secret: str = SECRET) -> str:
    return sign(payload, secret, int(time.time()))


def ordered(trade: Trade) -> tuple[str, str, Actor, factories.Published]:
    """An order whose payment page is open."""
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    order_id = trade.place(buyer, keys[:2])
    return order_id, trade.check_out(buyer, order_id), buyer, made


def sales(trade: Trade) -> int:
    with trade.db.unit_of_work(write=False):
        count = select(func.count()).where(LedgerTransaction.kind == "sale")
        return session().scalar(count) or 0


@pytest.mark.both_databases
def test_the_same_message_twice_has_one_effect(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    payload = outbox(trade, PAID)
    assert [send(trade.url, payload, signed(payload)) for _ in range(3)] == [200] * 3
    assert trade.state(order_id) == "paying"
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    assert send(trade.url, payload, signed(payload)) == 200
    factories.run_jobs(trade.app)
    assert sales(trade) == 1
    trade.deliver()
    trade.check_agreement()


@pytest.mark.both_databases
def test_the_same_message_eight_times_at_once_has_one_effect(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    payload, answers = outbox(trade, PAID), []
    signature = signed(payload)
    start = threading.Barrier(8)

    def deliver() -> None:
        start.wait()
        answers.append(send(trade.url, payload, signature))

    senders = [threading.Thread(target=deliver) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [200] * 8
    with trade.db.unit_of_work(write=False):
        assert queries.count() == 1
        kinds = [job.kind for job in jobs_queries.latest()]
    assert kinds.count(taking.MESSAGE_JOB) == 1
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    assert sales(trade) == 1


@pytest.mark.both_databases
def test_one_fact_told_by_two_messages_acted_upon_at_once_is_booked_once(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    plain = json.loads(outbox(trade, PAID))
    for name in ("evt_one", "evt_two"):
        payload = json.dumps({**plain, "id": name}).encode()
        assert send(trade.url, payload, signed(payload)) == 200
    start = threading.Barrier(2)

    def act(event: str) -> None:
        with trade.app.app_context():
            start.wait()
            service.act(trade.db, trade.gateway, event)

    workers = [threading.Thread(target=act, args=(name,)) for name in ("evt_one", "evt_two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert trade.state(order_id) == "paid"
    assert sales(trade) == 1
    trade.check_agreement()


def test_a_message_that_is_not_verified_writes_nothing(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    payload = outbox(trade, PAID)
    late = sign(payload, SECRET, int(time.time()) - 301)
    for body, header in (
        (payload, ""),
        (payload, "nonsense"),
        (payload, signed(payload, "whsec_of_somebody_else")),
        (payload, late),
        (payload + b" ", signed(payload)),
        (b"", signed(b"")),
        (b"[]", signed(b"[]")),
    ):
        assert send(trade.url, body, header) == 400
    with trade.db.unit_of_work(write=False):
        assert queries.count() == 0
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paying"


@pytest.mark.parametrize(
    "changed", [{"type": "moon.rose"}, {"livemode": True}, {"type": "charge.succeeded"}]
)
def test_messages_not_for_us_are_taken_and_ignored(trade: Trade, changed: dict[str, Any]) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    payload = json.dumps({**json.loads(outbox(trade, PAID)), **changed}).encode()
    assert send(trade.url, payload, signed(payload)) == 200
    with trade.db.unit_of_work(write=False):
        assert queries.count() == 0
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paying"


def test_a_message_about_an_order_of_somebody_else_is_harmless(trade: Trade) -> None:
    ordered(trade)
    plain = {
        "id": "evt_other",
        "object": "event",
        "type": PAID,
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": {"id": "cs_other", "client_reference_id": "o" * 90}},
    }
    payload = json.dumps(plain).encode()
    assert send(trade.url, payload, signed(payload)) == 200
    factories.run_jobs(trade.app)
    with trade.db.unit_of_work(write=False):
        (job,) = [j for j in jobs_queries.latest() if j.kind == taking.MESSAGE_JOB]
        assert job.state is JobState.DONE


def test_another_amount_than_the_orders_is_not_fulfilled(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    with trade.db.unit_of_work():
        session().get_one(Order, order_id).total_cents += 1
    trade.pay(page)
    trade.deliver()
    assert trade.state(order_id) == "paying"
    assert sales(trade) == 0
    with trade.db.unit_of_work(write=False):
        assert "RuntimeError" in {job.message for job in jobs_queries.latest()}


def test_lost_messages_lose_nothing(trade: Trade) -> None:
    order_id, page, buyer, _ = ordered(trade)
    trade.pay(page)
    service.schedule(trade.db)
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


def test_an_hour_without_unfinished_orders_adds_no_job(trade: Trade) -> None:
    service.schedule(trade.db)
    with trade.db.unit_of_work(write=False):
        assert jobs_queries.latest() == ()


def test_the_catch_up_goes_on_after_a_silence_and_says_so(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    silent = Broken(trade.gateway, "checkout")
    with pytest.raises(OutcomeUnknown):
        service.catch_up(trade.db, silent, lambda _: None)  # type: ignore[arg-type]
    service.catch_up_now(SYSTEM, trade.db)
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"


def test_a_silent_provider_makes_the_job_try_again(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    with reached_by(trade.app, Broken(trade.gateway, "checkout", times=1)):
        trade.deliver()
    assert trade.state(order_id) == "paying"
    with fixed_at(now() + timedelta(minutes=2)):
        factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"


@pytest.mark.both_databases
def test_a_refund_cut_off_by_a_crash_is_finished_by_the_catch_up(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.pay(page)
    trade.deliver()
    silent = Broken(trade.gateway, "refund")
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        refunding.refund(SYSTEM, silent, order_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "refunding"
    service.schedule(trade.db)
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()


def test_messages_in_the_wrong_order_end_the_same(trade: Trade) -> None:
    order_id, page, buyer, _ = ordered(trade)
    trade.pay(page)
    with sqlite3.connect(trade.config.state) as connection:
        rows = connection.execute("SELECT payload FROM outbox ORDER BY seq DESC").fetchall()
    connection.close()
    for (text,) in rows:
        assert send(trade.url, str(text).encode(), signed(str(text).encode())) == 200
        factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    trade.refund(order_id)
    for kind in ("charge.refunded", "refund.created", PAID):
        payload = outbox(trade, kind)
        again = json.dumps({**json.loads(payload), "id": f"evt_again_{kind}"}).encode()
        assert send(trade.url, again, signed(again)) == 200
        factories.run_jobs(trade.app)
    assert trade.state(order_id) == "refunded"
    with trade.db.unit_of_work(write=False):
        (only,) = orders.refunds(order_id)
        assert ledger.by_key(f"refund:{only.id}") is not None
    trade.check_agreement()


def test_an_expired_page_expires_the_order(trade: Trade) -> None:
    order_id, page, _, _ = ordered(trade)
    trade.gateway.expire_checkout(page.rsplit("/", 1)[-1])
    trade.deliver()
    assert trade.state(order_id) == "expired"


def test_a_message_of_an_account_refreshes_it(trade: Trade) -> None:
    producer = factories.account(trade.app, Role.PRODUCER)
    account_id = trade.onboard(producer)
    with trade.db.unit_of_work(write=False):
        assert payouts.owner_of(account_id) == producer.user_id
        mine = payouts.account(producer.user_id)
        assert mine is not None
        assert mine.status == "active"


def test_nothing_personal_of_a_message_is_kept() -> None:
    assert set(ProviderMessage.__table__.columns.keys()) == {
        "event_id",
        "type",
        "kind",
        "object_id",
        "order_id",
        "payment_intent",
        "account",
        "created_at",
        "received_at",
    }


def test_a_message_without_end_is_refused(trade: Trade) -> None:
    big = b"x" * (256 * 1024 + 1)
    assert Browser(trade.app).client.post("/webhooks/stripe", data=big).status_code == 413


def test_the_address_takes_messages_only(trade: Trade) -> None:
    assert Browser(trade.app).get("/webhooks/stripe").status_code == 405
