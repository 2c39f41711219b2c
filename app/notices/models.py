from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Moment


class NoticeReader(Base):
    """Until when somebody has read their notices, and when they were e-mailed and reminded last."""

    __tablename__ = "notice_reader"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    mailed_day: Mapped[str] = mapped_column(String(10), default="")
    mailed_month: Mapped[str] = mapped_column(String(7), default="")
    reminded_day: Mapped[str] = mapped_column(String(10), default="", server_default="")


class NoticeChoice(Base):
    """Whether somebody wants a kind of notice by e-mail, where they said so."""

    __tablename__ = "notice_choice"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    by_email: Mapped[bool] = mapped_column(Boolean)
