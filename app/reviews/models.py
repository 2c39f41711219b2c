from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id
from app.reviews.states import ReviewState


class Review(Base):
    """What a buyer says of a collection, and what its founder answers. One of each account."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("collection_id", "buyer_id"),
        Index("ix_review_collection_id_state", "collection_id", "state"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"))
    buyer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    useful: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=ReviewState.WAITING)
    written_at: Mapped[datetime] = mapped_column(Moment, default=now)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
