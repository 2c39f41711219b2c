from datetime import datetime

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


class ConnectedAccount(Base):
    """A contributor's account at the payment provider.

    The row is the intent: it is there before the provider is asked, without an account_id.
    """

    __tablename__ = "connected_account"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    status: Mapped[str] = mapped_column(String(20), default="pending")
    payable: Mapped[bool] = mapped_column(Boolean, default=False)
    country: Mapped[str] = mapped_column(String(2))
    refreshed_at: Mapped[datetime | None] = mapped_column(Moment)
    #: Their own bank sent a payout of that account back.
    bank_refused_at: Mapped[datetime | None] = mapped_column(Moment)
    #: The market's balance did not cover their payout, first then.
    waits_since: Mapped[datetime | None] = mapped_column(Moment)


class PayoutRun(Base):
    """One time of paying everybody: how far it came, to go on from there."""

    __tablename__ = "payout_run"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    begun_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    contributors: Mapped[int] = mapped_column(Integer, default=0)
    looked_at: Mapped[int] = mapped_column(Integer, default=0)
    unknown: Mapped[int] = mapped_column(Integer, default=0)
    last_user_id: Mapped[str] = mapped_column(String(32), default="")


class Payout(Base):
    """Money on its way to one contributor, in whole cents."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("cents > 0", name="cents_positive"),
        # Of two workers, one intends: a contributor has one payout under way.
        Index(
            "uq_payout_under_way",
            "user_id",
            unique=True,
            sqlite_where=text("state = 'intended'"),
            postgresql_where=text("state = 'intended'"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    account_id: Mapped[str] = mapped_column(String(120))
    cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10), index=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    transfer_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    reason: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    run_id: Mapped[str | None] = mapped_column(String(32), index=True)
    reversed_cents: Mapped[int] = mapped_column(BigInteger, default=0)


class PayoutReversal(Base):
    """Money of a payout that the market takes back, because it should not have been sent."""

    __tablename__ = "payout_reversal"
    __table_args__ = (
        CheckConstraint("cents > 0", name="cents_positive"),
        Index(
            "uq_payout_reversal_under_way",
            "payout_id",
            unique=True,
            sqlite_where=text("state = 'intended'"),
            postgresql_where=text("state = 'intended'"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    payout_id: Mapped[str] = mapped_column(ForeignKey("payout.id"), index=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(80), unique=True)
    provider_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


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


class EarningPosition(Base):
    """How much of an edition's earnings was moved out of its pool for a contributor.

    `donated_micros` of it went to what is given away, the rest to the contributor's account.
    `settlements` counts the postings: earnings may fall and rise to the same sum again.
    On PostgreSQL a trigger looks after both references, for a whole statement at a time.
    """

    __tablename__ = "earning_position"
    __table_args__ = (
        # Whoever gave something away is settled alone: they are found without reading all.
        Index(
            "ix_earning_position_donated",
            "user_id",
            sqlite_where=text("donated_micros <> 0"),
            postgresql_where=text("donated_micros <> 0"),
        ),
    )
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    settled_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    settlements: Mapped[int] = mapped_column(Integer, default=0)
    donated_micros: Mapped[int] = mapped_column(BigInteger, default=0)


class EditionSettlement(Base):
    """How often an edition was settled for all its contributors at once."""

    __tablename__ = "edition_settlement"
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    passes: Mapped[int] = mapped_column(Integer, default=0)


class Giving(Base):
    """A time in which a contributor gives away what is settled for them; open while it lasts."""

    __tablename__ = "giving"
    __table_args__ = (
        Index(
            "uq_giving_open",
            "user_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    since: Mapped[datetime] = mapped_column(Moment, default=now)
    until: Mapped[datetime | None] = mapped_column(Moment)


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
