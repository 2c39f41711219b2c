"""Lists of what is on sale: each reads the lines that it shows, and few more.

A list has one line for each collection, its newest edition that fits. Which that is was written
down when it was published (`CatalogueFront`), and how many there are too (`CatalogueCount`). Only
where somebody searches by words, and few editions have them, are these looked at one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union_all

from app.core.db import session
from app.core.dialects import found_by, looked_at_first
from app.search import few, stems
from app.search.facets import Counted, Facets, facets_of
from app.search.few import Having
from app.search.lists import Entry, Found, Line, Search, Sort, Wished
from app.search.matching import Listed
from app.search.models import (
    CatalogueColumn,
    CatalogueCount,
    CatalogueEntry,
    CatalogueFront,
    Wish,
)
from app.search.paging import SHOWN, After
from app.search.standing import ANY, NEWEST, step_of

_KEYS: Mapping[Sort, Any] = {
    Sort.FITTING: CatalogueFront.entry_id,
    Sort.NEWEST: CatalogueFront.entry_id,
    Sort.PEOPLE: CatalogueFront.people,
    Sort.CHEAPEST: CatalogueFront.price_micros,
}
_IN_FRONT = (CatalogueFront.purpose == ANY, CatalogueFront.newer == NEWEST)
_SHOWN = tuple(
    getattr(CatalogueEntry, name)
    for name in Entry.__dataclass_fields__  # a list reads no stems
)


def find(asked: Search) -> Found:
    """Return a page of what fits a search."""
    last = session().scalar(select(func.max(CatalogueEntry.id))) or 0
    until = last if asked.after is None else min(last, asked.after.until)
    if asked.collection:
        return _page(asked, until, _editions(asked, until), None, None)
    if asked.text.strip() and not stems.WORD.search(asked.text):
        return Found((), 0, Facets(), None)
    words = stems.asked(asked.text)
    if not words:
        facets, total = facets_of(_counted(), asked.purpose, asked.topic, asked.people)
        return _page(asked, until, _fronts(asked, until, last), total, facets)
    having = found_by(CatalogueEntry.__tablename__, words)
    if not _are_few(having):
        return _page(asked, until, _among_many(asked, until, last, having), None, None)
    found = _having(having, until)
    one_by_one = (Counted(one.purpose, one.topic, step_of(one.people), 1) for one in found)
    facets, total = facets_of(one_by_one, asked.purpose, asked.topic, asked.people)
    fitting = few.fitting(found, asked)
    ranks = _ranks(fitting, words) if asked.sort is Sort.FITTING else {}
    return _page(asked, until, few.page_of(fitting, asked, ranks), total, facets)


def every(asked: Search, most: int) -> tuple[Entry, ...]:
    """Return editions that fit, newest first, those of one collection too: for programs.

    Parameters
    ----------
    asked : Search
        Its words, topic, purpose and where the page begins are looked at.
    """
    words = stems.asked(asked.text)
    if asked.text.strip() and not stems.WORD.search(asked.text):
        return ()
    front = CatalogueFront
    chosen = select(front.entry_id).where(front.purpose == asked.purpose)
    if asked.topic:
        chosen = chosen.where(front.topic == asked.topic)
    if words:
        chosen = chosen.where(front.entry_id.in_(found_by(CatalogueEntry.__tablename__, words)))
    if asked.after is not None:
        chosen = chosen.where(front.entry_id < asked.after.id)
    rows = session().scalars(chosen.order_by(front.entry_id.desc()).limit(most))
    return _entries(rows.all())


def newest(most: int) -> tuple[Entry, ...]:
    """Return the newest editions of the collections that published last, one of each."""
    chosen = select(CatalogueFront.entry_id).where(*_IN_FRONT)
    rows = session().scalars(chosen.order_by(CatalogueFront.entry_id.desc()).limit(most))
    return _entries(rows.all())


def sizes_of_topic(topic: str, most: int) -> tuple[tuple[int, int], ...]:
    """Return people and price, in millionths, of the newest edition of each collection.

    Of the collections of a topic that published last.
    """
    chosen = select(CatalogueFront.people, CatalogueFront.price_micros).where(
        *_IN_FRONT, CatalogueFront.topic == topic
    )
    rows = session().execute(chosen.order_by(CatalogueFront.entry_id.desc()).limit(most))
    return tuple((people, price) for people, price in rows)


@dataclass(frozen=True)
class Front:
    """The newest edition of a collection, in the figures that editions are compared by."""

    entry_id: int
    collection_id: str
    people: int
    tables: int
    price_micros: int


def fronts_of_topic(topic: str, most: int) -> tuple[Front, ...]:
    """Return the newest edition of each collection of a topic, of those that published last."""
    front, entry = CatalogueFront, CatalogueEntry
    columns = (front.entry_id, front.collection_id, front.people, entry.tables, front.price_micros)
    chosen = (
        select(*columns)
        .join(entry, entry.id == front.entry_id)
        .where(*_IN_FRONT, front.topic == topic)
    )
    rows = session().execute(chosen.order_by(front.entry_id.desc()).limit(most))
    return tuple(Front(*row) for row in rows)


def counted_of_topic(topic: str) -> dict[str, int]:
    """Count the editions on sale of each collection of a topic."""
    chosen = select(CatalogueEntry.collection_id, func.count())
    chosen = chosen.where(CatalogueEntry.topic == topic).group_by(CatalogueEntry.collection_id)
    return {collection_id: count for collection_id, count in session().execute(chosen)}


def of_sellers(
    collection_ids: Iterable[str], edition_ids: Iterable[str]
) -> tuple[tuple[str, str, int, int], ...]:
    """Return edition, collection, number and people of what is on sale, newest first.

    Of some collections, and some editions beside.
    """
    entry = CatalogueEntry
    chosen = select(entry.edition_id, entry.collection_id, entry.number, entry.people).where(
        entry.collection_id.in_(list(collection_ids)) | entry.edition_id.in_(list(edition_ids))
    )
    rows = session().execute(chosen.order_by(entry.id.desc()))
    return tuple((edition, of, number, people) for edition, of, number, people in rows)


def entry(edition_id: str) -> Entry | None:
    """Return the entry of an edition; None where it is not in the lists."""
    chosen = select(CatalogueEntry.id).where(CatalogueEntry.edition_id == edition_id)
    return next(iter(_entries(session().scalars(chosen).all())), None)


def with_numbers(numbers: Iterable[int]) -> tuple[Entry, ...]:
    """Return those of some entries that are in the lists, the newest first."""
    chosen = select(CatalogueEntry.id).where(CatalogueEntry.id.in_(list(numbers)))
    return _entries(session().scalars(chosen.order_by(CatalogueEntry.id.desc())).all())


def came_between(after: int, until: int, most: int) -> tuple[Listed, ...]:
    """Return what the newest editions are found by, in their order.

    Parameters
    ----------
    after, until : int
        Places in the catalogue: behind the first, up to the second.
    """
    entry = CatalogueEntry
    columns = (entry.id, entry.collection_id, entry.topic, entry.people, entry.purposes)
    chosen = select(*columns, entry.stems).where(entry.id > after, entry.id <= until)
    rows = session().execute(chosen.order_by(entry.id).limit(most))
    return tuple(Listed.of(*row) for row in rows)


def listed(edition_ids: Iterable[str]) -> frozenset[str]:
    """Return those of some editions that are in the lists."""
    chosen = select(CatalogueEntry.edition_id)
    return frozenset(
        session().scalars(chosen.where(CatalogueEntry.edition_id.in_(list(edition_ids))))
    )


def beside(collection_id: str, number: int, most: int) -> tuple[str, ...]:
    """Return the editions of a collection nearest to the one with a number, without that one."""
    of_it = select(CatalogueEntry.edition_id, CatalogueEntry.number).where(
        CatalogueEntry.collection_id == collection_id
    )
    before = of_it.where(CatalogueEntry.number < number).order_by(CatalogueEntry.number.desc())
    after = of_it.where(CatalogueEntry.number > number).order_by(CatalogueEntry.number)
    sides = (select(side.limit(most).subquery()) for side in (before, after))
    rows = list(session().execute(union_all(*sides)))
    rows.sort(key=lambda row: (abs(row.number - number), -row.number))
    return tuple(row.edition_id for row in rows[:most])


def with_column(digest: str, most: int) -> tuple[str, ...]:
    """Return the newest edition of each collection that has a column, the latest first."""
    chosen = (
        select(CatalogueEntry.edition_id)
        .join(CatalogueFront, CatalogueFront.entry_id == CatalogueEntry.id)
        .join(CatalogueColumn, CatalogueColumn.collection_id == CatalogueFront.collection_id)
        .where(CatalogueColumn.digest == digest, *_IN_FRONT)
        .order_by(CatalogueFront.entry_id.desc())
    )
    return tuple(session().scalars(chosen.limit(most)))


def listed_collections() -> tuple[str, ...]:
    """Return every collection with an edition in the lists: for what prices them anew."""
    return tuple(session().scalars(select(CatalogueFront.collection_id).where(*_IN_FRONT)))


def priced_otherwise(collection_id: str, priced_as: str, most: int) -> tuple[str, ...]:
    """Return editions of a collection whose price was worked out by something else."""
    chosen = (
        select(CatalogueEntry.edition_id)
        .where(CatalogueEntry.collection_id == collection_id)
        .where(CatalogueEntry.priced_as != priced_as)
        .order_by(CatalogueEntry.id.desc())
    )
    return tuple(session().scalars(chosen.limit(most)))


def with_fewer_people(people: int) -> tuple[str, ...]:
    """Return the listed editions of fewer people than so many."""
    chosen = select(CatalogueEntry.edition_id).where(CatalogueEntry.people < people)
    return tuple(session().scalars(chosen))


def wishes(most: int) -> tuple[Wished, ...]:
    """Return what was wished for most often: for the operator."""
    chosen = select(Wish.words, Wish.times).order_by(Wish.times.desc(), Wish.words).limit(most)
    return tuple(Wished(row.words, row.times) for row in session().execute(chosen))


def _among_many(asked: Search, until: int, last: int, having: Select[int]) -> Sequence[Any]:
    """Return the keys of a page of fronts that have words which very many have.

    The newest of them are looked at first, where the order is theirs.
    """
    if asked.sort in (Sort.FITTING, Sort.NEWEST):
        begin = until + 1 if asked.after is None else min(until + 1, asked.after.id)
        number = having.selected_columns[0]
        from_newest = having.where(number < begin).order_by(number.desc())
        for most in looked_at_first():
            found = _fronts(asked, until, last, from_newest.limit(most))
            if len(found) > SHOWN:
                return found
    return _fronts(asked, until, last, having)


def _fronts(
    asked: Search, until: int, last: int, having: Select[int] | None = None
) -> Sequence[Any]:
    """Return the keys of a page of fronts, and of the line after it."""
    chosen = _sorted(asked).where(CatalogueFront.entry_id <= until)
    if asked.topic:
        chosen = chosen.where(CatalogueFront.topic == asked.topic)
    if asked.people:
        chosen = chosen.where(CatalogueFront.people >= asked.people)
    if having is not None:
        chosen = chosen.where(CatalogueFront.entry_id.in_(having))
    standing: list[ColumnElement[bool]] = [CatalogueFront.newer == NEWEST]
    if until < last:
        # In front when the first page was read, and not any more.
        standing.append(CatalogueFront.newer.between(until + 1, last))
    found = [row for one in standing for row in session().execute(chosen.where(one))]
    found.sort(key=lambda row: (row.key, row.entry_id), reverse=asked.sort is not Sort.CHEAPEST)
    return found[: SHOWN + 1]


def _editions(asked: Search, until: int) -> Sequence[Any]:
    """Return the keys of a page of editions of one collection, and of the line after it."""
    of_it = CatalogueFront.collection_id == asked.collection
    return session().execute(_sorted(asked).where(of_it, CatalogueFront.entry_id <= until)).all()


def _sorted(asked: Search) -> Select[Any]:
    key, number = _KEYS[asked.sort], CatalogueFront.entry_id
    upwards = asked.sort is Sort.CHEAPEST
    order = (key, number) if upwards else (key.desc(), number.desc())
    chosen = select(key.label("key"), number, CatalogueFront.collection_id)
    chosen = chosen.where(CatalogueFront.purpose == asked.purpose)
    if asked.after is not None:
        chosen = chosen.where(_beyond(key, asked.after, upwards=upwards))
    return chosen.order_by(*order).limit(SHOWN + 1)


def _beyond(key: Any, after: After, *, upwards: bool) -> ColumnElement[bool]:
    number = CatalogueFront.entry_id
    if key is number:
        return CatalogueFront.entry_id < after.id
    place: Any = tuple_(key, number)
    last = (after.key, after.id)
    beyond: ColumnElement[bool] = place > last if upwards else place < last
    return beyond


def _page(
    asked: Search, until: int, rows: Sequence[Any], total: int | None, facets: Facets | None
) -> Found:
    shown = rows[:SHOWN]
    older = {} if asked.collection else _older(asked, [row.collection_id for row in shown])
    entries = _entries([row.entry_id for row in shown])
    lines = tuple(Line(one, older.get(one.collection_id, 1) - 1) for one in entries)
    more = len(rows) > SHOWN
    return Found(
        lines, total, facets, After(shown[-1].key, shown[-1].entry_id, until) if more else None
    )


def _older(asked: Search, collections: Sequence[str]) -> Mapping[str, int]:
    """Return how many editions of each collection are sold for the purpose that is asked."""
    chosen = select(CatalogueFront.collection_id, func.count()).where(
        CatalogueFront.purpose == asked.purpose, CatalogueFront.collection_id.in_(collections)
    )
    rows = session().execute(chosen.group_by(CatalogueFront.collection_id))
    return {collection_id: count for collection_id, count in rows}


def _entries(numbers: Sequence[int]) -> tuple[Entry, ...]:
    """Return entries in the order of these numbers."""
    rows = session().execute(select(*_SHOWN).where(CatalogueEntry.id.in_(numbers)))
    found = {
        row.id: Entry(**{**row._mapping, "purposes": tuple(row.purposes.split())}) for row in rows
    }
    return tuple(found[number] for number in numbers)


def _counted() -> list[Counted]:
    """Return what is counted already."""
    columns = (CatalogueCount.purpose, CatalogueCount.topic, CatalogueCount.step)
    chosen = select(*columns, CatalogueCount.collections)
    return [Counted(*row) for row in session().execute(chosen)]


def _are_few(having: Select[int]) -> bool:
    some = having.limit(few.MOST + 1).subquery()
    return (session().scalar(select(func.count()).select_from(some)) or 0) <= few.MOST


def _having(having: Select[int], until: int) -> list[Having]:
    """Return the entries that have the words, as each stands in front."""
    front = CatalogueFront
    chosen = select(
        *(front.purpose, front.entry_id, front.collection_id, front.topic),
        *(front.people, front.price_micros),
    ).where(front.entry_id.in_(having), front.entry_id <= until, front.newer > until)
    return [Having(*row) for row in session().execute(chosen)]


def _ranks(found: Iterable[Having], words: Sequence[stems.Stems]) -> dict[int, int]:
    chosen = select(CatalogueEntry.id, CatalogueEntry.title_en, CatalogueEntry.title_fr).where(
        CatalogueEntry.id.in_([one.entry_id for one in found])
    )
    return {
        number: few.rank(f"{english} {french}", words)
        for number, english, french in session().execute(chosen)
    }
