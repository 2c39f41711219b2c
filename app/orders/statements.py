"""A buyer's statement: what they paid, and what came back.

There is no account of theirs in the book, because nothing is owed to a buyer. Each line equals
what the account `provider` shows of the order, with the fee that the provider kept.
"""

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.db import session
from app.orders import queries
from app.orders.queries import OrderView
from app.orders.states import State
from app.statements.periods import Period
from app.statements.statement import Line, Statement
from pricing.money import Money

#: The log alone says when a bank took a payment back and when it gave it again.
DISPUTES = ("dispute-order", "win-dispute")


def statement(buyer_id: str, period: Period, currency: str) -> Statement:
    """Return what a buyer paid and got back in some days.

    The balance is what they had paid in all, less what came back.
    """
    paid = [one for one in queries.of_buyer(buyer_id) if one.paid_at is not None]
    lines = sorted(
        (line for order in _with_disputes(paid) for line in order),
        key=lambda line: (line.at, line.reference),
    )
    opening = [line.amount for line in lines if line.at < period.start]
    return Statement(
        period,
        sum(opening, Money.zero(currency)),
        tuple(line for line in lines if period.holds(line.at)),
    )


def _with_disputes(paid: list[OrderView]) -> Iterable[list[Line]]:
    ids = [order.id for order in paid]
    found: dict[str, list[AuditEntry]] = {}
    for place in range(0, len(ids), 500):
        chosen = select(AuditEntry).where(
            AuditEntry.object_kind == "order",
            AuditEntry.object_id.in_(ids[place : place + 500]),
            AuditEntry.action.in_(DISPUTES),
        )
        for entry in session().scalars(chosen.order_by(AuditEntry.sequence)):
            found.setdefault(entry.object_id, []).append(entry)
    for order in paid:
        yield [*_paid(order), *_disputed(order, found.get(order.id, ()))]


def _paid(order: OrderView) -> Iterable[Line]:
    if order.paid_at is not None:
        yield Line(order.paid_at, _("Purchase"), _reference(order), order.total)
    if order.state == State.REFUNDED and order.refunded_at is not None:
        back = Money(-order.total.micros, order.total.currency)
        yield Line(order.refunded_at, _("Refunded purchase"), _reference(order), back)


def _disputed(order: OrderView, entries: Iterable[AuditEntry]) -> Iterable[Line]:
    for entry in entries:
        if entry.action == "dispute-order":
            what, micros = _("Payment taken back by your bank"), -order.total.micros
        else:
            what, micros = _("Payment given again by your bank"), order.total.micros
        yield Line(entry.at, what, _reference(order), Money(micros, order.total.currency))


def _reference(order: OrderView) -> str:
    return f"{order.invoice or '–'} / {order.id[:8]}"
