"""What a buyer holds: the products of paid orders that rest on nothing taken back."""

import json

from sqlalchemy import select

from app.bundles import bundle
from app.bundles.bundle import Bundle
from app.catalog.products import ProductKey
from app.core.db import session
from app.orders.models import Order, OrderItem
from app.orders.queries import OrderView
from app.orders.states import OrderState


def entitled(buyer_id: str, key: ProductKey) -> str | None:
    """Return the order that entitles a buyer to a product, or None."""
    return held(buyer_id).get(key)


def held(buyer_id: str) -> dict[ProductKey, str]:
    """Return what a buyer may fetch, each product with the first order that gives it.

    A paid order gives its products while everything its price took as owned is held too: if
    an earlier payment is taken back, what was an upgrade of it waits.
    """
    rows = session().execute(
        select(Order.id, Order.owned, OrderItem.product)
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(Order.buyer_id == buyer_id, Order.state == OrderState.PAID)
        .order_by(Order.paid_at, Order.id, OrderItem.product)
    )
    waiting: dict[str, tuple[set[str], list[str]]] = {}
    for order_id, owned, product in rows:
        waiting.setdefault(order_id, (set(json.loads(owned)), []))[1].append(product)
    given: dict[str, str] = {}
    while True:
        ready = [name for name, (rests_on, _) in waiting.items() if rests_on <= given.keys()]
        if not ready:
            return {ProductKey.parse(product): order for product, order in given.items()}
        for name in ready:
            for product in waiting.pop(name)[1]:
                given.setdefault(product, name)


def owned(buyer_id: str) -> frozenset[ProductKey]:
    """Return every product a buyer may fetch."""
    return frozenset(held(buyer_id))


def bundle_of(
    buyer_id: str,
    texts: list[str] | None = None,
    version: str = "",
    number: int | None = None,
) -> Bundle:
    """Return a buyer's bundle with its price for what they own; see `app.bundles.bundle`.

    Raises
    ------
    NotFound
    """
    return bundle.composed(buyer_id, owned(buyer_id), texts, version, number)


def waits(order: OrderView) -> bool:
    """Say whether a paid order gives nothing, because what it rests on was taken back."""
    if order.state is not OrderState.PAID or not order.products:
        return False
    return held(order.buyer_id).get(order.products[0]) is None
