"""A buyer's bank takes a payment back: the sale is undone, and done again if the market wins.

Acting means looking: whatever message came, in whatever order, the dispute is asked for and
what it has become is applied to the order, once. The tables wait until it is decided. A bank
may take a part, or a payment that was given back already: then the sale gives what it still
has, and the market bears the rest.
"""

from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, session
from app.orders import issuing, queries, sale
from app.orders import locking as rows
from app.orders.models import Order, OrderDispute
from app.orders.sale import Taking
from app.orders.states import OrderEvent, OrderState, next_state
from app.payments.gateway import Dispute, PaymentGateway


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
    row = _known(dispute.id)
    if row is None and dispute.withdrawn_cents:
        row = _withdrawn(order, dispute)
    if row is None:
        # An inquiry: no money has moved.
        return True
    if dispute.reinstated_cents and not row.reinstated_cents:
        _reinstated(order, row, dispute)
    elif dispute.status == "lost" and row.status != "lost":
        _lost(order, row)
    row.status = dispute.status[:30]
    return True


def _known(dispute_id: str) -> OrderDispute | None:
    chosen = select(OrderDispute).where(OrderDispute.id == dispute_id).with_for_update()
    return session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()


def _withdrawn(order: Order, dispute: Dispute) -> OrderDispute:
    cents = min(dispute.amount_cents, order.total_cents - order.taken_cents)
    row = OrderDispute(
        id=dispute.id,
        order_id=order.id,
        cents=dispute.amount_cents,
        taken_cents=cents,
        withdrawn_cents=dispute.withdrawn_cents,
        reinstated_cents=0,
        status="",
        at=now(),
    )
    session().add(row)
    key, to_cents = f"dispute:{dispute.id}", order.taken_cents + cents
    sale.take(order, Taking("dispute", key, to_cents, -dispute.withdrawn_cents))
    if order.state == OrderState.PAID:
        order.state = next_state(OrderState.PAID, OrderEvent.DISPUTE)
    audit.record("system", "dispute-order", "order", order.id, cents=cents)
    return row


def _reinstated(order: Order, row: OrderDispute, dispute: Dispute) -> None:
    key, cents = f"reinstate:{row.id}", row.taken_cents
    if row.status == "lost":
        issuing.invoice_again(order, key, order.taken_cents - cents, order.taken_cents)
    to_cents = order.taken_cents - cents
    sale.take(order, Taking("reinstatement", key, to_cents, dispute.reinstated_cents))
    row.reinstated_cents, row.taken_cents = dispute.reinstated_cents, 0
    if order.state in (OrderState.DISPUTED, OrderState.LOST):
        order.state, order.refunded_at = next_state(OrderState(order.state), OrderEvent.WIN), None
    audit.record("system", "win-dispute", "order", order.id, cents=cents)


def _lost(order: Order, row: OrderDispute) -> None:
    # Only now: until it is decided the invoice stands, and its payment is in question.
    start = order.taken_cents - row.taken_cents
    issuing.credit(order, f"dispute:{row.id}", start, order.taken_cents)
    if order.state == OrderState.DISPUTED:
        whole = order.taken_cents == order.total_cents
        event = OrderEvent.LOSE if whole else OrderEvent.LOSE_PART
        order.state = next_state(OrderState.DISPUTED, event)
        order.refunded_at = now() if whole else None
    audit.record("system", "lose-dispute", "order", order.id, cents=row.taken_cents)
