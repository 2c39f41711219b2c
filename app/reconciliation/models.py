from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class BankPayout(Base):
    """The market's own money on its way from the provider to the market's bank."""

    __tablename__ = "bank_payout"
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20))
    booked: Mapped[bool] = mapped_column(Boolean, default=False)
    returned: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class Handover(Base):
    """What contributors gave away, handed over by the operator."""

    __tablename__ = "handover"
    __table_args__ = (CheckConstraint("cents > 0", name="cents_positive"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    to_whom: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(120), default="")
    operator_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class Reconciliation(Base):
    """One comparison of the book with the provider's list, kept as it was found."""

    __tablename__ = "reconciliation"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    currency: Mapped[str] = mapped_column(String(3))
    book_micros: Mapped[int] = mapped_column(BigInteger)
    provider_micros: Mapped[int] = mapped_column(BigInteger)
    available_micros: Mapped[int | None] = mapped_column(BigInteger)
    pending_micros: Mapped[int | None] = mapped_column(BigInteger)
    #: What was owed to others then, by kind of account, as JSON; null before it was kept.
    owed: Mapped[str | None] = mapped_column(Text)
    matched: Mapped[int] = mapped_column(Integer)
    differences: Mapped[str] = mapped_column(Text)
