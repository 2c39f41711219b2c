"""Giving money back: what was paid or a part of it, the latest purchase first.

Every price is a difference, worked out for what its buyer owned. If an earlier purchase
could be refunded whole and alone, an upgrade would have been bought at the price of a step from
something that was never paid for; so what later prices rest on is refunded after them. A part
is given back as a courtesy: the tables stay, and so does what rests on them.

intended    the row, committed before the provider is asked
accepted    booked as soon as the money left the provider's balance; the tables go with the rest
            of the payment
refused     nothing happened
failed      the buyer's bank would not take it, perhaps days later: all is as before
"""

import json
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, new_id, session
from app.core.permissions import Actor, Role, require
from app.ledger import accounts
from app.ledger import service as ledger
from app.orders import issuing, queries, sale
from app.orders import locking as rows
from app.orders.errors import LaterPurchase, NothingToRefund, RefundUnderWay
from app.orders.models import Order, OrderDispute, Refund
from app.orders.sale import Taking
from app.orders.states import (
    OrderEvent,
    OrderState,
    RefundEvent,
    RefundState,
    next_refund,
    next_state,
)
from app.payments.gateway import GatewayRefused, PaymentGateway, ProviderRefund
from app.payments.intents import carry_out, wished
from pricing.money import MICROS_PER_CENT

#: A refund can fail so long after it was accepted.
FAILS_WITHIN = timedelta(days=45)
ALREADY_REFUNDED = "charge_already_refunded"
UNDER_WAY = (RefundState.INTENDED, RefundState.PENDING)


def later_purchases(order_id: str) -> tuple[str, ...]:
    """Return the orders whose price took this one's tables as owned, latest first.

    They are refunded before it. What was added for nothing is not counted: it goes with it.
    """
    order = session().get_one(Order, order_id)
    return tuple(later.id for later in reversed(_resting_on(order)) if later.total_cents)


def _resting_on(order: Order, *states: OrderState) -> tuple[Order, ...]:
    mine = {str(key) for key in rows.keys(order.id)}
    among = states or (OrderState.PAYING, OrderState.PENDING, OrderState.PAID, OrderState.REFUNDING)
    others = rows.of_buyer(order.buyer_id, *among)
    return tuple(o for o in others if o.id != order.id and mine & set(json.loads(o.owned)))


def refund(
    actor: Actor,
    gateway: PaymentGateway,
    order_id: str,
    cents: int | None = None,
    reason: str = "",
    once: str | None = None,
) -> None:
    """Give a buyer money back; the operator decides.

    Parameters
    ----------
    cents : int, optional
        A part; by default all that is left, and with it the tables are withdrawn.
    reason : str
        For the credit note and the log, at most 200 characters.
    once : str, optional
        Identifier of this wish, 32 characters: sent twice, it is one refund.

    Raises
    ------
    Forbidden, Conflict, LaterPurchase, NothingToRefund, RefundUnderWay
    """
    require(actor, Role.OPERATOR)
    rows.hold_buyer(session().get_one(Order, order_id).buyer_id)
    order = rows.locked(order_id)
    known, refund_id = wished(Refund, once, {RefundState.REFUSED, RefundState.FAILED})
    if known is not None:
        checkpoint()
        send_refund(gateway, order_id)
        return
    if not order.total_cents:
        raise NothingToRefund(_l("Nothing was paid for this order."))
    asked = next_state(OrderState(order.state), OrderEvent.ASK_REFUND)
    left = order.total_cents - order.taken_cents
    wanted = left if cents is None else cents
    if not 0 < wanted <= left:
        raise NothingToRefund(_l("Less than that is left of what was paid."))
    if _one(order_id, *UNDER_WAY) is not None and order.state != OrderState.REFUNDING:
        raise RefundUnderWay(_l("A refund of this order is on its way already."))
    if wanted == left:
        if later_purchases(order_id):
            raise LaterPurchase(
                _l("Later purchases were priced with these tables owned. Refund those first.")
            )
        order.state = asked
    if _one(order_id, *UNDER_WAY) is None:
        session().add(
            Refund(
                id=refund_id,
                order_id=order_id,
                cents=wanted,
                state=RefundState.INTENDED,
                key=f"refund:{refund_id}",
                reason=reason.strip()[:200],
                at=now(),
            )
        )
        audit.record(actor.user_id, "refund-order", "order", order.id, cents=wanted)
    checkpoint()
    send_refund(gateway, order_id)


def _one(order_id: str, *states: RefundState) -> Refund | None:
    chosen = select(Refund).where(Refund.order_id == order_id, Refund.state.in_(states))
    chosen = chosen.order_by(Refund.at).limit(1)
    return session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()


