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
from app.orders.errors import NothingToPay, PaymentPending, PriceChanged, PurposeRefused
from app.orders.models import Order, OrderItem
from app.orders.states import Event, State, next_state
from app.payments.gateway import (
    CheckoutLine,
    CheckoutRequest,
    CheckoutSession,
    GatewayRefused,
    GatewayUnavailable,
    PaymentGateway,
)
from pricing.item import ItemKey
from pricing.quote import QuoteLine

QUOTE_LIFE = timedelta(hours=2)
#: The provider keeps a payment page open for at least half an hour.
SHORTEST_CHECKOUT = timedelta(minutes=31)
SETTLED = (State.PAID, State.REFUNDING, State.REFUNDED)
ALREADY_REFUNDED = "charge_already_refunded"


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
    if order.checkout_session:
        known = _seen(gateway, order.checkout_session)
        if known.paid:
            fulfil(gateway, order_id)
            return back.cancel_url
        if known.open and known.url:
            return known.url
        if known.status == "complete":
            raise PaymentPending(_l("Your payment is under way; please do not pay twice."))
        order = _own(actor, order_id)
        if order.checkout_session == known.id:
            # Forgotten together with the new number, so that a second click gets the same page.
            order.checkout_session, order.attempt = None, order.attempt + 1
    if order.expires_at < now() + SHORTEST_CHECKOUT:
        raise PriceChanged(_l("This offer has expired. Compose the bundle again."))
    order.state = next_state(State(order.state), Event.CHECK_OUT)
    request = _request(order, back)
    checkpoint()
    opened = gateway.open_checkout(request)
    _locked(order_id).checkout_session = opened.id
    return opened.url or back.cancel_url


def fulfil(gateway: PaymentGateway, order_id: str, told: str | None = None) -> bool:
    """Ask the provider whether an order is paid, and if so, grant it and book it: once.

    Called by webhooks, by the page a buyer returns to and by the sweep, in any order. The
    provider is asked while nothing is locked; what it said is applied under the order's lock.

    Parameters
    ----------
    told : str, optional
        The checkout session a message named, for an order that does not know its own yet.

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
        _expire_unopened(_locked(order_id))
        return False
    seen = _seen(gateway, checkout)
    order = _locked(order_id)
    if order.state in SETTLED:
        return True
    if seen.order_id != order.id or order.checkout_session not in (None, seen.id):
        return False
    if not seen.paid:
        if seen.status == "expired" and order.state != State.EXPIRED:
            order.state = next_state(State(order.state), Event.EXPIRE)
        return False
    _pay(order, seen)
    return True


def _expire_unopened(order: Order) -> None:
    """End an order whose payment page a crash lost: nobody has its address."""
    if order.checkout_session is None and order.expires_at < now() and order.state == State.PAYING:
        order.state = next_state(State(order.state), Event.EXPIRE)


def _pay(order: Order, seen: CheckoutSession) -> None:
    _refuse_other_amount(order, seen)
    if seen.fee_cents is None:
        raise GatewayUnavailable("the fee is not known yet")
    order.state = next_state(State(order.state), Event.PAY)
    order.checkout_session, order.payment_intent = seen.id, seen.payment_intent
    order.charge, order.fee_cents = seen.charge, seen.fee_cents
    order.paid_at = now()
    sale.book(order, _keys(order.id))
    audit.record("system", "pay-order", "order", order.id, cents=order.total_cents)


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
    order = _locked(order_id)
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


def _seen(gateway: PaymentGateway, checkout: str) -> CheckoutSession:
    """Look a payment page up while nothing is locked."""
    checkpoint()
    return gateway.checkout(checkout)


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
    order = _fresh(order_id)
    if order is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    return order


def _own(actor: Actor, order_id: str) -> Order:
    order = _locked(order_id)
    require_owner(actor, order.buyer_id)
    return order


def _fresh(order_id: str) -> Order | None:
    # Populated anew: after a checkpoint another worker may have moved the order on.
    chosen = select(Order).where(Order.id == order_id).with_for_update()
    return session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()
