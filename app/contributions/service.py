"""Joining a template, and what follows month after month: offer, skip, stop, erase."""

import json
from collections.abc import Collection, Iterator

import pyarrow as pa
import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.collections import queries as collections
from app.collections.rules import Purpose
from app.collections.templates import collection_of, collections_of
from app.consent import service as consent
from app.contributions import cells
from app.contributions.cells import Months, Read
from app.contributions.errors import NothingToGive
from app.contributions.models import Contribution
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.datasets import slices
from app.datasets.service import Checking
from app.releases.periods import open_period
from app.users import queries as users
from app.users import service as users_service

log = structlog.get_logger("contributions")
_TRACE = pa.schema([("cells", pa.string())])


def join(
    actor: Actor,
    doors: Checking,
    read: Read,
    purposes: frozenset[Purpose],
    *,
    explicit: bool = False,
) -> None:
    """Give what was read to its templates, now and for the months to come.

    What somebody gave of the same months before is replaced, until its edition closes.

    Parameters
    ----------
    explicit : bool
        Whether they agreed explicitly to what is about health; left out otherwise.

    Raises
    ------
    NothingToGive, NotFound
    """
    users_service.hold_open(actor.user_id)
    consent.agree(actor, purposes)
    given = False
    for key, months in read.traces.items():
        template, collection = cells.template_of(key), collection_of(key)
        if template is None or collection is None or not months:
            continue
        if template.sensitive and not explicit:
            continue
        kept = {month: cells.checked(template, each) for month, each in months.items() if each}
        if not kept:
            continue
        row = session().get(Contribution, (actor.user_id, key), with_for_update=True)
        if row is None:
            row = Contribution(user_id=actor.user_id, template=key, joined_at=now(), skipped="")
            session().add(row)
        else:
            same = row.template_version == template.version
            before = trace(actor, doors, key) if same else {}
            kept = dict(sorted({**before, **kept}.items())[-cells.MOST_MONTHS :])
            doors.vault.erase(row.object_id)
        row.imported_at, row.stopped_at = now(), None
        row.template_version = template.version
        row.explicit_at = now() if template.sensitive else None
        row.purposes = " ".join(sorted(purposes))
        row.format_ids = " ".join(read.format_ids)[:300]
        _write(row, doors, kept)
        month = _offer(row, doors, kept)
        audit.record(actor.user_id, "contribute", "template", key, month=month)
        given = True
    if not given:
        raise NothingToGive(_l("There is nothing in it that can be given."))


def replace_months(actor: Actor, doors: Checking, row: Contribution, months: Months) -> None:
    """Put other cells in the place of some months; a month without any is taken back."""
    kept = {**trace(actor, doors, row.template), **months}
    doors.vault.erase(row.object_id)
    row.imported_at = now()
    _write(row, doors, {month: each for month, each in kept.items() if each})
    if not months.get(open_period(), ("unchanged",)):
        _take_back(row.user_id, doors, row.template, open_period())
    _offer(row, doors, kept)


def _write(row: Contribution, doors: Checking, kept: Months) -> None:
    row.object_id = new_id()
    row.first_month, row.last_month = min(kept, default=""), max(kept, default="")
    content = json.dumps(cells.to_plain(kept), separators=(",", ":"))
    doors.vault.write_small(row.object_id, pa.record_batch([[content]], schema=_TRACE))


def trace(actor: Actor, doors: Checking, template: str) -> Months:
    """Return one's own cells of all months: nobody else can call this."""
    row = session().get(Contribution, (actor.user_id, template))
    if row is None:
        return {}
    for batch in doors.vault.batches(row.object_id):
        return cells.from_plain(json.loads(batch.column(0)[0].as_py()))
    return {}


def skip(actor: Actor, doors: Checking, template: str) -> None:
    """Leave the month that comes next out."""
    row = _own(actor, template)
    row.skipped = open_period()
    _take_back(actor.user_id, doors, template, row.skipped)
    audit.record(actor.user_id, "skip-month", "template", template)


def give_after_all(actor: Actor, doors: Checking, template: str) -> None:
    """Give the month that comes next, skipped or stopped before."""
    row, known = _own(actor, template), cells.template_of(template)
    if known is not None and known.sensitive and row.explicit_at is None:
        raise Conflict(_l("This is about health: choose your file again to agree to it again."))
    row.skipped, row.stopped_at = "", None
    audit.record(actor.user_id, "give-month", "template", template)
    _offer(row, doors, trace(actor, doors, template))


def agree_to(actor: Actor, template: str, purposes: frozenset[Purpose]) -> None:
    """Change what one thing that somebody gives may be sold for."""
    users_service.hold_open(actor.user_id)
    row = _own(actor, template)
    consent.agree(actor, purposes)
    row.purposes = " ".join(sorted(purposes))
    for collection in collections_of(template):
        slices.agree(actor.user_id, collection, collections.rules(collection).level(purposes))
    audit.record(actor.user_id, "change-consent", "template", template, purposes=row.purposes)