def send_refund(gateway: PaymentGateway, order_id: str) -> None:
    """Send or repeat the refund of an order that awaits an answer; the key makes it one refund.

    Raises
    ------
    GatewayRefused
        A definite no: the order is then as before the refund was asked for.
    GatewayUnavailable, KeyConflict
        Nothing is known; the refund is sent again later.
    """
    order = session().get_one(Order, order_id)
    row = _one(order_id, RefundState.INTENDED)
    if row is not None and order.funding != accounts.PROVIDER:
        _inside(rows.locked(order_id), _locked(row.id))
        return
    if row is None or not order.payment_intent:
        return
    payment, refund_id, cents, key = order.payment_intent, row.id, row.cents, row.key
    said = {"order_id": order_id, "refund": refund_id}
    try:
        carry_out(
            row.at,
            lambda: gateway.refund(payment, cents, key, said),
            lambda: _given(gateway, payment, refund_id),
            lambda given: _answered(order_id, refund_id, given),
        )
    except GatewayRefused as refusal:
        if refusal.code != ALREADY_REFUNDED:
            raise
        # By somebody in the provider's own pages: what they did is taken over.
        look(gateway, order_id)


def _answered(order_id: str, refund_id: str, given: ProviderRefund | None) -> None:
    """Apply what the provider said to an intent; None is a definite no."""
    order, row = rows.locked(order_id), _locked(refund_id)
    if given is not None:
        _apply(order, row, given)
    elif row.state == RefundState.INTENDED:
        row.state, row.ended_at = next_refund(RefundState.INTENDED, RefundEvent.REFUSE), now()
        _back_to_paid(order)
        audit.record("system", "refuse-refund", "order", order.id)


def _inside(order: Order, row: Refund) -> None:
    """Give back what was paid with earnings: to the account it came from, at once."""
    if row.state == RefundState.INTENDED:
        ledger.hold([order.funding])
        _book(order, row)
        row.state, row.ended_at = next_refund(RefundState.INTENDED, RefundEvent.SUCCEED), now()
        session().flush()


def _given(gateway: PaymentGateway, payment: str, refund_id: str) -> ProviderRefund | None:
    """Find a refund that may have been carried out under a key that is forgotten."""
    for seen in gateway.refunds_of(payment):
        # Those of earlier versions carry the order alone, which had the same number.
        if refund_id in (seen.metadata.get("refund"), seen.metadata.get("order_id")):
            return seen
    return None


def look(gateway: PaymentGateway, order_id: str) -> None:
    """Ask the provider about every refund of an order and apply what they have become.

    A refund that was made in the provider's own pages is taken over: it is a fact.

    Raises
    ------
    GatewayUnavailable, GatewayRefused
    """
    send_refund(gateway, order_id)
    payment = session().get_one(Order, order_id).payment_intent
    if not payment:
        return
    checkpoint()
    found = list(gateway.refunds_of(payment))
    rows.hold_buyer(session().get_one(Order, order_id).buyer_id)
    order = rows.locked(order_id)
    for seen in sorted(found, key=lambda one: one.id):
        row = _known(seen) or _taken_over(order, seen)
        if row is not None:
            _apply(order, row, seen)


def apply(seen: ProviderRefund) -> bool:
    """Apply what a refund has become, whoever made it; return whether it is of an order of ours."""
    row = _known(seen)
    order_id = row.order_id if row else queries.with_payment(seen.payment_intent or "")
    if order_id is None:
        return False
    rows.hold_buyer(session().get_one(Order, order_id).buyer_id)
    order = rows.locked(order_id)
    # Another worker may have taken it over in the meantime.
    row = _known(seen) or _taken_over(order, seen)
    if row is not None:
        _apply(order, row, seen)
    return row is not None


def _known(seen: ProviderRefund) -> Refund | None:
    ours = seen.metadata.get("refund", "")
    chosen = select(Refund).where((Refund.provider_id == seen.id) | (Refund.id == ours))
    chosen = chosen.with_for_update().execution_options(populate_existing=True)
    return session().scalars(chosen).one_or_none()


