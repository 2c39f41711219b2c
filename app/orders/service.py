import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.bundles import bundle, quotes
from app.bundles.bundle import Bundle
from app.bundles.errors import PriceChanged
from app.bundles.quotes import SignedQuote
from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.catalog.products import product_title
from app.collections.rules import Purpose
from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, new_id, session
from app.core.errors import Conflict
from app.core.permissions import Actor, Role, require
from app.invoicing import service as invoicing
from app.invoicing.queries import Party
from app.invoicing.tax import TaxRules
from app.openness.licences import LICENCES
from app.orders import holdings, paying, receipts, taxing
from app.orders import locking as rows
from app.orders.errors import (
    NothingToPay,
    PaymentOpen,
    PaymentPending,
    PurposeRefused,
)
from app.orders.models import Order, OrderItem
from app.orders.states import OrderEvent, OrderState, next_state
from app.payments.gateway import CheckoutLine, CheckoutRequest, PaymentGateway
from pricing.item import ItemKey
from pricing.quote import QuoteLine
from pricing.split import parts_of

UNTAXED = TaxRules()
#: How long an order waits for its payment.
ORDER_LIFE = timedelta(hours=2)
#: The provider keeps a payment page open for at least half an hour.
SHORTEST_CHECKOUT = timedelta(minutes=31)


@dataclass(frozen=True)
class Return:
    """Where a buyer comes back to after paying, with places for the order.

    From `strong_from_cents` on a card is asked for its second proof; 0: never.
    """

    success_url: str
    cancel_url: str
    locale: str
    strong_from_cents: int = 0


def place(actor: Actor, key: str, purpose: Purpose, signed: str, rules: TaxRules = UNTAXED) -> str:
    """Turn the bundle into an order at the price the buyer was shown and we signed.

    The same quote makes the same order, however often it is sent. What costs nothing, because
    better answers are owned, is granted at once.

    Parameters
    ----------
    key : str
        Signing key of the installation.
    signed : str
        The quote from the page the buyer agreed to.
    rules : TaxRules
        Which tax the price carries, or gets on top.

    Returns
    -------
    str
        The order's identifier.

    Raises
    ------
    BadQuote, NothingToPay, OwnData, PriceChanged, PurposeRefused, Forbidden
    """
    require(actor, Role.BUYER)
    quote = quotes.read(key, actor.user_id, signed)
    rows.hold_buyer(actor.user_id)
    known = session().scalar(select(Order.id).where(Order.quote_id == quote.id))
    if known is not None:
        return known
    present = holdings.bundle_of(
        actor.user_id, version=quote.book_version, number=quote.catalogue_number
    )
    new = [one for one in present.chosen if not one.owned]
    if present.quote is None or not new:
        raise NothingToPay(_l("There is nothing to pay for in this bundle."))
    if quotes.digest(present) != quote.digest:
        raise PriceChanged(
            _l("Your bundle, or what you own, changed since you saw this price. Look again.")
        )
    if present.quote.total.cents_up() != quote.total_cents:
        raise RuntimeError("a signed quote is not what its versions give")
    if purpose not in present.purposes:
        raise PurposeRefused(_l("Not every table in this bundle is sold for that purpose."))
    bundle.refuse_own(actor, {one.key.edition for one in new})
    order = _written(actor, purpose, present, quote)
    taxing.fix(order, rules)
    for one in new:
        session().add(
            OrderItem(order_id=order.id, product=str(one.key), edition_id=one.key.edition)
        )
    if not order.total_cents:
        order.state, order.paid_at = next_state(OrderState.QUOTED, OrderEvent.GRANT), now()
        receipts.ask(order.id)
    session().flush()
    bundle.empty(actor.user_id)
    audit.record(actor.user_id, "place-order", "order", order.id, cents=order.total_cents)
    return order.id


