from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
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


class PayoutBank(Base):
    """A bank account that a contributor is paid to, by a hash of the provider's name for it."""

    __tablename__ = "payout_bank"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    bank: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    seen_at: Mapped[datetime] = mapped_column(Moment, default=now)


class ContributorReview(Base):
    """What the operator decided about one contributor's payouts, with the reason."""

    __tablename__ = "contributor_review"
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    cleared_at: Mapped[datetime | None] = mapped_column(Moment)
    #: All that they had earned when the operator looked.
    cleared_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    held_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(300), default="")


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
