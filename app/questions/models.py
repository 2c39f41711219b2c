from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class Question(Base):
    """What somebody asked about an edition, and what they were answered.

    `answered_by` is empty until then, and once whoever answered has left.
    """

    __tablename__ = "question"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"))
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"), index=True)
    asker_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