def review(actor: Actor, order_id: str) -> None:
    """Note that the operator looked at a large sale: what it earned need not wait.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    order = rows.locked(order_id)
    order.reviewed_at = order.reviewed_at or now()
    audit.record(actor.user_id, "review-sale", "order", order_id)


def _written(actor: Actor, purpose: Purpose, present: Bundle, quote: SignedQuote) -> Order:
    priced = present.quote
    if priced is None:
        raise RuntimeError("an order has a price")
    positions = {one.product.item.key: str(one.key) for one in present.chosen}
    prices = price_list(quote.book_version, quote.catalogue_number)
    parts = parts_of(prices, priced.items, catalog.items(present.owned))
    order = Order(
        id=new_id(),
        buyer_id=actor.user_id,
        placed_by=actor.person_id,
        state=OrderState.QUOTED,
        purpose=purpose,
        licence=LICENCES[purpose].name,
        total_cents=quote.total_cents,
        currency=priced.total.currency,
        book_version=quote.book_version,
        catalogue_number=quote.catalogue_number,
        quote_id=quote.id,
        lines=json.dumps([_line(line, positions) for line in priced.lines]),
        owned=json.dumps([str(key) for key in sorted(present.owned)]),
        split=json.dumps({e: [part.floor_micros, part.weight] for e, part in parts.items()}),
        expires_at=now() + ORDER_LIFE,
    )
    session().add(order)
    session().flush()
    return order


def bill(
    actor: Actor, order_id: str, rules: TaxRules, buyer: Party | None = None, number: str = ""
) -> bool:
    """Fix whom an order's invoice is made out to, and the tax for them, before it is paid.

    Once its payment is begun nothing moves any more.

    Parameters
    ----------
    buyer : Party, optional
        Kept as the buyer's billing details; by default those that are kept.
    number : str
        The buyer's own number for the purchase; empty where they have none.

    Returns
    -------
    bool
        Whether the total is another one, which the buyer has to see first.

    Raises
    ------
    Conflict, Forbidden, NotFound
    """
    order = _own_to_pay(actor, order_id)
    if buyer is not None:
        if order.state != OrderState.QUOTED:
            raise Conflict(_l("This cannot be done with the order as it is now."))
        invoicing.change_details(actor, buyer)
        order.purchase_number = number.strip()
    return order.state == OrderState.QUOTED and taxing.fix(order, rules)


def refuse_open(buyer_ids: Iterable[str]) -> None:
    """Refuse to go on while any of some buyers may still pay, and let none of them begin to.

    Once their account is closed nobody could read what the money is for.

    Raises
    ------
    PaymentOpen
    """
    for buyer_id in sorted(buyer_ids):
        rows.hold_buyer(buyer_id)
        if rows.of_buyer(buyer_id, *paying.UNPAID):
            raise PaymentOpen(
                _l("A payment is under way. Cancel that order, or wait until the money is there.")
            )


def forget_billing(actor: Actor) -> None:
    """Erase whom a buyer's orders are billed to; documents that were issued keep what they say.

    What was only offered is over: nobody begins to pay for it.
    """
    for order in rows.of_buyer(actor.user_id, *OrderState):
        order.billed_to = ""
        if order.state == OrderState.QUOTED:
            order.state = next_state(OrderState.QUOTED, OrderEvent.EXPIRE)


def check_out(actor: Actor, gateway: PaymentGateway, order_id: str, back: Return) -> str:
    """Open the provider's payment page for an order; return its address.

    The intent is committed before the call, so that a page that was opened and forgotten
    by a crash is opened again with the same key, and is the same page. A buyer has one
    payment under way, and pays only for what they own still: otherwise two offers that both
    count on the same tables could be paid side by side.

    Raises
    ------
    PaymentOpen, PaymentPending, PriceChanged, Forbidden, NotFound
    """
    order = _own_to_pay(actor, order_id)
    if order.checkout_session:
        known = rows.seen(gateway, order.checkout_session)
        if known.paid:
            paying.fulfil(gateway, order_id)
            return back.cancel_url
        if known.open and known.url:
            return known.url
        if known.status == "complete":
            # Taken down that it takes days, or that it did not come.
            paying.fulfil(gateway, order_id)
            checkpoint()
        if known.waiting:
            raise PaymentPending(_l("Your payment is under way; please do not pay twice."))
        order = rows.own(actor, order_id)
        if order.checkout_session == known.id:
            # Forgotten together with the new number, so that a second click gets the same page.
            order.checkout_session, order.attempt = None, order.attempt + 1
        checkpoint()
    for other in rows.of_buyer(actor.user_id, *paying.UNPAID):
        if other.id != order_id:
            paying.fulfil(gateway, other.id)
    checkpoint()
    rows.hold_buyer(actor.user_id)
    order = rows.own(actor, order_id)
    paying.refuse_stale(order, SHORTEST_CHECKOUT)
    paying.refuse_taken_down(order_id)
    order.state = next_state(OrderState(order.state), OrderEvent.CHECK_OUT)
    request = _request(order, back)
    checkpoint()
    opened = gateway.open_checkout(request)
    rows.locked(order_id).checkout_session = opened.id
    return opened.url or back.cancel_url


def _own_to_pay(actor: Actor, order_id: str) -> Order:
    """Return one's own order, locked; of a team's, to those who order for it.

    Raises
    ------
    NotFound, Forbidden
    """
    order = rows.own(actor, order_id)
    if actor.person_id:
        require(actor, Role.BUYER)
    return order


def cancel(actor: Actor, gateway: PaymentGateway, order_id: str) -> bool:
    """Call an unpaid order off; its payment page is closed first.

    Returns
    -------
    bool
        Whether it ended; False where it turned out to be paid.

    Raises
    ------
    NotFound, Forbidden, PaymentPending
    """
    order = _own_to_pay(actor, order_id)
    if order.state in paying.UNPAID:
        if order.checkout_session is None:
            raise PaymentPending(_l("The payment page is being opened. Try again in a moment."))
        known = rows.seen(gateway, order.checkout_session)
        if known.open:
            gateway.expire_checkout(known.id)
        if paying.fulfil(gateway, order_id):
            return False
        if known.waiting:
            checkpoint()
            raise PaymentPending(_l("Your payment is under way; please do not pay twice."))
        order = rows.own(actor, order_id)
    if order.state != OrderState.EXPIRED:
        order.state = next_state(OrderState(order.state), OrderEvent.EXPIRE)
    audit.record(actor.user_id, "cancel-order", "order", order.id)
    return True


def compose_again(actor: Actor, order_id: str) -> None:
    """Put the tables of an order that was not paid back into the bundle.

    Raises
    ------
    NotFound, Forbidden
    """
    rows.own(actor, order_id)
    bundle.add(actor, [str(key) for key in rows.keys(order_id)])


def _request(order: Order, back: Return) -> CheckoutRequest:
    titles = [product_title(*found) for found in catalog.found_all(rows.keys(order.id))]
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
        strong=0 < back.strong_from_cents <= order.total_cents,
    )


def _line(line: QuoteLine, positions: dict[ItemKey, str]) -> dict[str, object]:
    facts, step = line.facts, line.step
    return {
        "kind": line.kind.value,
        "micros": line.amount.micros,
        "product": positions.get(line.item) if line.item else None,
        "edition": line.edition,
        "respondents": facts.respondents if facts else None,
        "cells": facts.cells if facts else None,
        "rarity": facts.rarity if facts else None,
        "editions": [facts.editions_answering, facts.editions_total] if facts else None,
        "step": [step.points, step.start, step.rate.micros, step.first_rate.micros]
        if step
        else None,
    }
