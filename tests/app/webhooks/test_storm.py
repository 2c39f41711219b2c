"""Many messages at once, in random order and more than once: one effect each, none lost."""

import json
import random
import threading
import time

import pytest
from sqlalchemy import func, select

from app import worker
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.permissions import Role
from app.invoicing.models import BillingDocument
from app.jobs.models import Job
from app.ledger.models import LedgerTransaction
from app.orders.models import Order
from app.webhooks.models import ProviderMessage
from stripe_stand_in import checkout, outbox
from stripe_stand_in.call import Call
from stripe_stand_in.delivery import held_messages, sign
from stripe_stand_in.store import Store
from tests.support import factories
from tests.support.provider import SECRET
from tests.support.trading import Trade, published, send

pytestmark = pytest.mark.both_databases

ORDERS, DELIVERIES, SENDERS = 40, 320, 4


def paid(trade: Trade) -> set[str]:
    """Orders that were paid, every third by a bank debit; the provider says nothing yet."""
    store = Store(trade.config.state)
    with store.transaction() as tx:
        outbox.set_mode(tx, "hold")
    made = published(trade.app)
    keys, orders = trade.keys(made, "gold")[:1], set()
    for _ in range(ORDERS):
        buyer = factories.account(trade.app, Role.BUYER)
        order_id = trade.place(buyer, keys)
        orders.add(order_id)
        page = trade.check_out(buyer, order_id)
        with store.transaction() as tx:
            call, delayed = Call(trade.config, tx), len(orders) % 3 == 0
            checkout.pay(call, page.rpartition("/")[2], delayed=delayed)
            if delayed:
                checkout.settle_delayed(call, page.rpartition("/")[2])
    return orders


def shuffled(trade: Trade) -> list[bytes]:
    """Every message once, and some of them again."""
    rng = random.Random(7)
    messages = [payload for _, payload, _ in held_messages(trade.config, Store(trade.config.state))]
    assert ORDERS < len(messages) < DELIVERIES
    messages += rng.choices(messages, k=DELIVERIES - len(messages))
    rng.shuffle(messages)
    return messages


def test_a_storm_of_messages_has_each_effect_once(trade: Trade) -> None:
    orders, messages = paid(trade), shuffled(trade)
    answers: list[int] = []
    start, runner = threading.Barrier(SENDERS + 1), worker.runner(trade.app)

    def deliver(mine: list[bytes]) -> None:
        start.wait()
        for payload in mine:
            answers.append(send(trade.url, payload, sign(payload, SECRET, int(time.time()))))

    def work() -> None:
        # Beside them, as the worker would: messages are acted upon while others come.
        start.wait()
        with trade.app.app_context():
            while any(sender.is_alive() for sender in senders):
                runner.run_many()

    senders = [
        threading.Thread(target=deliver, args=(messages[n::SENDERS],)) for n in range(SENDERS)
    ]
    working = threading.Thread(target=work)
    for thread in (*senders, working):
        thread.start()
    for thread in (*senders, working):
        thread.join()
    assert answers == [200] * DELIVERIES
    runner.run_due()
    with trade.db.unit_of_work(write=False):
        assert dict.fromkeys(orders, "paid") == dict(
            map(tuple, session().execute(select(Order.id, Order.state)))
        )
        for counted in (
            select(func.count()).where(LedgerTransaction.kind == "sale"),
            select(func.count()).select_from(BillingDocument),
            select(func.count()).where(AuditEntry.action == "pay-order"),
        ):
            assert session().scalar(counted) == ORDERS
        known = set(session().scalars(select(ProviderMessage.event_id)))
        states = set(session().scalars(select(Job.state)))
    told = [json.loads(payload) for payload in set(messages)]
    assert known == {one["id"] for one in told if one["type"].startswith("checkout.")}
    assert states == {"done"}
    trade.check_agreement()
