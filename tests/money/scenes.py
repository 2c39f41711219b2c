"""What a worker may be doing when it is killed: how the market came there, and what it does.

Each scene is prepared once, in the test; it is played in processes of their own. `effects`
counts, on the provider's side or in the book, what has to happen once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from app import worker
from app.bundles import bundle, quotes
from app.collections.rules import Purpose
from app.core.db import session
from app.core.permissions import SYSTEM, Actor
from app.ledger.models import LedgerTransaction
from app.orders import holdings, service
from app.orders.models import Order
from app.payouts import in_kind, sending
from app.payouts import reversals as taking_back
from app.payouts.models import Payout
from app.refunds import service as refunding
from app.users import service as users_service
from tests.money.promises import TERMS
from tests.money.provider import Provider
from tests.money.world import World, connected
from tests.support.trading import Trade, post

#: A part of a payment, and of a payout.
PART = 40
#: The same form, however often and wherever it arrives.
WISH = "5" * 32


@dataclass(frozen=True)
class Scene:
    """A path on which money moves.

    Attributes
    ----------
    prepare : callable
        Brings a new market to where the path begins.
    play : callable
        What is done, and killed; given the messages that have come until then.
    effects : callable
        How often what it does has happened; inside a unit of work.
    once : int
        How often it has to in the end.
    """

    prepare: Callable[[World], None]
    play: Callable[[World], None]
    effects: Callable[[Provider], int]
    once: int = 1


def _ordered(world: World, buyer: Actor, tables: slice) -> str:
    trade, keys = world.trade, sorted(map(str, world.people.for_sale(buyer)[tables]))
    with trade.db.unit_of_work():
        bundle.replace(buyer, keys)
        signed = quotes.sign(trade.key, buyer.user_id, holdings.bundle_of(buyer.user_id))
        return service.place(buyer, trade.key, Purpose.RESEARCH, signed)


def _order_placed(world: World) -> None:
    _ordered(world, world.people.buyers[0], slice(3, 6))


def _arrive(world: World) -> None:
    world.collect()
    for payload in world.inbox:
        world.deliver(payload)
    world.inbox = []


def _bought(world: World) -> None:
    buyer = world.people.buyers[0]
    order_id = _ordered(world, buyer, slice(3, 6))
    assert post(world.trade.check_out(buyer, order_id), card="good") == 303
    _arrive(world)
    worker.runner(world.trade.app).run_due()


def _both_connected(world: World) -> None:
    _bought(world)
    with world.trade.db.unit_of_work():
        page = connected(world.trade, world.people.producers[1])
    assert post(page) == 303
    _arrive(world)
    worker.runner(world.trade.app).run_due()


def _paid_out(world: World) -> None:
    _both_connected(world)
    assert sending.run(_paying(world.trade)).sent == 2


def _paying(trade: Trade) -> sending.Paying:
    return sending.Paying(trade.db, trade.gateway, TERMS)


def _order_of(who: Actor) -> str:
    return session().scalars(select(Order.id).where(Order.buyer_id == who.user_id)).one()


def _check_out(world: World) -> None:
    with world.trade.db.unit_of_work(write=False):
        order_id = _order_of(world.people.buyers[0])
    world.trade.check_out(world.people.buyers[0], order_id)


def _page_paid(world: World) -> None:
    buyer = world.people.buyers[0]
    page = world.trade.check_out(buyer, _ordered(world, buyer, slice(3, 6)))
    assert post(page, card="good") == 303
    world.collect()
    # What else the provider tells of a payment has no task.
    told = b'"type":"checkout.session.completed"'
    world.inbox = [payload for payload in world.inbox if told in payload]
    assert len(world.inbox) == 1


def _fulfil(world: World) -> None:
    for payload in world.inbox:
        world.deliver(payload)
    worker.runner(world.trade.app).run_due()


def _refund(cents: int | None) -> Callable[[World], None]:
    def play(world: World) -> None:
        with world.trade.db.unit_of_work():
            order_id = _order_of(world.people.buyers[0])
            refunding.refund(SYSTEM, world.trade.gateway, order_id, cents, once=WISH)

    return play


def _pay_everybody(world: World) -> None:
    sending.run(_paying(world.trade), again=True)


def _take_back(world: World) -> None:
    with world.trade.db.unit_of_work():
        name = session().scalars(select(Payout.id).order_by(Payout.user_id).limit(1)).one()
        taking_back.take_back(SYSTEM, world.trade.gateway, name, PART, "by mistake", WISH)


def _earned(world: World) -> None:
    _bought(world)
    # By the one who cannot be paid out: money that is spent late might be gone.
    _ordered(world, world.people.producers[1], slice(0, 1))
    with world.trade.db.unit_of_work():
        users_service.mark_identified(world.people.producers[1].user_id)


def _spend(world: World) -> None:
    with world.trade.db.unit_of_work():
        who = world.people.producers[1]
        in_kind.pay(who, _order_of(who), TERMS)


def _transactions(kind: str) -> int:
    counted = select(func.count()).select_from(LedgerTransaction)
    return session().scalar(counted.where(LedgerTransaction.kind == kind)) or 0


def _each(kind: str) -> Callable[[Provider], int]:
    return lambda there: len(there.all(kind))


SCENES = {
    "check out": Scene(
        _order_placed,
        _check_out,
        _each("checkout.session"),
    ),
    "sale": Scene(_page_paid, _fulfil, lambda _: _transactions("sale")),
    "refund": Scene(_bought, _refund(None), _each("refund")),
    "refund of a part": Scene(_bought, _refund(PART), _each("refund")),
    "payouts": Scene(_both_connected, _pay_everybody, _each("transfer"), 2),
    "taking back": Scene(_paid_out, _take_back, _each("transfer_reversal")),
    "earnings spent": Scene(_earned, _spend, lambda _: _transactions("sale") - 1),
}
