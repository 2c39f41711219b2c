"""Paid orders, made by the market's own services, whose messages the provider keeps back."""

import random
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.collections.rules import Purpose
from app.core.db import Database, new_id
from app.core.permissions import Actor, Role
from app.market import market_of
from app.orders import service
from app.orders.models import Order
from app.payments.stripe_reading import event_of_payload
from app.users.models import User
from app.webhooks.taking import HANDLED
from bench.money.market import SECRET, Market
from stripe_stand_in import checkout, outbox
from stripe_stand_in.call import Call
from stripe_stand_in.delivery import held_messages

#: So many payments in one transaction of the stand-in.
TOGETHER = 50
#: One of so many orders is paid by a bank debit, which two messages tell of.
DEBITS = 2


@dataclass(frozen=True)
class Messages:
    """What the provider has to say: the messages that ask us to do something come first."""

    payloads: tuple[str, ...]
    handled: tuple[str, ...]


def hold(market: Market) -> None:
    """Let the provider keep its messages."""
    with market.store.transaction() as tx:
        outbox.set_mode(tx, "hold")


def buy(market: Market, made: Any, orders: int) -> tuple[str, ...]:
    """Let so many buyers order two tables each and pay them; return the orders.

    Every other one pays by bank debit, which is open first and then succeeds: two messages.
    """
    trade, gateway = market.trade(), market_of(market.app).gateway
    keys = trade.keys(made, "gold")[:2]
    found = []
    for buyer in _buyers(market.db, orders):
        order_id: str = trade.place(buyer, keys, Purpose.RESEARCH)
        back = service.Return(f"{market.url}/back", f"{market.url}/orders", "en")
        with market.db.unit_of_work():
            service.check_out(buyer, gateway, order_id, back)
        found.append(order_id)
    _pay(market)
    return tuple(found)


def _buyers(db: Database, count: int) -> list[Actor]:
    names = [new_id() for _ in range(count)]
    with db.unit_of_work() as session:
        session.add_all(
            User(
                id=name,
                email=f"{name}@example.org",
                display_name="somebody",
                password_hash="",
                buyer=True,
            )
            for name in names
        )
    return [Actor(name, frozenset({Role.BUYER})) for name in names]


def _pay(market: Market) -> None:
    with market.db.unit_of_work(write=False) as session:
        chosen = select(Order.checkout_session).where(Order.state == "paying")
        pages = [str(page) for page in session.scalars(chosen)]
    store = market.store
    for first in range(0, len(pages), TOGETHER):
        with store.transaction() as tx:
            call = Call(market.config, tx)
            for number, page in enumerate(pages[first : first + TOGETHER]):
                delayed = number % DEBITS == 1
                checkout.pay(call, page, delayed=delayed)
                if delayed:
                    checkout.settle_delayed(call, page)


def messages(market: Market) -> Messages:
    """Return every message that is kept back."""
    payloads = [payload for _, payload, _ in held_messages(market.config, market.store)]
    events = [(event_of_payload(payload), payload.decode()) for payload in payloads]
    events.sort(key=lambda pair: pair[0].kind not in HANDLED)
    handled = tuple(event.id for event, _ in events if event.kind in HANDLED)
    return Messages(tuple(payload for _, payload in events), handled)


def job_of(market: Market, found: Messages, load: tuple[int, float]) -> dict[str, Any]:
    """Return what the sender is to do, in random order: so many messages, so many a second.

    Each message once, and until there are enough those that ask for something again.
    """
    rng = random.Random(1)  # noqa: S311 (an order, no secret)
    several, again = range(len(found.payloads)), range(len(found.handled))
    order = [*several, *rng.choices(again, k=load[0] - len(several))]
    rng.shuffle(order)
    port = int(market.url.rpartition(":")[2])
    return {
        "host": "127.0.0.1",
        "port": port,
        "path": "/webhooks/stripe",
        "secret": SECRET,
        "rate": load[1],
        "connections": 64,
        "payloads": found.payloads,
        "order": order,
    }
