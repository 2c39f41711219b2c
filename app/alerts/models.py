from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class Alert(Base):
    """What somebody is told of, as the search asks for it; up to which edition they were told."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_rhythm_told_number", "rhythm", "told_number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    text: Mapped[str] = mapped_column(String(100))
    topic: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(12))
    people: Mapped[int] = mapped_column(Integer)
    collection_id: Mapped[str | None] = mapped_column(ForeignKey("collection.id"))
    rhythm: Mapped[str] = mapped_column(String(10))
    told_number: Mapped[int] = mapped_column(Integer)
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class AlertTold(Base):
    """An edition that somebody was told of, by whichever of their alerts: once."""

    __tablename__ = "alert_told"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Moment, index=True)
