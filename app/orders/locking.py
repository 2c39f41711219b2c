"""Orders as rows, locked until the unit of work ends."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.catalog.products import ProductKey
from app.core.db import checkpoint, session
from app.core.errors import NotFound
from app.core.permissions import Actor, require_owner
from app.ledger import service as ledger
from app.orders.models import Order, OrderItem
from app.orders.states import OrderState
from app.payments.gateway import CheckoutSession, PaymentGateway


def locked(order_id: str) -> Order:
    """Return an order as it is in the database now, and keep others from it.

    Raises
    ------
    NotFound
    """
    # Populated anew: after a checkpoint another worker may have moved the order on.
    chosen = select(Order).where(Order.id == order_id).with_for_update()
    chosen = chosen.execution_options(populate_existing=True)
    order = session().scalars(chosen).one_or_none()
    if order is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    return order


def own(actor: Actor, order_id: str) -> Order:
    """Return one's own order, locked.

    Raises
    ------
    NotFound
    """
    order = locked(order_id)
    require_owner(actor, order.buyer_id)
    return order


def hold_buyer(buyer_id: str) -> None:
    """Keep others from changing what a buyer owns or is paying for.

    A price is worked out for what its buyer owns: taken before the orders themselves.
    """
    ledger.hold([f"buyer:{buyer_id}"])


def of_buyer(buyer_id: str, *states: OrderState) -> tuple[Order, ...]:
    """Return a buyer's orders in some states as they are now, oldest first."""
    chosen = (
        select(Order)
        .where(Order.buyer_id == buyer_id, Order.state.in_(states))
        .order_by(Order.created_at, Order.id)
        .execution_options(populate_existing=True)
    )
    return tuple(session().scalars(chosen))


def keys(order_id: str) -> tuple[ProductKey, ...]:
    """Return the products of an order."""
    rows = session().scalars(
        select(OrderItem.product).where(OrderItem.order_id == order_id).order_by(OrderItem.product)
    )
    return tuple(ProductKey.parse(text) for text in rows)


def seen(gateway: PaymentGateway, checkout: str) -> CheckoutSession:
    """Look a payment page up while nothing is locked."""
    checkpoint()
    return gateway.checkout(checkout)
