"""A buyer's bank takes a payment back: the sale is undone, and done again if the market wins.

Acting means looking: whatever message came, in whatever order, the dispute is asked for and
what it has become is applied to the order, once.
"""

import structlog

from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, session
from app.orders import queries, rows, sale
from app.orders.models import Order
from app.orders.states import Event, State, next_state
from app.payments.gateway import Dispute, PaymentGateway

log = structlog.get_logger("orders")


def look(gateway: PaymentGateway, dispute_id: str) -> bool:
    """Ask the provider how a dispute stands and apply it to its order.

    Returns
    -------
    bool
        Whether it is about an order of ours that we know as paid.

    Raises
    ------
    GatewayUnavailable, GatewayRefused
    """
    checkpoint()
    return apply(gateway.dispute(dispute_id))


def apply(dispute: Dispute) -> bool:
    """Apply what a dispute has become to its order; return whether we know the order."""
    order_id = queries.with_payment(dispute.payment_intent or "")
    if order_id is None:
        return False
    rows.hold_buyer(session().get_one(Order, order_id).buyer_id)
    order = rows.locked(order_id)
    if dispute.amount_cents != order.total_cents or dispute.currency != order.currency:
        # A part of a payment has no sale of its own to undo: it shows up as a difference.
        log.warning("dispute of another amount", order=order.id)
        return True
    if dispute.withdrawn_cents and order.state == State.PAID and not sale.disputed(dispute.id):
        order.state = next_state(State.PAID, Event.DISPUTE)
        sale.take_back(order, dispute.id, dispute.withdrawn_cents)
        audit.record("system", "dispute-order", "order", order.id, cents=order.total_cents)
    if dispute.reinstated_cents and order.state in (State.DISPUTED, State.LOST):
        order.state = next_state(State(order.state), Event.WIN)
        sale.reinstate(order, dispute.id, dispute.withdrawn_cents, dispute.reinstated_cents)
        audit.record("system", "win-dispute", "order", order.id, cents=order.total_cents)
    elif dispute.status == "lost" and order.state == State.DISPUTED:
        order.state = next_state(State.DISPUTED, Event.LOSE)
        order.refunded_at = now()
        audit.record("system", "lose-dispute", "order", order.id, cents=order.total_cents)
    return True