def _taken_over(order: Order, seen: ProviderRefund) -> Refund | None:
    """Write down a refund that was not made here; None where it does not fit the order."""
    left = order.total_cents - order.taken_cents
    # A dispute may have been seen before what was given back earlier.
    known = (OrderState.PAID, OrderState.REFUNDING, OrderState.DISPUTED, OrderState.LOST)
    fits = order.state in known and seen.amount_cents <= left
    if not seen.moved or not (fits or seen.returned):
        return None
    row = Refund(
        id=new_id(),
        order_id=order.id,
        cents=seen.amount_cents,
        state=RefundState.PENDING,
        key=f"provider:{seen.id}"[:80],
        provider_id=seen.id,
        at=now(),
    )
    session().add(row)
    session().flush()
    audit.record("system", "find-refund", "order", order.id, cents=seen.amount_cents)
    return row


def _apply(order: Order, row: Refund, seen: ProviderRefund) -> None:
    row.provider_id = seen.id
    failed = seen.status in ("failed", "canceled")
    if seen.moved and not row.booked and row.state in UNDER_WAY:
        if failed and seen.returned:
            _book_failed(order, row)
        else:
            _book(order, row)
    if failed and row.state != RefundState.FAILED and (seen.returned or not row.booked):
        _fail(order, row)
    elif not failed and row.state != RefundState.FAILED:
        done = seen.status == "succeeded" and row.booked
        event = RefundEvent.SUCCEED if done else RefundEvent.ACCEPT
        row.state = next_refund(RefundState(row.state), event)
        if done and row.ended_at is None:
            row.ended_at = now()
    session().flush()


def _book(order: Order, row: Refund) -> None:
    to_cents = order.taken_cents + row.cents
    issuing.credit(order, f"refund:{row.id}", order.taken_cents, to_cents)
    sale.take(order, Taking("refund", f"refund:{row.id}", to_cents, -row.cents))
    row.booked = True
    if order.taken_cents < order.total_cents or order.state not in (
        OrderState.PAID,
        OrderState.REFUNDING,
    ):
        return
    order.state, order.refunded_at = next_state(OrderState(order.state), OrderEvent.REFUND), now()
    for later in _resting_on(order):
        if not later.total_cents:
            # Added for nothing to what is now given back.
            later.state, later.refunded_at = OrderState.REFUNDED, now()


def _book_failed(order: Order, row: Refund) -> None:
    """Book a refund that we first hear of after it failed.

    The money left the provider's balance and came back; contributors are not touched.
    """
    micros = row.cents * MICROS_PER_CENT
    lines = {order.funding: -micros, accounts.PLATFORM: micros}
    ledger.post("refund", f"refund:{row.id}", order.currency, lines)
    ledger.reverse(f"refund:{row.id}", "refund-failed", f"refund-failed:{row.id}")


def _fail(order: Order, row: Refund) -> None:
    """Undo a refund that the buyer's bank would not take."""
    row.state, row.ended_at = next_refund(RefundState(row.state), RefundEvent.FAIL), now()
    if row.booked:
        to_cents = order.taken_cents - row.cents
        key = f"refund-failed:{row.id}"
        issuing.invoice_again(order, key, to_cents, order.taken_cents)
        sale.take(order, Taking("refund-failed", key, to_cents, row.cents))
        row.booked = False
        if order.state == OrderState.REFUNDED:
            order.state, order.refunded_at = (
                next_state(OrderState.REFUNDED, OrderEvent.RESTORE),
                None,
            )
            _suspend_disputed(order)
            for later in _resting_on(order, OrderState.REFUNDED):
                if not later.total_cents:
                    later.state, later.refunded_at = OrderState.PAID, None
    else:
        _back_to_paid(order)
    audit.record("system", "fail-refund", "order", order.id, cents=row.cents)


def _back_to_paid(order: Order) -> None:
    if order.state == OrderState.REFUNDING:
        order.state = next_state(OrderState.REFUNDING, OrderEvent.REFUSE_REFUND)
        _suspend_disputed(order)


def _suspend_disputed(order: Order) -> None:
    """Let an order that is paid again wait, or be lost, where a bank took it in the meantime."""
    chosen = select(OrderDispute.id).where(
        OrderDispute.order_id == order.id,
        OrderDispute.taken_cents > 0,
        OrderDispute.status.not_in(("won", "lost")),
    )
    if session().scalars(chosen.limit(1)).first() is not None:
        order.state = next_state(OrderState.PAID, OrderEvent.DISPUTE)
    elif order.total_cents and order.taken_cents >= order.total_cents:
        disputed = next_state(OrderState.PAID, OrderEvent.DISPUTE)
        order.state, order.refunded_at = next_state(disputed, OrderEvent.LOSE), now()


def _locked(refund_id: str) -> Refund:
    chosen = select(Refund).where(Refund.id == refund_id).with_for_update()
    return session().scalars(chosen.execution_options(populate_existing=True)).one()
