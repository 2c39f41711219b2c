from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class BillingDocument(Base):
    """An invoice or a credit note; triggers refuse to change or remove it.

    `issuer` and `buyer` are what both were called when it was issued, as JSON. `corrects` is
    the number of the invoice that a credit note takes something back of.
    """

    __tablename__ = "billing_document"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint(
            "(series = 'invoice' AND corrects IS NULL)"
            " OR (series = 'credit-note' AND corrects IS NOT NULL)",
            name="series",
        ),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(
            "gross_cents > 0 AND vat_cents >= 0 AND vat_cents <= gross_cents"
            " AND vat_basis_points >= 0",
            name="amounts",
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    series: Mapped[str] = mapped_column(String(12))
    number: Mapped[int] = mapped_column(Integer)
    occasion: Mapped[str] = mapped_column(String(160), unique=True)
    order_id: Mapped[str] = mapped_column(String(32), index=True)
    buyer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    currency: Mapped[str] = mapped_column(String(3))
    gross_cents: Mapped[int] = mapped_column(BigInteger)
    vat_cents: Mapped[int] = mapped_column(BigInteger)
    vat_basis_points: Mapped[int] = mapped_column(Integer)
    corrects: Mapped[int | None] = mapped_column(Integer)
    issuer: Mapped[str] = mapped_column(Text)
    buyer: Mapped[str] = mapped_column(Text)


class BillingDetails(Base):
    """How a buyer wants to be called on documents; personal, erased with the account."""

    __tablename__ = "billing_details"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(400))
    country: Mapped[str] = mapped_column(String(2))
    vat_number: Mapped[str] = mapped_column(String(20))
    organisation: Mapped[bool] = mapped_column(Boolean, default=False)
