"""The look of every few minutes: which new editions fit which alerts.

Nothing is written where an edition is published. A look reads the entries behind the last place
that alerts were told of, and compares each with each alert, in memory. It writes in one unit of
work that an alert was told, and the job that sends its e-mail: a worker killed in between, or two
at the same time, tell nobody twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, delete, or_, select

from app.alerts.kinds import Rhythm, week_told
from app.alerts.models import Alert, AlertTold
from app.alerts.queries import view_of
from app.catalog.price_lists import catalogue_number
from app.core.batches import batched
from app.core.clock import now
from app.core.db import Database, session
from app.core.dialects import Once, hold_person
from app.jobs import service as jobs
from app.releases import queries as releases
from app.search import queries as lists
from app.search.matching import Listed, matches

JOB = "alert-letter"
#: So many new editions are compared in one look; the next goes on behind them.
MOST = 2_000
#: So many people are told, and so many alerts moved on, in one unit of work.
TOGETHER = 100
#: An e-mail names so many editions, and counts the others.
NAMED = 20
#: So long it is known what somebody was told: longer than any alert waits.
KEPT = timedelta(days=60)

_once = Once(AlertTold)


@dataclass(frozen=True)
class New:
    """What a look found.

    Attributes
    ----------
    until : mapping of Rhythm to int
        Up to which place in the catalogue alerts are told.
    fitting : mapping of str to sequence of int
        For each alert that was due, the places of the editions that fit it.
    owners : mapping of str to str
        Whose each of them is.
    """

    until: Mapping[Rhythm, int]
    fitting: Mapping[str, Sequence[int]]
    owners: Mapping[str, str]


def look(db: Database) -> None:
    """Have everybody told of the new editions that fit their alerts: the schedule's task."""
    with db.unit_of_work(write=False):
        found = _found()
    if found is None:
        return
    told = {found.owners[alert_id] for alert_id, some in found.fitting.items() if some}
    for people in batched(sorted(told), TOGETHER):
        with db.unit_of_work():
            for user_id in people:
                hold_person(user_id)
            due = {alert_id for alert_id in found.owners if found.owners[alert_id] in people}
            # At once comes first: what is told today is not told again on Monday.
            for row in sorted(_locked(due), key=lambda row: (row.rhythm, row.created_at, row.id)):
                _tell(row, found)
    others = [alert_id for alert_id, owner in found.owners.items() if owner not in told]
    for some in batched(others, TOGETHER):
        with db.unit_of_work():
            for row in _locked(some):
                row.told_number = max(row.told_number, found.until[Rhythm(row.rhythm)])
    with db.unit_of_work() as unit:
        unit.execute(delete(AlertTold).where(AlertTold.told_at < now() - KEPT))


def _found() -> New | None:
    """Return which new editions fit which alerts; None where no alert is due."""
    until = {
        Rhythm.AT_ONCE: catalogue_number(),
        Rhythm.WEEKLY: releases.last_before(week_told(now())),
    }
    due = [and_(Alert.rhythm == rhythm, Alert.told_number < last) for rhythm, last in until.items()]
    rows = session().scalars(select(Alert).where(or_(*due)).order_by(Alert.id)).all()
    if not rows:
        return None
    first = min(row.told_number for row in rows)
    new = lists.came_between(first, max(until.values()), MOST)
    if len(new) == MOST:
        until = {rhythm: min(last, new[-1].id) for rhythm, last in until.items()}
    return New(
        until,
        {row.id: _fitting(row, new) for row in rows},
        {row.id: row.user_id for row in rows},
    )


def _fitting(row: Alert, new: Iterable[Listed]) -> tuple[int, ...]:
    asked = view_of(row).asked
    return tuple(one.id for one in new if one.id > row.told_number and matches(one, asked))


def _locked(alert_ids: Iterable[str]) -> Sequence[Alert]:
    """Return those of some alerts that are still there; nobody else writes them meanwhile."""
    chosen = select(Alert).where(Alert.id.in_(sorted(alert_ids))).order_by(Alert.id)
    return session().scalars(chosen.with_for_update()).all()


def _tell(row: Alert, found: New) -> None:
    """Have the e-mail of an alert made, of what its owner was not told of yet."""
    until, moment = found.until[Rhythm(row.rhythm)], now()
    told = [
        number
        for number in found.fitting[row.id]
        if row.told_number < number <= until
        and _once.insert(user_id=row.user_id, number=number, told_at=moment)
    ]
    row.told_number = max(row.told_number, until)
    if told:
        row.told_at = moment
        newest = sorted(told, reverse=True)[:NAMED]
        payload = {"alert": row.id, "numbers": newest, "more": len(told) - len(newest)}
        jobs.enqueue(JOB, f"{JOB}:{row.id}:{told[-1]}", payload)
