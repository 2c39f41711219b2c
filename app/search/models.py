from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Moment


class CatalogueEntry(Base):
    """What lists show of an edition on sale; its number is its place in the catalogue.

    Written when the edition is published, removed when it cannot be sold any more. `stems` is
    what it is found by: SQLite's FTS5 table and PostgreSQL's column follow it by themselves.
    `priced_as` names the book and the weights that its price was worked out by.
    """

    __tablename__ = "catalogue_entry"
    __table_args__ = (Index("ix_catalogue_entry_collection_id_id", "collection_id", "id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    edition_id: Mapped[str] = mapped_column(ForeignKey("edition.id"), unique=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    template: Mapped[str] = mapped_column(String(60))
    topic: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(Integer)
    period: Mapped[str] = mapped_column(String(7))
    published_at: Mapped[datetime] = mapped_column(Moment)
    purposes: Mapped[str] = mapped_column(String(200))
    people: Mapped[int] = mapped_column(Integer)
    tables: Mapped[int] = mapped_column(Integer)
    price_micros: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    priced_as: Mapped[str] = mapped_column(String(64))
    title_en: Mapped[str] = mapped_column(Text)
    title_fr: Mapped[str] = mapped_column(Text)
    about_en: Mapped[str] = mapped_column(Text)
    about_fr: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(String(60))
    stems: Mapped[str] = mapped_column(Text)


class CatalogueFront(Base):
    """An entry among those of its collection that are sold for a purpose ("": for any).

    `newer` is the next entry of the collection that is sold for it, `NEWEST` where there is
    none: then this one stands in front. Beside it what lists are sorted and narrowed by.
    """

    __tablename__ = "catalogue_front"
    __table_args__ = (
        Index("ix_catalogue_front_collection", "purpose", "collection_id", "entry_id"),
        Index("ix_catalogue_front_newest", "purpose", "newer", "entry_id"),
        Index("ix_catalogue_front_people", "purpose", "newer", "people", "entry_id"),
        Index("ix_catalogue_front_price", "purpose", "newer", "price_micros", "entry_id"),
        Index("ix_catalogue_front_topic", "purpose", "newer", "topic", "entry_id"),
        Index("ix_catalogue_front_topic_people", "purpose", "newer", "topic", "people", "entry_id"),
        Index(
            "ix_catalogue_front_topic_price",
            *("purpose", "newer", "topic", "price_micros", "entry_id"),
        ),
    )
    entry_id: Mapped[int] = mapped_column(ForeignKey("catalogue_entry.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    collection_id: Mapped[str] = mapped_column(String(32))
    newer: Mapped[int] = mapped_column(Integer)
    topic: Mapped[str] = mapped_column(String(40))
    people: Mapped[int] = mapped_column(Integer)
    price_micros: Mapped[int] = mapped_column(BigInteger)


class CatalogueCount(Base):
    """How many collections a list would show: those sold for a purpose, of a topic, of a size.

    `step` says how many of `app.search.service.STEPS` the people of the front edition reach.
    """

    __tablename__ = "catalogue_count"
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True)
    collections: Mapped[int] = mapped_column(Integer)


class CatalogueColumn(Base):
    """A column that a collection has, by a digest of its name and its categories."""

    __tablename__ = "catalogue_column"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"), primary_key=True)


class Wish(Base):
    """How often somebody wished for what was not found; who did is not known.

    The words are folded and in the order of the alphabet.
    """

    __tablename__ = "wish"
    words: Mapped[str] = mapped_column(String(120), primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
