from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class LookCount(Base):
    """How often a public page was shown on a day: a sum, and nothing of who looked.

    `day` is YYYY-MM-DD in UTC; `edition_id` is empty for the page of the collection itself.
    """

    __tablename__ = "look_count"
    __table_args__ = (Index("ix_look_count_day", "day"),)
    collection_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    edition_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class Goal(Base):
    """What a seller wants to reach: one of each kind, for a collection or ("") for all."""

    __tablename__ = "seller_goal"
    __table_args__ = (UniqueConstraint("user_id", "kind", "collection_id"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(10))
    collection_id: Mapped[str] = mapped_column(String(32), default="")
    target: Mapped[int] = mapped_column(BigInteger)
    set_at: Mapped[datetime] = mapped_column(Moment, default=now)
