import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Select, and_, case, cast, func, not_, or_, select, tuple_

from app.collections import queries as collections
from app.collections.rules import CollectionRules, Purpose
from app.core.db import beginning_with, read_once, session
from app.core.errors import NotFound
from app.releases.models import (
    Edition,
    EditionDataset,
    PrivacyAccount,
    PrivacyCharge,
    PublishedRelease,
)
from app.releases.states import EditionState
from privacy.release import Release

#: Nobody is told that there was such an edition: its people wait for the next one.
HIDDEN = (EditionState.CARRIED, EditionState.EMPTY)
#: How the subject of a charge begins that paid for counting the people of an edition.
COUNT = "count:"
EVER_AGO = datetime(2000, 1, 1, tzinfo=UTC)
#: Published, and not taken down.
_ON_SALE = (
    Edition.state == EditionState.PUBLISHED,
    Edition.taken_down_at.is_(None),
    Edition.catalogue_number.is_not(None),
)


@dataclass(frozen=True)
class EditionView:
    """An edition as pages show it; nothing here is computed from rows.

    Attributes
    ----------
    floor_micros : int
        What it asks of each buyer at least, in millionths; fixed when it was closed.
    catalogue_number : int or None
        Its place among all published editions, from 1.
    counted : int or None
        Its people as they were counted first, with noise; None before that.
    taken_down : bool
        Whether the operator stopped selling it.
    period : str
        The month that people gave to it, "YYYY-MM", where it is one of a template.
    people : int
        As released; nought before that.
    """

    id: str
    collection_id: str
    number: int
    purposes: frozenset[Purpose]
    state: EditionState
    closed_at: datetime
    published_at: datetime | None
    floor_micros: int = 0
    catalogue_number: int | None = None
    counted: int | None = None
    taken_down: bool = False
    period: str = ""
    people: int = 0


@dataclass(frozen=True)
class ReleaseView:
    """A published release with the public rules it was measured under.

    Attributes
    ----------
    shares_total : int
        Denominator of the earnings: released people with a margin.
    shares_expected : int
        How many of them belong to somebody, as far as the release knows.
    """

    edition: EditionView
    rules: CollectionRules
    release: Release
    digest: str
    shares_total: int
    shares_expected: int


@dataclass(frozen=True)
class CatalogueEntry:
    """A published edition as prices see it: its place, its collection, its released people.

    Attributes
    ----------
    counts_from, counts_to : int or None
        The first catalogue in which it counts as an answer to its questions (None: it was not
        sold yet), and the first in which it does not any more.
    counted_before : tuple of (int, int)
        Earlier spans of the same kind: a sale was taken back, and another came.
    """

    number: int
    edition_id: str
    collection_id: str
    people: int
    published_at: datetime
    counts_from: int | None = None
    counts_to: int | None = None
    counted_before: tuple[tuple[int, int], ...] = ()

    def counts_in(self, number: int) -> bool:
        """Tell whether it counts in the catalogue with this number."""
        if any(start <= number < end for start, end in self.counted_before):
            return True
        begun = self.counts_from is not None and self.counts_from <= number
        return begun and (self.counts_to is None or number < self.counts_to)


@dataclass(frozen=True)
class Participation:
    """One dataset's part in one edition, for its owner."""

    edition_id: str
    dataset_id: str
    producer_id: str
    left_out: str
    shares: int | None


@dataclass(frozen=True)
class ChargeView:
    """A privacy charge: micro_rho in millionths of rho, extra_delta beside it.

    `edition_id` is empty where it paid for something else, which `subject` names; `attempt` is
    more than 1 where noise was drawn and lost in a crash.
    """

    producer_id: str
    subject: str
    attempt: int
    edition_id: str
    micro_rho: int
    extra_delta: float
    charged_at: datetime


def _edition(row: Edition) -> EditionView:
    return EditionView(
        row.id,
        row.collection_id,
        row.number,
        frozenset(Purpose(p) for p in row.purposes.split()),
        EditionState(row.state),
        row.closed_at,
        row.published_at,
        row.floor_micros,
        row.catalogue_number,
        row.counted,
        row.taken_down_at is not None,
        row.period,
        row.people or 0,
    )


