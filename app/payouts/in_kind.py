"""Tables instead of money: a contributor who buys, too, pays an order with what they earned."""

from flask_babel import lazy_gettext as _l

from app.catalog.price_lists import currency
from app.core import audit
from app.core.permissions import Actor, Role, require
from app.earnings import settlement
from app.invoicing.tax import TaxRules
from app.ledger import accounts
from app.orders import locking, paying
from app.orders import queries as orders
from app.orders import service as orders_service
from app.payouts import queries
from app.payouts.errors import TooMuch
from app.payouts.queries import PayoutTerms
from app.users import queries as users


def spendable_cents(user_id: str, terms: PayoutTerms) -> int:
    """Return what a contributor can spend: theirs, beyond any refund, and not on its way."""
    return queries.standing(user_id, terms).spendable_cents


def pay(
    actor: Actor,
    order_id: str,
    terms: PayoutTerms,
    rules: TaxRules = orders_service.UNTAXED,
) -> bool:
    """Pay one's own order with one's own earnings; both sides are in the same book.

    Parameters
    ----------
    rules : TaxRules
        Which tax the price carries, by the buyer's address as it is now.

    Returns
    -------
    bool
        Whether it is paid; False where the total is another one, which has to be seen first.

    Raises
    ------
    Forbidden, NotFound, Conflict, TooMuch
    """
    require(actor, Role.PRODUCER)
    require(actor, Role.BUYER)
    order = orders.order(actor, order_id)
    if not users.is_identified(actor.user_id):
        raise TooMuch(
            _l("Add your bank account first: the payment provider has to know who you are.")
        )
    locking.hold_buyer(order.buyer_id)
    # Settling holds the account: of two payments at once the second sees the first.
    settlement.settle(actor.user_id)
    if order.buyer_id != actor.user_id or order.total.currency != currency():
        raise TooMuch(_l("Only your own orders can be paid with what you earned."))
    if orders_service.bill(actor, order_id, rules):
        return False
    if spendable_cents(actor.user_id, terms) < order.total_cents:
        raise TooMuch(
            _l("What you earned, and what no refund can take any more, is less than that.")
        )
    paying.pay_from(order_id, accounts.contributor(actor.user_id))
    audit.record(actor.user_id, "spend-earnings", "order", order_id, cents=order.total_cents)
    return True
