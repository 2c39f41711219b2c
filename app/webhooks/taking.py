"""Take a message of the provider and answer at once; what it asks for is done later."""

import structlog

from app.core.clock import now
from app.core.dialects import Once
from app.jobs import service as jobs
from app.payments.gateway import EventKind, PaymentGateway, ProviderEvent
from app.webhooks.models import ProviderMessage

MESSAGE_JOB = "provider-message"
PAYMENTS = {EventKind.CHECKOUT_COMPLETED, EventKind.CHECKOUT_FAILED, EventKind.CHECKOUT_EXPIRED}
REFUNDS = {EventKind.CHARGE_REFUNDED, EventKind.REFUND_CHANGED}
#: What we act upon; everything else is acknowledged and forgotten.
HANDLED = (
    PAYMENTS
    | REFUNDS
    | {EventKind.ACCOUNT_CHANGED, EventKind.BANK_PAYOUT_CHANGED, EventKind.DISPUTE_CHANGED}
)
_messages = Once(ProviderMessage)
log = structlog.get_logger("webhooks")


def take(gateway: PaymentGateway, payload: bytes, signature: str) -> bool:
    """Verify a message and store it, once, with the job that acts upon it.

    Returns
    -------
    bool
        Whether it is new to us and will be acted upon.

    Raises
    ------
    WebhookInvalid
        Nothing was written.
    """
    return take_event(gateway, gateway.parse_webhook(payload, signature))


def take_event(gateway: PaymentGateway, event: ProviderEvent) -> bool:
    """Store an event that is known to be the provider's, once, with the job that acts upon it.

    Returns
    -------
    bool
        Whether it is new to us and will be acted upon.
    """
    if event.livemode != (gateway.mode == "live"):
        log.warning("message of another mode", type=event.type)
        return False
    if event.kind not in HANDLED:
        log.debug("message without a task", type=event.type)
        return False
    if not _store(event):
        return False
    jobs.enqueue(MESSAGE_JOB, f"{MESSAGE_JOB}:{event.id}"[:120], {"event": event.id})
    return True


def _store(event: ProviderEvent) -> bool:
    order = event.order_id if event.order_id and len(event.order_id) <= 32 else None
    # Of two deliveries at once one writes the row; the other finds it and has nothing to do.
    return _messages.insert(
        event_id=event.id,
        type=event.type[:120],
        kind=event.kind,
        object_id=event.object_id,
        order_id=order,
        payment_intent=event.payment_intent,
        account=event.account,
        created_at=event.created,
        received_at=now(),
    )
