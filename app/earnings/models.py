from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


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
