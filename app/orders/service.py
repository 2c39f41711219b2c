import json
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.catalog import queries as catalog
from app.catalog.products import ProductKey, product_title
from app.collections.rules import Purpose
from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, new_id, session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role, require, require_owner
from app.orders import bundle, sale
from app.orders.errors import NothingToPay, PriceChanged, PurposeRefused
from app.orders.models import Order, OrderItem
from app.orders.states import Event, State, next_state
from app.payments.gateway import (
    CheckoutLine,
    CheckoutRequest,
    CheckoutSession,
    GatewayRefused,
    PaymentGateway,
)
from pricing.item import ItemKey
from pricing.quote import QuoteLine

QUOTE_LIFE = timedelta(hours=2)


@dataclass(frozen=True)
class Return:
    """Where a buyer comes back to after paying, with places for the order."""

    success_url: str
    cancel_url: str
    locale: str


def place(actor: Actor, purpose: Purpose, shown_cents: int) -> str:
    """Turn the bundle into an order at the price the buyer was shown.

    Parameters
    ----------
    shown_cents : int
        The total on the page the buyer agreed to.

    Returns
    -------
    str
        The order's identifier.

    Raises
    ------
    NothingToPay, PriceChanged, PurposeRefused, Forbidden
    """
    require(actor, Role.BUYER)
    present = bundle.composed(actor.user_id)
    if present.quote is None or not present.quote.total:
        raise NothingToPay(_l("There is nothing to pay for in this bundle."))
    if present.quote.total.cents_up() != shown_cents:
        raise PriceChanged(_l("The catalogue changed since you saw this price. Look again."))
    if purpose not in present.purposes:
        raise PurposeRefused(_l("Not every table in this bundle is sold for that purpose."))
    new = [one for one in present.chosen if not one.owned]
    positions = {one.product.item.key: str(one.key) for one in present.chosen}
    order = Order(
        id=new_id(),
        buyer_id=actor.user_id,
        state=State.QUOTED,
        purpose=purpose,
        total_cents=present.quote.total.cents_up(),
        currency=present.quote.total.currency,
        book_version=present.quote.book_version,
        lines=json.dumps([_line(line, positions) for line in present.quote.lines]),
        expires_at=now() + QUOTE_LIFE,
    )
    session().add(order)
    session().flush()
    for one in new:
        session().add(
            OrderItem(order_id=order.id, product=str(one.key), edition_id=one.key.edition)
        )
    bundle.empty(actor.user_id)
    audit.record(actor.user_id, "place-order", "order", order.id, cents=order.total_cents)
    return order.id


def check_out(actor: Actor, gateway: PaymentGateway, order_id: str, back: Return) -> str:
    """Open the provider's payment page for an order; return its address.

    The intent is committed before the call, so that a page that was opened and forgotten
    by a crash is opened again with the same key, and is the same page.
    """
    order = _own(actor, order_id)
    if order.expires_at < now() + timedelta(minutes=31):
        raise PriceChanged(_l("This offer has expired. Compose the bundle again."))
    if order.checkout_session:
        known = gateway.checkout(order.checkout_session)
        if known.paid:
            fulfil(gateway, order_id)
            return back.success_url
        if known.open and known.url:
            return known.url
        order.attempt += 1
    order.state = next_state(State(order.state), Event.CHECK_OUT)
    checkpoint()
    opened = gateway.open_checkout(_request(order, back))
    order.checkout_session = opened.id
    return opened.url or back.cancel_url


def fulfil(gateway: PaymentGateway, order_id: str) -> bool:
    """Ask the provider whether an order is paid, and if so, grant it and book it: once.

    Called by webhooks, by the page a buyer returns to and by the sweep, in any order.

    Returns
    -------
    bool
        Whether the order is paid.
    """
    order = _locked(order_id)
    if order.state in (State.PAID, State.REFUNDING, State.REFUNDED):
        return True
    if order.checkout_session is None:
        return False
    seen = gateway.checkout(order.checkout_session)
    if not seen.paid:
        if seen.status == "expired" and order.state != State.EXPIRED:
            order.state = next_state(State(order.state), Event.EXPIRE)
        return False
    _refuse_other_amount(order, seen)
    order.state = next_state(State(order.state), Event.PAY)
    order.payment_intent, order.fee_cents = seen.payment_intent, seen.fee_cents or 0
    order.paid_at = now()
    sale.book(order, _keys(order.id))
    audit.record("system", "pay-order", "order", order.id, cents=order.total_cents)
    return True


def refund(actor: Actor, gateway: PaymentGateway, order_id: str) -> None:
    """Give a buyer their money back and withdraw the tables; the operator decides.

    Raises
    ------
    Forbidden, Conflict
    """
    require(actor, Role.OPERATOR)
    order = _locked(order_id)
    order.state = next_state(State(order.state), Event.ASK_REFUND)
    audit.record(actor.user_id, "refund-order", "order", order.id, cents=order.total_cents)
    checkpoint()
    send_refund(gateway, order_id)


def send_refund(gateway: PaymentGateway, order_id: str) -> None:
    """Send or repeat the refund of an order that awaits one; the key makes it one refund."""
    order = _locked(order_id)
    if order.state != State.REFUNDING or not order.payment_intent:
        return
    try:
        given = gateway.refund(
            order.payment_intent, None, f"refund:{order.id}", {"order": order.id}
        )
    except GatewayRefused:
        order.state = next_state(State(order.state), Event.REFUSE_REFUND)
        checkpoint()
        raise
    if given.status in ("failed", "canceled"):
        order.state = next_state(State(order.state), Event.REFUSE_REFUND)
        return
    order.refund_id = given.id
    order.state = next_state(State(order.state), Event.REFUND)
    order.refunded_at = now()
    sale.unbook(order)


def _request(order: Order, back: Return) -> CheckoutRequest:
    titles = [product_title(*catalog.found(key)) for key in _keys(order.id)]
    name = titles[0] if len(titles) == 1 else _("%(count)s tables", count=len(titles))
    return CheckoutRequest(
        order_id=order.id,
        lines=(CheckoutLine(f"Moisson: {name}", order.total_cents),),
        currency=order.currency,
        success_url=back.success_url,
        cancel_url=back.cancel_url,
        locale=back.locale,
        idempotency_key=f"checkout:{order.id}:{order.attempt}",
        expires_at=order.expires_at,
    )


def _line(line: QuoteLine, positions: dict[ItemKey, str]) -> dict[str, object]:
    return {
        "kind": line.kind.value,
        "micros": line.amount.micros,
        "product": positions.get(line.item) if line.item else None,
        "respondents": line.facts.respondents if line.facts else None,
        "rarity": line.facts.rarity if line.facts else None,
    }


def _keys(order_id: str) -> tuple[ProductKey, ...]:
    rows = session().scalars(
        select(OrderItem.product).where(OrderItem.order_id == order_id).order_by(OrderItem.product)
    )
    return tuple(ProductKey.parse(text) for text in rows)


def _refuse_other_amount(order: Order, seen: CheckoutSession) -> None:
    if (seen.amount_total_cents, seen.currency) != (order.total_cents, order.currency):
        raise RuntimeError("the provider took another amount than the order's")


def _locked(order_id: str) -> Order:
    return session().scalars(
        select(Order).where(Order.id == order_id).with_for_update()
    ).one()


def _own(actor: Actor, order_id: str) -> Order:
    order = session().scalars(
        select(Order).where(Order.id == order_id).with_for_update()
    ).one_or_none()
    if order is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    require_owner(actor, order.buyer_id)
    return order


