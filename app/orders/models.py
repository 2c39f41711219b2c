from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


def _total(context: Any) -> int:
    """Return the total of the row that is written: without tax on top it is the price shown."""
    cents: int = context.get_current_parameters()["total_cents"]
    return cents


class Order(Base):
    """A purchase at a fixed price, from quote to fulfilment or refund.

    `owned` are the products that the price took as owned already, `split` how the money is
    shared, `vat_basis_points` the tax in it: fixed with the quote, whatever is said later.
    `funding` is the account of the book that the money came from: the provider's, or that of
    a contributor who paid with earnings. `taken_cents` is what refunds and disputes took back
    of it until now. `licence` names what its buyer may do with the tables, in the version that
    was sold (`app.openness.licences`).

    `shown_cents` is the price as the shop shows it, `total_cents` what is paid: with the tax or
    without it, as `vat_treatment` says. `billed_to` is whom the invoice is made out to, as JSON:
    both are fixed once the payment is begun.
    """

    __tablename__ = "purchase_order"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    buyer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: Who ordered it, where the buyer is a team.
    placed_by: Mapped[str] = mapped_column(String(32), default="", index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    licence: Mapped[str] = mapped_column(String(40))
    total_cents: Mapped[int] = mapped_column(BigInteger)
    shown_cents: Mapped[int] = mapped_column(BigInteger, default=_total)
    currency: Mapped[str] = mapped_column(String(3))
    book_version: Mapped[str] = mapped_column(String(20))
    quote_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    catalogue_number: Mapped[int] = mapped_column(Integer, default=0)
    lines: Mapped[str] = mapped_column(Text)
    owned: Mapped[str] = mapped_column(Text, default="[]")
    split: Mapped[str] = mapped_column(Text, default="{}")
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    checkout_session: Mapped[str | None] = mapped_column(String(120), index=True)
    funding: Mapped[str] = mapped_column(String(60), default="provider", index=True)
    payment_intent: Mapped[str | None] = mapped_column(String(120), index=True)
    charge: Mapped[str | None] = mapped_column(String(120))
    fee_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    invoice_number: Mapped[int | None] = mapped_column(Integer, unique=True)
    vat_basis_points: Mapped[int] = mapped_column(Integer, default=0)
    vat_treatment: Mapped[str] = mapped_column(String(20), default="standard")
    billed_to: Mapped[str] = mapped_column(Text, default="")
    #: The buyer's own number for what they order, printed on its documents.
    purchase_number: Mapped[str] = mapped_column(String(60), default="")
    taken_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    #: When the operator looked at a large sale, so that what it earned need not wait.
    reviewed_at: Mapped[datetime | None] = mapped_column(Moment)
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

    per_share_micros times a contributor's released shares was their part of this sale;
    taken_micros of it, a share, went back with refunds and disputes.
    """

    __tablename__ = "sale_edition"
    order_id: Mapped[str] = mapped_column(ForeignKey("purchase_order.id"), primary_key=True)
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), primary_key=True, index=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    net_micros: Mapped[int] = mapped_column(BigInteger)
    per_share_micros: Mapped[int] = mapped_column(BigInteger)
    sold_at: Mapped[datetime] = mapped_column(Moment, index=True)
    taken_micros: Mapped[int] = mapped_column(BigInteger, default=0)


class Refund(Base):
    """Money on its way back to a buyer: a whole payment, what is left of it, or a part.

    The row is the intent: it is there before the provider is asked. `booked` while the book
    holds it: a refund that fails later is taken out of the book again.
    """

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("cents > 0", name="cents_positive"),
        # Of two operators one intends: an order has one refund without an answer.
        Index(
            "uq_refund_under_way",
            "order_id",
            unique=True,
            sqlite_where=text("state = 'intended'"),
            postgresql_where=text("state = 'intended'"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    order_id: Mapped[str] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10), index=True)
    booked: Mapped[bool] = mapped_column(Boolean, default=False)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    provider_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class OrderDispute(Base):
    """A payment that a buyer's bank takes back, under the provider's name for it.

    `taken_cents` is what of the sale it undoes now: nothing of what was refunded before, and
    nothing any more once the market won.
    """

    __tablename__ = "order_dispute"
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    taken_cents: Mapped[int] = mapped_column(BigInteger)
    withdrawn_cents: Mapped[int] = mapped_column(BigInteger)
    reinstated_cents: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
