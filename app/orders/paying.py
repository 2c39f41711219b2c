"""Finding out that an order was paid, and granting it: once, whoever asks, in any order."""

import json
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.bundles.errors import OwnData, PriceChanged
from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.orders import holdings, issuing, receipts, sale
from app.orders import locking as rows
from app.orders.errors import PaymentOpen
from app.orders.models import Order
from app.orders.states import OrderEvent, OrderState, next_state
from app.payments.gateway import CheckoutSession, GatewayUnavailable, PaymentGateway
from app.releases import queries as releases

SETTLED = (
    OrderState.PAID,
    OrderState.REFUNDING,
    OrderState.REFUNDED,
    OrderState.DISPUTED,
    OrderState.LOST,
)
#: A payment is under way: its page is open, or its money takes days.
UNPAID = (OrderState.PAYING, OrderState.PENDING)


def fulfil(
    gateway: PaymentGateway, order_id: str, told: str | None = None, *, receipt: bool = True
) -> bool:
    """Ask the provider whether an order is paid, and if so, grant it and book it: once.

    Called by webhooks, by the page a buyer returns to and by the sweep, in any order. The
    provider is asked while nothing is locked; what it said is applied under the order's lock.

    Parameters
    ----------
    told : str, optional
        The checkout session a message named, for an order that does not know its own yet.
    receipt : bool
        Whether its buyer is sent the e-mail that says so; not to people who were made up.

    Returns
    -------
    bool
        Whether the order is paid.

    Raises
    ------
    GatewayUnavailable
        Also when the payment is there but its fee is not yet: the book needs both.
    """
    order = session().get_one(Order, order_id)
    checkout = order.checkout_session or told
    if order.state in SETTLED:
        return True
    if checkout is None:
        _expire_unopened(rows.locked(order_id))
        return False
    seen = rows.seen(gateway, checkout)
    order = rows.locked(order_id)
    if order.state in SETTLED:
        return True
    if seen.order_id != order.id or order.checkout_session not in (None, seen.id):
        return False
    if seen.paid:
        _pay(order, seen)
        if receipt:
            receipts.ask(order.id)
        return True
    _unpaid(order, seen)
    return False


def _unpaid(order: Order, seen: CheckoutSession) -> None:
    """Follow a payment page that is open, over, or waits for money that takes days."""
    state = OrderState(order.state)
    if seen.status == "expired" and state in (OrderState.QUOTED, OrderState.PAYING):
        order.state = next_state(state, OrderEvent.EXPIRE)
    elif seen.failed and state in (OrderState.PAYING, OrderState.PENDING):
        order.state = next_state(state, OrderEvent.FAIL)
        audit.record("system", "fail-payment", "order", order.id)
    elif seen.waiting and state is OrderState.PAYING:
        order.state = next_state(state, OrderEvent.WAIT)
        order.checkout_session = seen.id
        audit.record("system", "await-payment", "order", order.id)


def _expire_unopened(order: Order) -> None:
    """End an order whose payment page a crash lost: nobody has its address."""
    if (
        order.checkout_session is None
        and order.expires_at < now()
        and order.state == OrderState.PAYING
    ):
        order.state = next_state(OrderState(order.state), OrderEvent.EXPIRE)


def _pay(order: Order, seen: CheckoutSession) -> None:
    _refuse_other_amount(order, seen)
    if seen.fee_cents is None:
        raise GatewayUnavailable("the fee is not known yet")
    if seen.settled_in != order.currency:
        # The book would mix currencies: somebody has to look at the provider's settings.
        raise RuntimeError("the provider settled in another currency than the order's")
    order.state = next_state(OrderState(order.state), OrderEvent.PAY)
    order.checkout_session, order.payment_intent = seen.id, seen.payment_intent
    order.charge, order.fee_cents = seen.charge, seen.fee_cents
    order.paid_at = now()
    sale.book(order)
    issuing.invoice(order)
    audit.record("system", "pay-order", "order", order.id, cents=order.total_cents)


def refuse_stale(order: Order, at_least: timedelta = timedelta(0)) -> None:
    """Refuse the payment of an order whose price holds no more, or may not for long enough.

    The caller holds the buyer (`app.orders.locking.hold_buyer`).

    Parameters
    ----------
    at_least : timedelta
        For how long its price has to hold still.

    Raises
    ------
    PaymentOpen
        While another payment may give the same tables.
    PriceChanged
        When its time is over, or the buyer does not own what they owned then.
    """
    if order.expires_at < now() + at_least:
        raise PriceChanged(_l("This offer has expired. Compose the bundle again."))
    if any(other.id != order.id for other in rows.of_buyer(order.buyer_id, *UNPAID)):
        raise PaymentOpen(_l("You have another payment open. Pay it or cancel it first."))
    owned = {str(key) for key in holdings.owned(order.buyer_id)}
    if owned != set(json.loads(order.owned)):
        raise PriceChanged(
            _l("What you own changed since this price was made. Compose the bundle again.")
        )


def refuse_taken_down(order_id: str) -> None:
    """Refuse the payment of an order with a release in it that is not sold any more.

    Raises
    ------
    OwnData
    """
    for key in rows.keys(order_id):
        if releases.edition(key.edition).taken_down:
            raise OwnData(_l("A release in this bundle is not sold any more. Take it out."))


def pay_from(order_id: str, account: str) -> None:
    """Pay an order from an account of the book, at once and without the provider.

    The caller holds the buyer and the account, and has seen that it covers the order.

    Raises
    ------
    Conflict
        When the order is not waiting for its payment, or its price holds no more.
    """
    order = rows.locked(order_id)
    paid = next_state(OrderState(order.state), OrderEvent.SPEND)
    # Before its state moves: what it gives itself is not owned yet.
    refuse_stale(order)
    refuse_taken_down(order_id)
    order.state, order.funding, order.paid_at = paid, account, now()
    sale.book(order)
    issuing.invoice(order)
    receipts.ask(order.id)
    audit.record("system", "pay-order", "order", order.id, cents=order.total_cents)


def _refuse_other_amount(order: Order, seen: CheckoutSession) -> None:
    if (seen.amount_total_cents, seen.currency) != (order.total_cents, order.currency):
        raise RuntimeError("the provider took another amount than the order's")