def edition(edition_id: str) -> EditionView:
    """Return an edition.

    Raises
    ------
    NotFound
    """
    row = session().get(Edition, edition_id)
    if row is None:
        raise NotFound(_l("There is no such edition."))
    return _edition(row)


def editions_of(rules: CollectionRules) -> tuple[EditionView, ...]:
    """Return the editions of a collection that everybody sees, newest first.

    Not those that were carried over, nor any that its released people make too small.
    """
    return tuple(
        _edition(row)
        for row in _rows_of(rules.id)
        if row.state not in HIDDEN
        and row.taken_down_at is None
        and (row.people is None or row.people >= rules.minimum_people)
    )


def newest_of(
    rules: CollectionRules,
    purposes: frozenset[Purpose] | None,
    most: int,
    before: int | None = None,
) -> tuple[EditionView, ...]:
    """Return the newest published editions of a collection that everybody sees, newest first.

    Parameters
    ----------
    purposes : frozenset of Purpose or None
        Those for exactly these; for any where there are none.
    most : int
        So many at most, however many there are.
    before : int or None
        Only those of a smaller number.
    """
    enough = or_(Edition.people.is_(None), Edition.people >= rules.minimum_people)
    chosen = select(Edition).where(Edition.collection_id == rules.id, *_ON_SALE, enough)
    if purposes is not None:
        chosen = chosen.where(Edition.purposes == " ".join(sorted(purposes)))
    if before is not None:
        chosen = chosen.where(Edition.number < before)
    rows = session().scalars(chosen.order_by(Edition.number.desc()).limit(most))
    return tuple(_edition(row) for row in rows)


def every_edition_of(collection_id: str) -> tuple[EditionView, ...]:
    """Return all editions of a collection, newest first: for the operator."""
    return tuple(_edition(row) for row in _rows_of(collection_id))


def carried_over(rules: CollectionRules) -> datetime | None:
    """Return when a collection last closed, if all its levels were carried over then."""
    chosen = select(Edition.closed_at, Edition.state).where(Edition.collection_id == rules.id)
    last = session().execute(chosen.order_by(Edition.number.desc()).limit(len(rules.levels))).all()
    return last[0].closed_at if last and all(row.state in HIDDEN for row in last) else None


def by_state() -> dict[EditionState, int]:
    """Return how many editions are in each state: for the operator."""
    counted = select(Edition.state, func.count()).group_by(Edition.state)
    return {EditionState(state): count for state, count in session().execute(counted)}


def _rows_of(collection_id: str) -> Iterable[Edition]:
    chosen = (
        select(Edition)
        .where(Edition.collection_id == collection_id)
        .order_by(Edition.number.desc())
    )
    return session().scalars(chosen)


def published() -> tuple[EditionView, ...]:
    """Return every published edition, newest first."""
    chosen = (
        select(Edition)
        .where(Edition.state == EditionState.PUBLISHED, Edition.taken_down_at.is_(None))
        .order_by(Edition.published_at.desc(), Edition.id)
    )
    return tuple(_edition(row) for row in session().scalars(chosen))


def published_before(number: int | None, most: int) -> tuple[tuple[int, str], ...]:
    """Return places in the catalogue before one, and their editions, the last first."""
    chosen = select(Edition.catalogue_number, Edition.id).where(
        Edition.catalogue_number.is_not(None)
    )
    if number is not None:
        chosen = chosen.where(Edition.catalogue_number < number)
    rows = session().execute(chosen.order_by(Edition.catalogue_number.desc()).limit(most))
    return tuple((row.catalogue_number or 0, row.id) for row in rows)


def published_after(number: int, most: int) -> tuple[EditionView, ...]:
    """Return the editions behind a place in the catalogue, in its order, on sale or not."""
    chosen = select(Edition).where(Edition.catalogue_number > number)
    rows = session().scalars(chosen.order_by(Edition.catalogue_number).limit(most))
    return tuple(_edition(row) for row in rows)


def last_before(moment: datetime) -> int:
    """Return the place in the catalogue of the last edition published before a moment, or 0."""
    place = Edition.catalogue_number
    chosen = select(place).where(place.is_not(None), Edition.published_at < moment)
    return session().scalar(chosen.order_by(place.desc()).limit(1)) or 0


