from flask_babel import lazy_gettext as _l

from app.catalog.products import ProductKey
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.orders import holdings


def fetch(actor: Actor, key: ProductKey) -> str:
    """Return the paid order that lets the actor fetch a table.

    Raises
    ------
    NotFound
        When they do not own it, or it was refunded: as if it did not exist.
    """
    order_id = holdings.entitled(actor.user_id, key)
    if order_id is None:
        raise NotFound(_l("You do not own this table, or it was refunded."))
    return order_id
