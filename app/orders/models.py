from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class BundleItem(Base):
    """A product a buyer is thinking about."""

    __tablename__ = "bundle_item"
    buyer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    product: Mapped[str] = mapped_column(String(120), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Order(Base):
    """A purchase at a fixed price, from quote to fulfilment or refund.

    `owned` are the products that the price took as owned already, `split` how the money is
    shared: both fixed with the quote, whatever the price book says later.
    """

    __tablename__ = "purchase_order"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    buyer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    total_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    book_version: Mapped[str] = mapped_column(String(20))
    quote_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    catalogue_number: Mapped[int] = mapped_column(Integer, default=0)
    lines: Mapped[str] = mapped_column(Text)
    owned: Mapped[str] = mapped_column(Text, default="[]")
    split: Mapped[str] = mapped_column(Text, default="{}")
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    checkout_session: Mapped[str | None] = mapped_column(String(120), index=True)
    payment_intent: Mapped[str | None] = mapped_column(String(120), index=True)
    charge: Mapped[str | None] = mapped_column(String(120))
    fee_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    invoice_number: Mapped[int | None] = mapped_column(Integer, unique=True)
    refund_id: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    refunded_at: Mapped[datetime | None] = mapped_column(Moment)


class OrderItem(Base):
    """A product of an order: the right to fetch it, once paid and until refunded."""

    __tablename__ = "order_item"
    order_id: Mapped[str] = mapped_column(ForeignKey("purchase_order.id"), primary_key=True)
    product: Mapped[str] = mapped_column(String(120), primary_key=True)
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), index=True)


class SaleEdition(Base):
    """What one sale earned one edition: a single number moves, however many contribute.

    per_share_micros times a contributor's released shares is their part of this sale.
    """

    __tablename__ = "sale_edition"
    order_id: Mapped[str] = mapped_column(ForeignKey("purchase_order.id"), primary_key=True)
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    net_micros: Mapped[int] = mapped_column(BigInteger)
    per_share_micros: Mapped[int] = mapped_column(BigInteger)
    sold_at: Mapped[datetime] = mapped_column(Moment, index=True)
    reversed: Mapped[bool] = mapped_column(Boolean, default=False)