def taken_down_since(
    since: datetime, until: datetime, most: int, behind: str = ""
) -> tuple[tuple[EditionView, datetime], ...]:
    """Return the editions that were taken down in a time and when, the first first.

    Of those taken down at the very time `since`, only those whose id comes behind `behind`.
    """
    place = tuple_(Edition.taken_down_at, Edition.id)
    within = place > tuple_(since, behind), Edition.taken_down_at < until
    chosen = select(Edition).where(*within, Edition.catalogue_number.is_not(None))
    rows = session().scalars(chosen.order_by(Edition.taken_down_at, Edition.id).limit(most))
    return tuple((_edition(row), row.taken_down_at) for row in rows if row.taken_down_at)


def within(collection_id: str, edition_ids: Collection[str]) -> tuple[str, ...]:
    """Return those of some editions that are of a collection, the newest first."""
    chosen = select(Edition.id).where(
        Edition.collection_id == collection_id, Edition.id.in_(edition_ids)
    )
    return tuple(session().scalars(chosen.order_by(Edition.number.desc())))


def answering(number: int, minimum_people: int) -> Mapping[str, int]:
    """Return how many editions of each collection count in a catalogue, of so many people.

    Nought for a collection of which editions are published and none counts.
    """
    within = Edition.catalogue_number <= number
    still = or_(Edition.counts_to.is_(None), Edition.counts_to > number)
    plain = (Edition.people.is_not(None), Edition.counted_before == "[]")
    counts = and_(Edition.counts_from <= number, still, Edition.people >= minimum_people, *plain)
    chosen = select(Edition.collection_id, func.count(case((counts, 1)))).where(within)
    rows = session().execute(chosen.group_by(Edition.collection_id))
    found = {collection_id: count for collection_id, count in rows}
    for row in session().scalars(select(Edition).where(within, not_(and_(*plain)))):
        entry = _entry(row)
        found[entry.collection_id] += entry.people >= minimum_people and entry.counts_in(number)
    return found


def catalogue(until: int | None = None) -> tuple[CatalogueEntry, ...]:
    """Return the published editions in the order of publication, up to a number."""
    chosen = select(Edition).where(Edition.catalogue_number.is_not(None))
    if until is not None:
        chosen = chosen.where(Edition.catalogue_number <= until)
    rows = session().scalars(chosen.order_by(Edition.catalogue_number))
    return tuple(_entry(row) for row in rows)


#: Tells one state of the catalogue from another, of whichever database.
CatalogueState = tuple[str, int, int, int, int, int]


def catalogue_state() -> CatalogueState:
    """Return what changes whenever an edition is published, or begins or ceases to count."""
    last = last_published()
    chosen = select(
        func.count(Edition.counts_from),
        func.coalesce(func.sum(cast(Edition.counts_from, BigInteger)), 0),
        func.coalesce(func.sum(cast(Edition.counts_to, BigInteger)), 0),
        func.coalesce(func.sum(func.length(Edition.counted_before)), 0),
    ).where(Edition.catalogue_number.is_not(None))
    counts, begun, ended, before = session().execute(chosen).one()
    if last is None:
        return "", 0, 0, 0, 0, 0
    return last.edition_id, last.number, int(counts), int(begun), int(ended), int(before)


def last_published(until: int | None = None) -> CatalogueEntry | None:
    """Return the edition published last, up to a number; None before the first."""
    newest = read_once(last_published, lambda: _last_published(None))
    if until is None or newest is None or newest.number <= until:
        return newest
    return read_once((last_published, until), lambda: _last_published(until))


def _last_published(until: int | None) -> CatalogueEntry | None:
    chosen = select(Edition).where(Edition.catalogue_number.is_not(None))
    if until is not None:
        chosen = chosen.where(Edition.catalogue_number <= until)
    chosen = chosen.order_by(Edition.catalogue_number.desc()).limit(1)
    row = session().scalars(chosen).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Edition) -> CatalogueEntry:
    people = row.people
    if people is None:
        # Published before the number was kept beside the release.
        found = release(row.id).release
        people = int(found.people(found.plan.tiers[0]).value)
    return CatalogueEntry(
        row.catalogue_number or 0,
        row.id,
        row.collection_id,
        people,
        row.published_at or EVER_AGO,
        row.counts_from,
        row.counts_to,
        tuple((start, end) for start, end in json.loads(row.counted_before)),
    )


