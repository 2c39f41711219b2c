from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class Contribution(Base):
    """That somebody gives to a template, month after month, and what they gave last.

    `object_id` is their own cells of all months, in the vault, for their own eyes. `skipped` is
    the one month that they leave out.
    """

    __tablename__ = "contribution"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    template: Mapped[str] = mapped_column(String(60), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(32))
    #: What the cells mean: those of another version are not offered.
    template_version: Mapped[int] = mapped_column(Integer, default=1)
    purposes: Mapped[str] = mapped_column(String(200))
    first_month: Mapped[str] = mapped_column(String(7))
    last_month: Mapped[str] = mapped_column(String(7))
    skipped: Mapped[str] = mapped_column(String(7), default="")
    format_ids: Mapped[str] = mapped_column(String(300), default="")
    joined_at: Mapped[datetime] = mapped_column(Moment, default=now)
    imported_at: Mapped[datetime] = mapped_column(Moment, default=now)
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)
    #: When they agreed explicitly, to a template about health; not any more once they stopped.
    explicit_at: Mapped[datetime | None] = mapped_column(Moment)


class DiaryEntry(Base):
    """An entry of somebody's diary; its answers are in the vault, until its month has closed."""

    __tablename__ = "diary_entry"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    template: Mapped[str] = mapped_column(String(60))
    day: Mapped[str] = mapped_column(String(10), index=True)
    object_id: Mapped[str] = mapped_column(String(32), unique=True)


class DiaryDraft(Base):
    """Somebody's half-filled entry of a diary; its answers are in the vault, never counted."""

    __tablename__ = "diary_draft"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    template: Mapped[str] = mapped_column(String(60), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(32), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class DiaryReminder(Base):
    """That somebody wants to be reminded of a diary in the evening, by e-mail."""

    __tablename__ = "diary_reminder"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    template: Mapped[str] = mapped_column(String(60), primary_key=True)


class WaitingImport(Base):
    """What a visitor has read or drafted, and not given: sealed by a key that their browser has."""

    __tablename__ = "waiting_import"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
