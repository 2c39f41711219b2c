from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class ConsentReceipt(Base):
    """What somebody agreed to or refused, when, and which text they read; never changed."""

    __tablename__ = "consent_receipt"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    granted: Mapped[bool] = mapped_column(Boolean)
    sequence: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class Preference(Base):
    """The present choices of one account."""

    __tablename__ = "preference"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    ceiling_micro_rho: Mapped[int | None] = mapped_column(Integer)
