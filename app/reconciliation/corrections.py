"""Booking a movement that only the provider knows, on the operator's word.

A fee for the month, a top-up, a correction by the provider: nothing of ours caused it, so
nothing books it by itself. The operator says against which account, and why; it is in the
audit log under their name, and once in the book.
"""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.catalog.price_lists import currency
from app.core import audit
from app.core.db import checkpoint
from app.core.permissions import Actor, Role, require
from app.ledger import accounts
from app.ledger import service as ledger
from app.payments.gateway import PaymentGateway
from app.reconciliation import queries as reconciliations
from app.reconciliation.differences import Kind
from app.reconciliation.errors import NotADifference
from pricing.money import MICROS_PER_CENT


class Against(StrEnum):
    """What a movement that nothing of ours caused is booked against."""

    PLATFORM = accounts.PLATFORM
    BANK = accounts.BANK


def correct(
    actor: Actor, gateway: PaymentGateway, movement_id: str, against: Against, reason: str
) -> None:
    """Book one movement of the latest comparison that is at the provider only, once.

    Raises
    ------
    Forbidden, NotADifference
    GatewayUnavailable, GatewayRefused
        The movement could not be looked up; nothing was booked.
    """
    require(actor, Role.OPERATOR)
    view = reconciliations.latest_reconciliation()
    known = {each.movement_id: each.kind for each in view.differences} if view else {}
    if known.get(movement_id) != Kind.ONLY_AT_PROVIDER:
        raise NotADifference(_l("The latest comparison does not know that movement as unbooked."))
    if not reason.strip():
        raise NotADifference(_l("Say why it is booked."))
    checkpoint()
    seen = gateway.balance_transaction(movement_id)
    if seen.currency != currency():
        raise NotADifference(_l("A movement in another currency is not booked here."))
    micros = seen.net_cents * MICROS_PER_CENT
    ledger.post(
        "correction",
        f"correction:{movement_id}",
        seen.currency,
        {accounts.PROVIDER: micros, against.value: -micros},
    )
    audit.record(
        actor.user_id,
        "book-movement",
        "movement",
        movement_id[:64],
        cents=seen.net_cents,
        against=against.value,
        reason=reason.strip()[:200],
    )
