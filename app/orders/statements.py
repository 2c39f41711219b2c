"""A buyer's statement: what they paid, and what came back.

There is no account of theirs in the book, because nothing is owed to a buyer. Each line equals
what the account `provider` shows of the order, with the fee that the provider kept.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import session
from app.ledger import accounts, history
from app.orders import queries
from app.orders.models import OrderDispute, Refund
from app.orders.queries import OrderView
from app.statements.periods import Period
from app.statements.statement import Line, Statement
from pricing.money import Money

EVER = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def statement(buyer_id: str, period: Period, currency: str) -> Statement:
    """Return what a buyer paid and got back in some days.

    The balance is what they had paid in all, less what came back.
    """
    paid = [one for one in queries.of_buyer(buyer_id) if one.paid_at is not None]
    lines = sorted(_lines(paid), key=lambda line: (line.at, line.reference))
    opening = [line.amount for line in lines if line.at < period.start]
    return Statement(
        period,
        sum(opening, Money.zero(currency)),
        tuple(line for line in lines if period.holds(line.at)),
    )


def _lines(paid: list[OrderView]) -> Iterable[Line]:
    for order in paid:
        if order.paid_at is not None:
            yield Line(order.paid_at, _("Purchase"), _reference(order), order.total)
    known = {order.id: order for order in paid}
    for currency in sorted({order.total.currency for order in paid}):
        moved = _moved([order for order in paid if order.total.currency == currency])
        for entry in history.entries_of(accounts.PROVIDER, currency, list(moved), EVER, LATEST):
            what, order_id, cents = moved[entry.key]
            amount = Money.from_cents(cents, currency)
            yield Line(entry.at, what, _reference(known[order_id]), amount)


def _moved(paid: list[OrderView]) -> dict[str, tuple[str, str, int]]:
    """Return what may have come back of each order, by its key in the book."""
    found: dict[str, tuple[str, str, int]] = {}
    ids = [order.id for order in paid]
    for place in range(0, len(ids), history.AT_A_TIME):
        some = ids[place : place + history.AT_A_TIME]
        for row in session().scalars(select(Refund).where(Refund.order_id.in_(some))):
            found[f"refund:{row.id}"] = (_("Refunded purchase"), row.order_id, -row.cents)
            failed = (_("Refund that your bank did not take"), row.order_id, row.cents)
            found[f"refund-failed:{row.id}"] = failed
        chosen = select(OrderDispute).where(OrderDispute.order_id.in_(some))
        for each in session().scalars(chosen):
            taken = (_("Payment taken back by your bank"), each.order_id, -each.cents)
            found[f"dispute:{each.id}"] = taken
            again = (_("Payment given again by your bank"), each.order_id, each.cents)
            found[f"reinstate:{each.id}"] = again
    return found


def _reference(order: OrderView) -> str:
    return f"{order.invoice or '–'} / {order.id[:8]}"
