"""Entries of a diary: kept until their month has closed, and made into the cells of that month."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.collections.own_diaries import every_diary
from app.contributions import cells, service
from app.contributions.cells import Entry, Read
from app.contributions.models import Contribution, DiaryEntry
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor
from app.datasets.service import Checking
from app.releases.periods import open_period
from app.users import service as users
from traces.diary import MOST_ENTRIES, Diary, Role

_ROWS = pa.schema([("answers", pa.string())])
#: An entry may be about a day so long ago.
FARTHEST = timedelta(days=45)


@dataclass(frozen=True)
class EntryView:
    """An entry as its owner sees it.

    Attributes
    ----------
    open : bool
        It can be changed, until its month closes.
    counts : bool
        It is in the cells of its month: no number is left unsaid.
    """

    id: str
    day: str
    answers: Mapping[str, str]
    open: bool
    counts: bool


def diary_of(key: str) -> Diary:
    """Return a diary.

    Raises
    ------
    NotFound
    """
    known = every_diary().get(key)
    if known is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return known


def day_of(text: str) -> str:
    """Return a day that an entry may be about, "YYYY-MM-DD"; today where none is named.

    Raises
    ------
    Conflict
    """
    today = now().date()
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = date.min
    if not today - FARTHEST <= day <= today + timedelta(days=1) or f"{day:%Y-%m}" < open_period():
        raise Conflict(_l("Choose a day of this month or of the month that is counted next."))
    return day.isoformat()


def read_of(diary: Diary, entries: Sequence[Entry], key: bytes) -> Read:
    """Return what some entries would give, for a person who has not agreed to anything yet."""
    months = {}
    for month in {entry.day[:7] for entry in entries}:
        said = [entry.answers for entry in entries if entry.day[:7] == month]
        made = diary.cells(said, month, key)
        months[month] = tuple(cells.Cell(c.values, c.measures) for c in made)
    return Read(diary.key, {diary.key: months}, 1, {}, (), tuple(entries))


def cell_of(entry: Entry) -> tuple[str, ...]:
    """Return the cell that an entry counts in: its answers to the questions that divide people."""
    asks = diary_of(entry.template).asks
    return tuple(entry.answers[ask.key] for ask in asks if ask.role is Role.DIMENSION)


def keep(actor: Actor, doors: Checking, entry: Entry) -> None:
    """Keep an entry, sealed.

    Raises
    ------
    Conflict
        Where the month has as many as it takes.
    """
    users.hold_open(actor.user_id)
    _need_room(actor, entry.template, entry.day[:7])
    session().add(
        DiaryEntry(
            id=new_id(),
            user_id=actor.user_id,
            template=entry.template,
            day=entry.day,
            object_id=sealed(doors, entry.answers),
        )
    )
    session().flush()


def add(actor: Actor, doors: Checking, entry: Entry, key: bytes) -> None:
    """Add an entry to a diary that somebody keeps already."""
    keep(actor, doors, entry)
    count_again(actor, doors, entry.template, entry.day[:7], key)
    audit.record(actor.user_id, "write-diary", "template", entry.template)


def found(actor: Actor, doors: Checking, entry_id: str) -> tuple[str, EntryView]:
    """Return one's own entry, to be corrected, and its diary.

    Raises
    ------
    NotFound
    """
    row = _own(actor, entry_id)
    return row.template, _view(doors, row)


def correct(actor: Actor, doors: Checking, entry_id: str, entry: Entry, key: bytes) -> None:
    """Put another day and other answers in the place of one's own entry.

    Raises
    ------
    NotFound
    Conflict
        Where its month is closed, or the new one has as many as it takes.
    """
    row = _own(actor, entry_id)
    before, month = row.day[:7], entry.day[:7]
    if before < open_period():
        raise Conflict(_l("This month is counted already. Its entries can no longer be changed."))
    if month != before:
        _need_room(actor, row.template, month)
    doors.vault.erase(row.object_id)
    row.day, row.object_id = entry.day, sealed(doors, entry.answers)
    session().flush()
    for each in sorted({before, month}):
        count_again(actor, doors, row.template, each, key)
    audit.record(actor.user_id, "correct-diary", "template", row.template)


def remove(actor: Actor, doors: Checking, entry_id: str, key: bytes) -> str:
    """Remove one's own entry; return its diary.

    Raises
    ------
    NotFound
    """
    row = _own(actor, entry_id)
    template, month = row.template, row.day[:7]
    doors.vault.erase(row.object_id)
    session().delete(row)
    session().flush()
    count_again(actor, doors, template, month, key)
    return template


def entries(actor: Actor, doors: Checking, template: str) -> tuple[EntryView, ...]:
    """Return one's own entries, the latest day first."""
    return tuple(_view(doors, row) for row in reversed(_rows(actor, template)))


