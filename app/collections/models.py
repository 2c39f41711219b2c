from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class Collection(Base):
    """A shared schema and its rules; public from `public_since`, its founder's first consent.

    Once it is `withdrawn` it is nobody's: its founder left. It is gone unless an edition was
    `released`; then its rules stay, without the words around them. `levels` are sets of purposes,
    in JSON, each within the next.
    """

    __tablename__ = "collection"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(String(40), index=True)
    person: Mapped[str] = mapped_column(String(60))
    record: Mapped[str] = mapped_column(String(60))
    schema: Mapped[str] = mapped_column(Text)
    columns: Mapped[str] = mapped_column(Text)
    ways: Mapped[int] = mapped_column(Integer, default=2)
    epsilon_milli: Mapped[int] = mapped_column(Integer)
    delta_exponent: Mapped[int] = mapped_column(Integer, default=6)
    purposes: Mapped[str] = mapped_column(String(200))
    levels: Mapped[str] = mapped_column(Text, default="[]")
    minimum_people: Mapped[int] = mapped_column(Integer, default=50)
    edition_days: Mapped[int] = mapped_column(Integer, default=30)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    floor_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    open: Mapped[bool] = mapped_column(Boolean, default=True)
    public_since: Mapped[datetime | None] = mapped_column(Moment)
    released: Mapped[bool] = mapped_column(Boolean, default=False)
    #: Of the market's own collections: the public template, and its version.
    template: Mapped[str] = mapped_column(String(60), default="", index=True)
    template_version: Mapped[int] = mapped_column(Integer, default=0)
    identifier: Mapped[str] = mapped_column(String(10), default="")
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class OwnDiary(Base):
    """A diary that an operator wrote and opened; triggers refuse any change but closing it.

    `key` is the template's: it is made of the name and the version, so that nothing of one version
    is ever mixed with another's. `content` is what `traces.diary.diary` reads, in JSON.
    """

    __tablename__ = "own_diary"
    __table_args__ = (UniqueConstraint("name", "version"),)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment, default=now)
    opened_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class CollectionPlan(Base):
    """The noise plan that pages show of a collection, in JSON."""

    __tablename__ = "collection_plan"
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
