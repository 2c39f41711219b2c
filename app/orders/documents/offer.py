"""An order that is not paid yet, as a quote: what it costs, for whom, and how long that holds."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.clock import now
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.invoicing import issuer
from app.invoicing import queries as invoicing
from app.invoicing.issuer import Issuer
from app.invoicing.queries import Party
from app.orders import queries as orders
from app.orders.documents import document
from app.orders.documents.document import Described
from app.orders.purposes import sentence
from app.orders.states import OrderState
from app.web.filters import moment
from pricing.money import Money

OPEN = (OrderState.QUOTED, OrderState.PAYING)


@dataclass(frozen=True)
class Offered:
    """The facts of a quote; nothing is issued, so it has no number in a series."""

    order_id: str
    issued_at: datetime
    gross: Money
    vat: Money
    issuer: Issuer
    buyer: Party

    @property
    def net(self) -> Money:
        """The amount without its tax."""
        return self.gross - self.vat


def offer(actor: Actor, order_id: str) -> Described:
    """Return one's own order as a quote, while its price holds.

    Raises
    ------
    NotFound
    Conflict
        When it is paid, or its price does not hold any more.
    """
    order = orders.order(actor, order_id)
    if order.state not in OPEN or order.expires_at <= now():
        raise Conflict(_l("There is a quote only while its price holds."))
    called = order.billed_to or invoicing.party(order.buyer_id)
    seller = issuer.present()
    offered = Offered(order.id, order.created_at, order.total, order.vat, seller, called)
    number = f"Q-{order.id[:8].upper()}"
    return Described(
        document=offered,
        file=f"moisson-quote-{order.id[:8]}.pdf",
        title=str(_("Quote %(number)s", number=number)),
        rows=document.rows_of(order),
        paid=str(_("The price holds until %(time)s (UTC).", time=moment(order.expires_at))),
        reason="",
        purpose=str(sentence(order.purpose, paid=False)),
        licence=document.licence_of(order),
        purchase_number=order.purchase_number,
        rate=document.rate_of(order.vat_basis_points),
        untaxed=document.untaxed(order, seller),
    )
