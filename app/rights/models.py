from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class ErasedMark(Base):
    """Up to where the list of what was erased is known to be true of this database.

    In a database that was restored it is the mark of then: what was listed since is looked at.
    """

    __tablename__ = "erased_mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(String(10))


class Export(Base):
    """The archive of one's own data that somebody asked for: sealed in the vault, for a day."""

    __tablename__ = "export"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(32), unique=True)
    asked_at: Mapped[datetime] = mapped_column(Moment, default=now)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
