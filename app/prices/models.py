from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class PriceBookRow(Base):
    """One published price book; triggers refuse to change or remove it."""

    __tablename__ = "price_book"
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    content: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Moment, default=now)
    published_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
