from collections.abc import Collection

from sqlalchemy import delete

from app.contributions import reminders
from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.core.dialects import hold_person
from app.core.permissions import Actor
from app.notices.kinds import SWITCHED, Kind
from app.notices.models import NoticeChoice, NoticeReader


def mark_seen(actor: Actor) -> None:
    """Note that somebody has read all notices up to now."""
    reader(actor.user_id).seen_at = now()


def choose(actor: Actor, wanted: Collection[Kind], diaries: Collection[str] = ()) -> None:
    """Keep which kinds of notices somebody wants by e-mail, and of which diaries reminders."""
    hold_person(actor.user_id)
    for template in {*reminders.wanted(actor.user_id), *diaries}:
        reminders.choose(actor, template, on=template in diaries)
    for kind in SWITCHED:
        _set(actor.user_id, kind, by_email=kind in wanted)
    audit.record(actor.user_id, "choose-notices", "user", actor.user_id)


def stop_by_email(user_id: str, kinds: Collection[Kind]) -> None:
    """Send somebody no more e-mails of some kinds."""
    hold_person(user_id)
    if Kind.REMIND in kinds:
        reminders.stop_all(user_id)
    for kind in set(kinds) - {Kind.REMIND}:
        _set(user_id, kind, by_email=False)
    audit.record(user_id, "stop-notices", "user", user_id, kinds=" ".join(sorted(kinds)))


def forget(user_id: str) -> None:
    """Forget what somebody read and chose, with their account."""
    session().execute(delete(NoticeChoice).where(NoticeChoice.user_id == user_id))
    session().execute(delete(NoticeReader).where(NoticeReader.user_id == user_id))


def reader(user_id: str) -> NoticeReader:
    """Return the row of somebody who is told things, locked."""
    row = session().get(NoticeReader, user_id, with_for_update=True)
    if row is None:
        hold_person(user_id)
        row = session().get(NoticeReader, user_id, with_for_update=True)
    if row is None:
        row = NoticeReader(user_id=user_id, mailed_day="", mailed_month="", reminded_day="")
        session().add(row)
        session().flush()
    return row


def _set(user_id: str, kind: Kind, *, by_email: bool) -> None:
    row = session().get(NoticeChoice, (user_id, kind))
    if row is None:
        session().add(NoticeChoice(user_id=user_id, kind=kind, by_email=by_email))
    else:
        row.by_email = by_email
