from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class Edition(Base):
    """What came to one closing of a collection, at one level of consent.

    `counted` is the noisy number of people that decides whether it is measured, `people` the
    released one where it was: never the true one. `attempt` counts how often its people were
    charged, `drawn` is the attempt whose noise may have been drawn: a charge pays for one draw at
    most. `catalogue_number` counts published editions: a price names the catalogue it was worked
    out for by the last of them. It makes answers like its own less rare in the catalogues
    from `counts_from` to before `counts_to`, and in the spans of `counted_before`, pairs of such
    numbers in JSON: see `app.releases.rarity`.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("collection_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    purposes: Mapped[str] = mapped_column(String(200))
    #: The month that people gave to it, where it is one of a template.
    period: Mapped[str] = mapped_column(String(7), default="")
    state: Mapped[str] = mapped_column(String(12), index=True)
    closed_at: Mapped[datetime] = mapped_column(Moment, default=now)
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    drawn: Mapped[int] = mapped_column(Integer, default=0)
    floor_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    taken_down_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    counted: Mapped[int | None] = mapped_column(Integer)
    people: Mapped[int | None] = mapped_column(Integer)
    catalogue_number: Mapped[int | None] = mapped_column(Integer, unique=True)
    counts_from: Mapped[int | None] = mapped_column(Integer)
    counts_to: Mapped[int | None] = mapped_column(Integer)
    counted_before: Mapped[str] = mapped_column(Text, default="[]")


class EditionDataset(Base):
    """A dataset that came to an edition, and what became of it there.

    `shares` is the released number of its people, never the true one.
    """

    __tablename__ = "edition_dataset"
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id"), primary_key=True, index=True)
    producer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    rows_object: Mapped[str] = mapped_column(String(32))
    everyone_is_me: Mapped[bool] = mapped_column(Boolean)
    left_out: Mapped[str] = mapped_column(String(20), default="")
    shares: Mapped[int | None] = mapped_column(Integer)


class PublishedRelease(Base):
    """The noisy cube of an edition, written once.

    A sale is divided by `shares_total`; `shares_expected` of them belong to somebody, as far as
    the release knows, or all of them where it was not noted. Both are functions of the release.
    """

    __tablename__ = "published_release"
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    shares_total: Mapped[int] = mapped_column(Integer)
    shares_expected: Mapped[int | None] = mapped_column(Integer)
    micro_rho: Mapped[int] = mapped_column(Integer)
    published_at: Mapped[datetime] = mapped_column(Moment, default=now)


class ReleaseBounds(Base):
    """What each bound would leave out of an edition, in JSON: see `app.releases.bounds`."""

    __tablename__ = "release_bounds"
    edition_id: Mapped[str] = mapped_column(
        ForeignKey("published_release.edition_id"), primary_key=True
    )
    content: Mapped[str] = mapped_column(Text)


class PrivacyAccount(Base):
    """What the people of one producer have spent, over all collections; never refreshed.

    One account stands for every person in a producer's datasets: the sum bounds what each of them
    lost through these alone. What somebody lost through other producers stands in their accounts,
    and both together may be up to four times one (docs/privacy.md).
    """

    __tablename__ = "privacy_account"
    __table_args__ = (
        CheckConstraint("spent_micro_rho >= 0", name="spent_not_negative"),
        {"sqlite_with_rowid": False},
    )
    producer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    spent_micro_rho: Mapped[int] = mapped_column(Integer, default=0)


class SpentBefore(Base):
    """What a closed account had spent, under a keyed hash of the address it had."""

    __tablename__ = "spent_before"
    address_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_micro_rho: Mapped[int] = mapped_column(Integer)
    extra_delta: Mapped[float] = mapped_column(Float, default=0.0)


class PrivacyCharge(Base):
    """One charge on the people of a producer: for an edition, or for finding categories.

    `extra_delta` is what the charge adds to delta beside its zCDP loss.
    """

    __tablename__ = "privacy_charge"
    __table_args__ = (CheckConstraint("micro_rho >= 0", name="charge_not_negative"),)
    producer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    edition_id: Mapped[str | None] = mapped_column(ForeignKey("edition.id"))
    micro_rho: Mapped[int] = mapped_column(Integer)
    extra_delta: Mapped[float] = mapped_column(Float, default=0.0)
    charged_at: Mapped[datetime] = mapped_column(Moment, default=now)
