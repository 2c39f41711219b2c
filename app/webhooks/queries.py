from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.core.db import session
from app.payments.gateway import EventKind
from app.webhooks.models import ProviderMessage, ReplayCursor


@dataclass(frozen=True)
class MessageView:
    """A message of the provider: what to look at."""

    event_id: str
    type: str
    kind: EventKind
    object_id: str
    order_id: str | None
    payment_intent: str | None
    account: str | None
    received_at: datetime


def message(event_id: str) -> MessageView:
    """Return a message that was stored."""
    row = session().get_one(ProviderMessage, event_id)
    return MessageView(
        row.event_id,
        row.type,
        EventKind(row.kind),
        row.object_id,
        row.order_id,
        row.payment_intent,
        row.account,
        row.received_at,
    )


def count() -> int:
    """Return how many messages were stored."""
    return session().scalar(select(func.count()).select_from(ProviderMessage)) or 0


def replayed_until() -> datetime | None:
    """Return up to when the provider's list of events was gone through."""
    return session().scalar(select(ReplayCursor.until))