def has_written(user_id: str, template: str, day: str) -> bool:
    """Say whether somebody has an entry of a day."""
    chosen = select(DiaryEntry.id).where(
        DiaryEntry.user_id == user_id, DiaryEntry.template == template, DiaryEntry.day == day
    )
    return session().scalar(chosen.limit(1)) is not None


def erase_all(actor: Actor, doors: Checking, template: str = "") -> None:
    """Erase one's own entries, of one diary or of all."""
    for row in _rows(actor, template):
        doors.vault.erase(row.object_id)
        session().delete(row)


def erase_named(doors: Checking, object_ids: Collection[str]) -> None:
    """Erase the entries that name one of some objects: in a database that was restored."""
    for row in session().scalars(select(DiaryEntry).where(DiaryEntry.object_id.in_(object_ids))):
        doors.vault.erase(row.object_id)
        session().delete(row)


def expire(doors: Checking) -> None:
    """Erase entries whose month has closed: what stays of them is the month's cells."""
    with doors.db.unit_of_work():
        last = f"{open_period()}-00"
        for row in session().scalars(select(DiaryEntry).where(DiaryEntry.day < last).limit(5_000)):
            doors.vault.erase(row.object_id)
            session().delete(row)


def count_again(actor: Actor, doors: Checking, template: str, month: str, key: bytes) -> None:
    """Make a month's cells of all its entries."""
    diary = diary_of(template)
    # Locked first: of two entries at once the second counts the first one, too.
    row = session().get(Contribution, (actor.user_id, template), with_for_update=True)
    said = [unsealed(doors, each.object_id) for each in _rows(actor, template, month)]
    made = diary.cells(said, month, key)
    if row is not None:
        months = {month: tuple(cells.Cell(c.values, c.measures) for c in made)}
        service.replace_months(actor, doors, row, months)


def _rows(actor: Actor, template: str = "", month: str = "") -> list[DiaryEntry]:
    chosen = select(DiaryEntry).where(DiaryEntry.user_id == actor.user_id)
    if template:
        chosen = chosen.where(DiaryEntry.template == template)
    if month:
        chosen = chosen.where(DiaryEntry.day.startswith(month))
    # As they stand now: what was read before a lock was waited for may have been corrected since.
    fresh = chosen.order_by(DiaryEntry.day, DiaryEntry.id).execution_options(populate_existing=True)
    return list(session().scalars(fresh))


def _own(actor: Actor, entry_id: str) -> DiaryEntry:
    # Locked: of two corrections at once the second one replaces the first, and nothing is lost.
    row = session().get(DiaryEntry, entry_id, with_for_update=True)
    if row is None or row.user_id != actor.user_id:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return row


def _need_room(actor: Actor, template: str, month: str) -> None:
    if len(_rows(actor, template, month)) >= MOST_ENTRIES:
        raise Conflict(_l("This month has as many entries as it can take."))


def _view(doors: Checking, row: DiaryEntry) -> EntryView:
    answers = unsealed(doors, row.object_id)
    counts = diary_of(row.template).counts(answers)
    return EntryView(row.id, row.day, answers, row.day[:7] >= open_period(), counts)


def sealed(doors: Checking, answers: Mapping[str, str]) -> str:
    """Put answers into the vault; return the name of their object."""
    object_id = new_id()
    content = pa.record_batch([[json.dumps(dict(answers))]], schema=_ROWS)
    doors.vault.write_small(object_id, content)
    return object_id


def unsealed(doors: Checking, object_id: str) -> dict[str, str]:
    """Return answers from the vault."""
    for batch in doors.vault.batches(object_id):
        answers: dict[str, str] = json.loads(batch.column(0)[0].as_py())
        return answers
    return defaultdict(str)
