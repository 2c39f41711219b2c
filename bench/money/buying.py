"""Paid orders, made by the market's own services, whose messages the provider keeps back."""

import json
import random
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.collections.rules import Purpose
from app.core.db import Database, new_id
from app.core.permissions import Actor, Role
from app.orders import service
from app.orders.models import Order
from app.payments.stripe_reading import event_of_payload
from app.stand_in import checkout, outbox
from app.stand_in.call import Call
from app.stand_in.delivery import held_messages
from app.users.models import User
from app.webhooks.taking import HANDLED
from bench.money.market import SECRET, Market

#: So many payments in one transaction of the stand-in.
TOGETHER = 50


@dataclass(frozen=True)
class Messages:
    """What the provider has to say, and which of it asks us to do something."""

    payloads: tuple[str, ...]
    handled: frozenset[str]


def hold(market: Market) -> None:
    """Let the provider keep its messages."""
    with market.store.transaction() as tx:
        outbox.set_mode(tx, "hold")


def buy(market: Market, made: Any, orders: int) -> tuple[str, ...]:
    """Let so many buyers order two tables each and pay them; return the orders."""
    trade, gateway = market.trade(), market.app.extensions["gateway"]
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
            for page in pages[first : first + TOGETHER]:
                checkout.pay(Call(market.config, tx), page)


def messages(market: Market) -> Messages:
    """Return every message that is kept back."""
    payloads = [payload for _, payload, _ in held_messages(market.config, market.store)]
    events = [event_of_payload(payload) for payload in payloads]
    handled = frozenset(event.id for event in events if event.kind in HANDLED)
    return Messages(tuple(payload.decode() for payload in payloads), handled)


def job_of(market: Market, found: Messages, deliveries: int, rate: float) -> str:
    """Write what the sender is to do: each message at least once, in random order."""
    rng = random.Random(1)  # noqa: S311 (an order, no secret)
    several = range(len(found.payloads))
    order = [*several, *rng.choices(several, k=deliveries - len(several))]
    rng.shuffle(order)
    port = int(market.url.rpartition(":")[2])
    return json.dumps(
        {
            "host": "127.0.0.1",
            "port": port,
            "path": "/webhooks/stripe",
            "secret": SECRET,
            "rate": rate,
            "connections": 64,
            "payloads": found.payloads,
            "order": order,
        }
    )
