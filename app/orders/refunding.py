"""Giving money back: exactly what was paid, the latest purchase first.

Every price is a difference, worked out for what its buyer owned. If an earlier purchase
could be refunded alone, an upgrade would have been bought at the price of a step from
something that was never paid for; so what later prices rest on is refunded after them.
"""

import json

from flask_babel import lazy_gettext as _l

from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, session
from app.core.permissions import Actor, Role, require
from app.orders import rows, sale
from app.orders.errors import LaterPurchase, NothingToRefund
from app.orders.models import Order
from app.orders.states import Event, State, next_state
from app.payments.gateway import GatewayRefused, PaymentGateway

ALREADY_REFUNDED = "charge_already_refunded"


def later_purchases(order_id: str) -> tuple[str, ...]:
    """Return the orders whose price took this one's tables as owned, latest first.

    They are refunded before it. What was added for nothing is not counted: it goes with it.
    """
    order = session().get_one(Order, order_id)
    return tuple(later.id for later in reversed(_resting_on(order)) if later.total_cents)


def _resting_on(order: Order) -> tuple[Order, ...]:
    mine = {str(key) for key in rows.keys(order.id)}
    others = rows.of_buyer(order.buyer_id, State.PAYING, State.PAID, State.REFUNDING)
    return tuple(o for o in others if o.id != order.id and mine & set(json.loads(o.owned)))


def refund(actor: Actor, gateway: PaymentGateway, order_id: str) -> None:
    """Give a buyer their money back and withdraw the tables; the operator decides.

    Raises
    ------
    Forbidden, Conflict, LaterPurchase, NothingToRefund
    """
    require(actor, Role.OPERATOR)
    rows.hold_buyer(session().get_one(Order, order_id).buyer_id)
    order = rows.locked(order_id)
    if not order.total_cents:
        raise NothingToRefund(_l("Nothing was paid for this order."))
    if later_purchases(order_id):
        raise LaterPurchase(
            _l("Later purchases were priced with these tables owned. Refund those first.")
        )
    order.state = next_state(State(order.state), Event.ASK_REFUND)
    audit.record(actor.user_id, "refund-order", "order", order.id, cents=order.total_cents)
    checkpoint()
    send_refund(gateway, order_id)


def send_refund(gateway: PaymentGateway, order_id: str) -> None:
    """Send or repeat the refund of an order that awaits one; the key makes it one refund.

    Raises
    ------
    GatewayRefused
        The order is then paid again, as before the refund was asked for.
    """
    order = session().get_one(Order, order_id)
    if order.state != State.REFUNDING or not order.payment_intent:
        return
    checkpoint()
    given, refusal = None, None
    try:
        given = gateway.refund(
            order.payment_intent, None, f"refund:{order.id}", {"order_id": order.id}
        )
    except GatewayRefused as error:
        # Given back already, by hand or under a key that the provider has forgotten.
        if error.code != ALREADY_REFUNDED:
            refusal = error
    order = rows.locked(order_id)
    if order.state != State.REFUNDING:
        return
    if refusal is not None or (given is not None and given.status in ("failed", "canceled")):
        order.state = next_state(State(order.state), Event.REFUSE_REFUND)
        audit.record("system", "refuse-refund", "order", order.id)
        checkpoint()
        if refusal is not None:
            raise refusal
        return
    order.refund_id = given.id if given is not None else None
    order.state = next_state(State(order.state), Event.REFUND)
    order.refunded_at = now()
    sale.unbook(order)
    for later in _resting_on(order):
        if not later.total_cents:
            # Added for nothing to what is now given back.
            later.state, later.refunded_at = State.REFUNDED, now()
