"""Which diaries somebody wants to be reminded of in the evening; none before they ask for it."""

from sqlalchemy import delete, select

from app.collections.templates import collection_of
from app.contributions import diary_entries, queries
from app.contributions.models import DiaryReminder
from app.core import audit
from app.core.db import session
from app.core.dialects import hold_person
from app.core.permissions import Actor


def wanted(user_id: str) -> frozenset[str]:
    """Return the diaries that somebody wants to be reminded of."""
    chosen = select(DiaryReminder.template).where(DiaryReminder.user_id == user_id)
    return frozenset(session().scalars(chosen))


def choose(actor: Actor, template: str, *, on: bool) -> None:
    """Keep whether somebody wants to be reminded of a diary; nobody is of one they do not give."""
    hold_person(actor.user_id)
    row = session().get(DiaryReminder, (actor.user_id, template))
    if on and row is None and queries.gives(actor, template):
        session().add(DiaryReminder(user_id=actor.user_id, template=template))
    elif not on and row is not None:
        session().delete(row)
    else:
        return
    session().flush()
    audit.record(actor.user_id, "remind-diary" if on else "do-not-remind", "template", template)


def stop_all(user_id: str) -> None:
    """Remind somebody of nothing any more."""
    session().execute(delete(DiaryReminder).where(DiaryReminder.user_id == user_id))


def reminded() -> frozenset[str]:
    """Return who wants to be reminded of a diary."""
    return frozenset(session().scalars(select(DiaryReminder.user_id).distinct()))


def due(actor: Actor, day: str) -> tuple[str, ...]:
    """Return the diaries to remind somebody of: wanted, given, open, and without an entry."""
    return tuple(
        key
        for key in sorted(wanted(actor.user_id))
        if queries.gives(actor, key)
        and collection_of(key)
        and not diary_entries.has_written(actor.user_id, key, day)
    )
