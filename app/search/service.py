"""Entries are written, removed and priced anew, and with them what stands in front and is counted.

Each is done under one lock: what a list is read from is always true together.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from app.core.db import session
from app.core.dialects import forget_words, hold_alone, insert_into
from app.search import stems
from app.search.models import (
    CatalogueColumn,
    CatalogueCount,
    CatalogueEntry,
    CatalogueFront,
    Wish,
)
from app.search.standing import ANY, NEWEST, step_of

LOCK = "catalogue-entries"
#: What a wish keeps of the words: so many, of letters alone.
WISHED_WORDS, WISHED_LETTERS = 6, 120


@dataclass(frozen=True)
class Wording:
    """What a collection says of itself in lists, in both languages.

    Attributes
    ----------
    searched : str
        All that it is found by.
    """

    title_en: str
    title_fr: str
    about_en: str
    about_fr: str
    person: str
    searched: str


@dataclass(frozen=True)
class Listing:
    """An edition that goes into the lists.

    Attributes
    ----------
    id : int
        Its place in the catalogue.
    purposes : str
        What it is sold for, apart by spaces.
    priced_as : str
        Names what its price was worked out by.
    columns : tuple of str
        A digest of each of its columns.
    """

    id: int
    edition_id: str
    collection_id: str
    template: str
    topic: str
    number: int
    period: str
    published_at: datetime
    purposes: str
    people: int
    tables: int
    price_micros: int
    currency: str
    priced_as: str
    wording: Wording
    columns: tuple[str, ...] = ()


def put(listing: Listing) -> None:
    """List an edition, or list it anew."""
    hold_alone([LOCK])
    _take_out(listing.id)
    plain = {**asdict(listing), **_worded(listing.wording)}
    columns = plain.pop("columns")
    del plain["wording"]
    session().execute(insert(CatalogueEntry).values(**plain))
    for purpose in (ANY, *listing.purposes.split()):
        _put_between(purpose, listing)
    for digest in columns:
        row = {"digest": digest, "collection_id": listing.collection_id}
        session().execute(insert_into(CatalogueColumn).values(row).on_conflict_do_nothing())


def remove(edition_id: str) -> None:
    """Take an edition out of the lists, if it is there."""
    hold_alone([LOCK])
    chosen = select(CatalogueEntry.id).where(CatalogueEntry.edition_id == edition_id)
    if (entry_id := session().scalar(chosen)) is not None:
        _take_out(entry_id)


def say(collection_id: str, wording: Wording) -> None:
    """Change what a collection says of itself in all its entries; what it said is gone."""
    of_it = CatalogueEntry.collection_id == collection_id
    session().execute(update(CatalogueEntry).where(of_it).values(**_worded(wording)))
    forget_words()


def price(edition_id: str, micros: int, currency: str, priced_as: str) -> None:
    """Note what the tables of an edition cost from."""
    hold_alone([LOCK])
    values = {"price_micros": micros, "currency": currency, "priced_as": priced_as}
    row = CatalogueEntry.edition_id == edition_id
    entry_id = session().scalar(select(CatalogueEntry.id).where(row))
    if entry_id is not None:
        session().execute(update(CatalogueEntry).where(row).values(**values))
        of_it = CatalogueFront.entry_id == entry_id
        session().execute(update(CatalogueFront).where(of_it).values(price_micros=micros))


def wish(text: str) -> bool:
    """Count a wish for what was not found; return whether its words say anything."""
    said = sorted({word for word in stems.words(text) if word.isalpha() and len(word) > 1})
    words = " ".join(said[:WISHED_WORDS])[:WISHED_LETTERS]
    if not words:
        return False
    row = insert_into(Wish).values(words=words, times=1)
    again = row.on_conflict_do_update(index_elements=["words"], set_={"times": Wish.times + 1})
    session().execute(again)
    return True


def _worded(wording: Wording) -> dict[str, str]:
    plain: dict[str, str] = asdict(wording)
    plain["stems"] = stems.stems(plain.pop("searched"))
    return plain


def _put_between(purpose: str, listing: Listing) -> None:
    """Put an entry between those of its collection that are older and newer."""
    beside = (
        CatalogueFront.purpose == purpose,
        CatalogueFront.collection_id == listing.collection_id,
    )
    newer = session().scalar(
        select(func.min(CatalogueFront.entry_id)).where(
            *beside, CatalogueFront.entry_id > listing.id
        )
    )
    older = select(CatalogueFront).where(*beside, CatalogueFront.entry_id < listing.id)
    last = session().scalar(older.order_by(CatalogueFront.entry_id.desc()).limit(1))
    front = CatalogueFront(
        purpose=purpose,
        entry_id=listing.id,
        collection_id=listing.collection_id,
        newer=newer or NEWEST,
        topic=listing.topic,
        people=listing.people,
        price_micros=listing.price_micros,
    )
    if last is not None:
        if last.newer == NEWEST:
            _count(last, -1)
        last.newer = listing.id
    if front.newer == NEWEST:
        _count(front, 1)
    session().add(front)
    session().flush()


def _take_out(entry_id: int) -> None:
    for front in session().scalars(
        select(CatalogueFront).where(CatalogueFront.entry_id == entry_id)
    ):
        last = session().scalar(
            select(CatalogueFront).where(
                CatalogueFront.purpose == front.purpose,
                CatalogueFront.collection_id == front.collection_id,
                CatalogueFront.newer == entry_id,
            )
        )
        if last is not None:
            last.newer = front.newer
        if front.newer == NEWEST:
            _count(front, -1)
            if last is not None:
                _count(last, 1)
        session().delete(front)
    session().flush()
    session().execute(delete(CatalogueEntry).where(CatalogueEntry.id == entry_id))


def _count(front: CatalogueFront, more: int) -> None:
    """Count a collection in, or out, as the edition in front of it is."""
    place = {"purpose": front.purpose, "topic": front.topic, "step": step_of(front.people)}
    row = insert_into(CatalogueCount).values(**place, collections=more)
    session().execute(
        row.on_conflict_do_update(
            index_elements=list(place), set_={"collections": CatalogueCount.collections + more}
        )
    )
