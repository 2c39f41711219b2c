from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class ProviderMessage(Base):
    """A verified message: what to look at. Its body, with personal data, is not kept."""

    __tablename__ = "provider_message"
    event_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    type: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str] = mapped_column(String(120))
    order_id: Mapped[str | None] = mapped_column(String(32))
    payment_intent: Mapped[str | None] = mapped_column(String(120))
    account: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment, default=now)


class ReplayCursor(Base):
    """One row: up to when the provider's list of events was gone through."""

    __tablename__ = "replay_cursor"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(Moment)
