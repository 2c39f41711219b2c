from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class BookVerification(Base):
    """What came of working the book out again; triggers refuse to change or remove it."""

    __tablename__ = "book_verification"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    links: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    waiting: Mapped[int] = mapped_column(BigInteger)
    findings: Mapped[str] = mapped_column(Text)
