"""Entries of a diary: kept until their month has closed, and made into the cells of that month."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.contributions import cells, service
from app.contributions.cells import Entry, Read
from app.contributions.models import Contribution, DiaryEntry
from app.core import audit
from app.core.db import new_id, session
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor
from app.datasets.service import Checking
from app.releases.periods import open_period
from traces.diary import MOST_ENTRIES, Diary, diaries

_ROWS = pa.schema([("answers", pa.string())])
#: An entry may be about a day so long ago.
FARTHEST = timedelta(days=45)


@dataclass(frozen=True)
class EntryView:
    """An entry as its owner sees it; it can be changed until its month closes."""

    id: str
    day: str
    answers: Mapping[str, str]
    open: bool


def diary_of(key: str) -> Diary:
    """Return a diary.

    Raises
    ------
    NotFound
    """
    found = diaries().get(key)
    if found is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return found


def day_of(text: str) -> str:
    """Return a day that an entry may be about, "YYYY-MM-DD"; today where none is named.

    Raises
    ------
    Conflict
    """
    today = datetime.now(UTC).date()
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = date.min
    if not today - FARTHEST <= day <= today + timedelta(days=1) or f"{day:%Y-%m}" < open_period():
        raise Conflict(_l("Choose a day of this month or of the month that is counted next."))
    return day.isoformat()


def read_of(diary: Diary, entry: Entry, key: bytes) -> Read:
    """Return what one entry would give, for a person who has not agreed to anything yet."""
    month = entry.day[:7]
    made = diary.cells([entry.answers], month, key)
    months = {month: tuple(cells.Cell(c.values, c.measures) for c in made)}
    return Read(diary.key, {diary.key: months}, 1, {}, (), (entry,))


def keep(actor: Actor, doors: Checking, entry: Entry) -> None:
    """Keep an entry, sealed.

    Raises
    ------
    Conflict
        Where the month has as many as it takes.
    """
    month = entry.day[:7]
    if len(_rows(actor, entry.template, month)) >= MOST_ENTRIES:
        raise Conflict(_l("This month has as many entries as it can take."))
    object_id = new_id()
    content = pa.record_batch([[json.dumps(dict(entry.answers))]], schema=_ROWS)
    doors.vault.write_small(object_id, content)
    session().add(
        DiaryEntry(
            id=new_id(),
            user_id=actor.user_id,
            template=entry.template,
            day=entry.day,
            object_id=object_id,
        )
    )
    session().flush()


def add(actor: Actor, doors: Checking, entry: Entry, key: bytes) -> None:
    """Add an entry to a diary that somebody keeps already."""
    keep(actor, doors, entry)
    count_again(actor, doors, entry.template, entry.day[:7], key)
    audit.record(actor.user_id, "write-diary", "template", entry.template)


def remove(actor: Actor, doors: Checking, entry_id: str, key: bytes) -> str:
    """Remove one's own entry; return its diary.

    Raises
    ------
    NotFound
    """
    row = session().get(DiaryEntry, entry_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound(_l("There is no such page, or it is not yours."))
    template, month = row.template, row.day[:7]
    doors.vault.erase(row.object_id)
    session().delete(row)
    session().flush()
    count_again(actor, doors, template, month, key)
    return template


def entries(actor: Actor, doors: Checking, template: str) -> tuple[EntryView, ...]:
    """Return one's own entries, the latest day first."""
    return tuple(
        EntryView(row.id, row.day, _answers(doors, row), row.day[:7] >= open_period())
        for row in reversed(_rows(actor, template))
    )


def erase_all(actor: Actor, doors: Checking, template: str = "") -> None:
    """Erase one's own entries, of one diary or of all."""
    for row in _rows(actor, template):
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
    said = [_answers(doors, row) for row in _rows(actor, template, month)]
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
    return list(session().scalars(chosen.order_by(DiaryEntry.day, DiaryEntry.id)))


def _answers(doors: Checking, row: DiaryEntry) -> dict[str, str]:
    for batch in doors.vault.batches(row.object_id):
        answers: dict[str, str] = json.loads(batch.column(0)[0].as_py())
        return answers
    return defaultdict(str)