@lru_cache(maxsize=256)
def _parsed(digest: str, edition_id: str) -> Release:
    # Immutable, and named by its digest: safe to keep for the life of the process.
    content = session().scalar(
        select(PublishedRelease.content).where(PublishedRelease.edition_id == edition_id)
    )
    return Release.from_bytes(content or b"")


def release(edition_id: str) -> ReleaseView:
    """Return a published release.

    Raises
    ------
    NotFound
    """
    return some([edition_id])[edition_id]


def some(edition_ids: Collection[str]) -> dict[str, ReleaseView]:
    """Return published releases, by edition; all are read together.

    Raises
    ------
    NotFound
        Where one of them is none.
    """
    known = read_once(some, dict[str, ReleaseView])
    missing = [one for one in edition_ids if one not in known]
    if missing:
        known.update(_read(missing))
    return {one: known[one] for one in edition_ids}


def _read(edition_ids: Collection[str]) -> dict[str, ReleaseView]:
    columns = (PublishedRelease.digest, PublishedRelease.shares_total)
    chosen = (
        select(Edition, *columns, PublishedRelease.shares_expected)
        .join(PublishedRelease, PublishedRelease.edition_id == Edition.id)
        .where(Edition.id.in_(edition_ids))
    )
    rows = session().execute(chosen).all()
    if len(rows) < len(edition_ids):
        raise NotFound(_l("There is no such release."))
    rules = collections.rules_of({row.Edition.collection_id for row in rows})
    return {
        row.Edition.id: ReleaseView(
            _edition(row.Edition),
            rules[row.Edition.collection_id],
            _parsed(row.digest, row.Edition.id),
            row.digest,
            row.shares_total,
            row.shares_total if row.shares_expected is None else row.shares_expected,
        )
        for row in rows
    }


def shares(edition_id: str) -> Mapping[str, int]:
    """Return the released shares of each producer in an edition."""
    rows = session().execute(
        select(EditionDataset.producer_id, EditionDataset.shares).where(
            EditionDataset.edition_id == edition_id, EditionDataset.shares.is_not(None)
        )
    )
    totals: dict[str, int] = {}
    for producer_id, count in rows:
        totals[producer_id] = totals.get(producer_id, 0) + (count or 0)
    return totals


def participations(producer_id: str) -> tuple[Participation, ...]:
    """Return the parts one producer's datasets had in editions."""
    chosen = select(EditionDataset).where(EditionDataset.producer_id == producer_id)
    return tuple(_participation(row) for row in session().scalars(chosen))


def published_parts(producer_id: str) -> tuple[tuple[Participation, EditionView], ...]:
    """Return the parts that one producer's data has in published editions, with these."""
    chosen = (
        select(EditionDataset, Edition)
        .join(Edition, Edition.id == EditionDataset.edition_id)
        .where(EditionDataset.producer_id == producer_id, EditionDataset.left_out == "")
        .where(Edition.published_at.is_not(None))
    )
    return tuple((_participation(part), _edition(row)) for part, row in session().execute(chosen))


def published_page(
    first: int, most: int, *, newest: bool = False, among: Collection[str] | None = None
) -> tuple[EditionView, ...]:
    """Return some of the published editions, in the order of publication.

    Parameters
    ----------
    first : int
        How many to leave out.
    newest : bool
        The other way round.
    among : collection of str or None
        Of these collections alone.
    """
    chosen = select(Edition).where(*_ON_SALE)
    if among is not None:
        chosen = chosen.where(Edition.collection_id.in_(among))
    place = Edition.catalogue_number
    chosen = chosen.order_by(place.desc() if newest else place).offset(first).limit(most)
    return tuple(_edition(row) for row in session().scalars(chosen))


def published_count() -> int:
    """Return how many editions are published and were not taken down."""
    return session().scalar(select(func.count()).select_from(Edition).where(*_ON_SALE)) or 0


def published_briefly() -> tuple[tuple[str, str, int | None, datetime], ...]:
    """Return all published editions: identifier, collection, released people, moment."""
    columns = (Edition.id, Edition.collection_id, Edition.people, Edition.published_at)
    chosen = select(*columns).where(*_ON_SALE).order_by(Edition.catalogue_number)
    rows = session().execute(chosen)
    return tuple((edition, of, people, at or EVER_AGO) for edition, of, people, at in rows)