def stop(actor: Actor, doors: Checking, template: str) -> None:
    """Give nothing more; what waits is taken back, one's own cells stay until they are erased."""
    row = _own(actor, template)
    row.stopped_at, row.explicit_at = row.stopped_at or now(), None
    _take_back(actor.user_id, doors, template, "")
    audit.record(actor.user_id, "stop-contribution", "template", template)


def erase(actor: Actor, doors: Checking, template: str) -> None:
    """Erase one's own cells of a template and stop giving."""
    row = _own(actor, template)
    _take_back(actor.user_id, doors, template, "")
    doors.vault.erase(row.object_id)
    session().delete(row)
    audit.record(actor.user_id, "erase-contribution", "template", template)


def erase_all(actor: Actor, doors: Checking) -> None:
    """Erase all that somebody contributed, with their account."""
    chosen = select(Contribution.template).where(Contribution.user_id == actor.user_id)
    for template in session().scalars(chosen).all():
        erase(actor, doors, template)


def erase_named(doors: Checking, object_ids: Collection[str]) -> None:
    """Erase what names one of some objects: in a database that was restored."""
    chosen = select(Contribution).where(Contribution.object_id.in_(object_ids))
    for row in session().scalars(chosen).all():
        erase(Actor(row.user_id, frozenset()), doors, row.template)


def offer_own(user_id: str, doors: Checking) -> None:
    """Offer the open month of one person: once they have confirmed their address."""
    chosen = select(Contribution).where(Contribution.user_id == user_id).with_for_update()
    for row in session().scalars(chosen).all():
        collection = collection_of(row.template)
        if collection is None or slices.has_given(user_id, collection, open_period()):
            continue
        try:
            months = trace(Actor(user_id, frozenset()), doors, row.template)
        except slices.UNREADABLE as error:
            # Of one template: the others go in all the same.
            log.error("offer", error=type(error).__name__)
            continue
        if month := _offer(row, doors, months):
            audit.record(user_id, "give-month", "template", row.template, month=month)


def offer_due(doors: Checking) -> None:
    """Offer the open month of everybody who gives: the schedule's task, before editions close."""
    for user_id, template in _waiting(doors):
        try:
            with doors.db.unit_of_work():
                row = session().get(Contribution, (user_id, template), with_for_update=True)
                months = trace(Actor(user_id, frozenset()), doors, template)
                if row is not None and (month := _offer(row, doors, months)):
                    audit.record(user_id, "give-month", "template", template, month=month)
        except slices.UNREADABLE as error:
            # Of one person: everybody else's months go in all the same.
            log.error("offer", error=type(error).__name__)


def _waiting(doors: Checking) -> Iterator[tuple[str, str]]:
    with doors.db.unit_of_work(write=False):
        period, due = open_period(), []
        for template in session().scalars(select(Contribution.template).distinct()).all():
            if (collection := collection_of(template)) is None:
                continue
            chosen = select(Contribution.user_id).where(
                Contribution.template == template,
                Contribution.stopped_at.is_(None),
                Contribution.skipped != period,
                Contribution.last_month >= period,
                Contribution.user_id.not_in(slices.givers_select(collection, period)),
            )
            due += [(user_id, template) for user_id in session().scalars(chosen)]
    yield from due


def _offer(row: Contribution, doors: Checking, months: Months) -> str:
    """Let the open month wait for its edition, in place of what waits of it; return the month.

    Not before the address is confirmed: empty then, and where there is nothing of that month.
    """
    period, collection = open_period(), collection_of(row.template)
    template, profile = cells.template_of(row.template), users.user(row.user_id)
    if template is None or collection is None or profile is None or not profile.verified:
        return ""
    if row.stopped_at is not None or row.skipped == period or not months.get(period):
        return ""
    if template.sensitive and row.explicit_at is None:
        return ""
    if row.template_version != template.version:
        # Cells of another version mean something else: a new file says it anew.
        return ""
    rules = collections.rules(collection)
    agreed = rules.level(frozenset(Purpose(p) for p in row.purposes.split()))
    batch = cells.batch_of(template, months[period])
    slices.offer(row.user_id, doors, slices.Offer(collection, period, agreed), batch)
    return period


def _take_back(user_id: str, doors: Checking, template: str, period: str) -> None:
    # What waits in a collection that takes no more data is somebody's own as well.
    for collection in collections_of(template):
        slices.take_back(user_id, doors, collection, period)


def _own(actor: Actor, template: str) -> Contribution:
    row = session().get(Contribution, (actor.user_id, template), with_for_update=True)
    if row is None:
        raise NothingToGive(_l("You do not give this."))
    return row