def published_between(since: datetime, until: datetime) -> tuple[str, ...]:
    """Return the editions that were published from a moment on and before another."""
    chosen = select(Edition.id).where(Edition.published_at >= since, Edition.published_at < until)
    return tuple(session().scalars(chosen))


def producers_in(edition_ids: Collection[str]) -> frozenset[str]:
    """Return whose data some editions are of: for what tells them, and nobody else."""
    chosen = select(EditionDataset.producer_id).where(
        EditionDataset.edition_id.in_(edition_ids), EditionDataset.left_out == ""
    )
    return frozenset(session().scalars(chosen.distinct()))


def _participation(row: EditionDataset) -> Participation:
    return Participation(row.edition_id, row.dataset_id, row.producer_id, row.left_out, row.shares)


def participations_in(edition_id: str) -> tuple[Participation, ...]:
    """Return the parts of all datasets in one edition: for whoever measures it."""
    chosen = select(EditionDataset).where(EditionDataset.edition_id == edition_id)
    return tuple(_participation(row) for row in session().scalars(chosen))


def named_objects(object_ids: Collection[str]) -> frozenset[str]:
    """Return those of some objects in the vault that came to an edition."""
    chosen = select(EditionDataset.rows_object).where(EditionDataset.rows_object.in_(object_ids))
    return frozenset(session().scalars(chosen))


def has_earlier_file(part: Participation) -> bool:
    """Say whether the share of a producer in an edition stands with another of their datasets."""
    other = EditionDataset
    chosen = select(other.dataset_id).where(
        other.edition_id == part.edition_id,
        other.producer_id == part.producer_id,
        other.left_out == "",
        other.dataset_id < part.dataset_id,
    )
    return session().scalars(chosen.limit(1)).first() is not None


def participation(dataset_id: str) -> Participation | None:
    """Return the part one dataset had in its latest edition."""
    row = (
        session()
        .scalars(
            select(EditionDataset)
            .join(Edition, Edition.id == EditionDataset.edition_id)
            .where(EditionDataset.dataset_id == dataset_id)
            .order_by(Edition.number.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return None if row is None else _participation(row)


def spent(producer_id: str) -> int:
    """Return what the people of a producer have spent at most, in micro-rho."""
    row = session().get(PrivacyAccount, producer_id)
    return 0 if row is None else row.spent_micro_rho


def charges(
    producer_id: str = "", first: int = 0, most: int | None = None
) -> tuple[ChargeView, ...]:
    """Return the privacy charges, of one producer or of all, newest first.

    Parameters
    ----------
    producer_id : str
        Empty: of all.
    first : int
        How many to leave out.
    most : int or None
        At most so many.
    """
    chosen = select(PrivacyCharge).order_by(
        PrivacyCharge.charged_at.desc(),
        PrivacyCharge.producer_id,
        PrivacyCharge.subject,
        PrivacyCharge.attempt.desc(),
    )
    if producer_id:
        chosen = chosen.where(PrivacyCharge.producer_id == producer_id)
    return tuple(
        ChargeView(
            r.producer_id,
            r.subject,
            r.attempt,
            r.edition_id or "",
            r.micro_rho,
            r.extra_delta,
            r.charged_at,
        )
        for r in session().scalars(chosen.offset(first).limit(most))
    )


def shares_select() -> Select[str, str, int]:
    """Return a query for the released shares of every producer in every edition.

    Its columns are `producer_id`, `edition_id` and `shares`, one row for each pair. For work
    on whole sets, inside the database.
    """
    return (
        select(
            EditionDataset.producer_id,
            EditionDataset.edition_id,
            cast(func.sum(EditionDataset.shares), BigInteger).label("shares"),
        )
        .where(EditionDataset.shares.is_not(None))
        .group_by(EditionDataset.producer_id, EditionDataset.edition_id)
    )


def identified(text: str) -> str:
    """Return the edition whose identifier begins with a text: for the operator.

    Raises
    ------
    NotFound
    """
    found = beginning_with(Edition.id, text)
    if found is None:
        raise NotFound(_l("There is no such edition, or more than one begins like that."))
    return found
