"""Half-filled entries of diaries, one of each diary: sealed, and never counted.

Somebody who is signed in finds theirs for a week. A visitor's is sealed by the key of their
browser, for two hours, as what they read is.
"""

import json
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.contributions import by_browser, diary_entries
from app.contributions.models import DiaryDraft
from app.core.clock import now
from app.core.db import session
from app.core.permissions import Actor
from app.datasets.service import Checking
from app.users import service as users
from traces.diary import Diary

LIFE = timedelta(days=7)
LIFE_OF_VISITORS = timedelta(hours=2)
#: The name of a visitor's key in the browser's session.
KEY = "draft"
DAY = "day"


@dataclass(frozen=True)
class Draft:
    """What somebody has ticked so far: the day "YYYY-MM-DD", and the answers there are."""

    template: str
    day: str
    answers: Mapping[str, str]
    until: datetime | None = None


def drafted(diary: Diary, form: Mapping[str, str]) -> Draft:
    """Return what can be kept of a half-filled form: what nobody could tick is left out."""
    answers = {
        ask.key: form[ask.key]
        for ask in diary.asks
        if form.get(ask.key) in {value.key for value in ask.answers}
    }
    return Draft(diary.key, _day(form.get(DAY, "")), answers)


def keep(actor: Actor, doors: Checking, draft: Draft) -> None:
    """Keep a draft, in place of the one of its diary before."""
    users.hold_open(actor.user_id)
    row = _own(actor, draft.template)
    object_id = diary_entries.sealed(doors, {**draft.answers, DAY: draft.day})
    if row is None:
        row = DiaryDraft(user_id=actor.user_id, template=draft.template)
        session().add(row)
    else:
        doors.vault.erase(row.object_id)
    row.object_id, row.expires_at = object_id, now() + LIFE
    session().flush()


def find(actor: Actor, doors: Checking, template: str) -> Draft | None:
    """Return one's own draft of a diary."""
    row = session().get(DiaryDraft, (actor.user_id, template))
    if row is None or row.expires_at <= now():
        return None
    answers = dict(diary_entries.unsealed(doors, row.object_id))
    return Draft(template, answers.pop(DAY, ""), answers, row.expires_at)


def every(actor: Actor, doors: Checking) -> tuple[Draft, ...]:
    """Return all of one's own drafts."""
    chosen = select(DiaryDraft.template).where(DiaryDraft.user_id == actor.user_id)
    keys = session().scalars(chosen.order_by(DiaryDraft.template)).all()
    return tuple(draft for key in keys if (draft := find(actor, doors, key)) is not None)


def forget(actor: Actor, doors: Checking, template: str) -> None:
    """Forget one's own draft of a diary."""
    row = _own(actor, template)
    if row is not None:
        _erase(doors, row)


def erase_all(actor: Actor, doors: Checking) -> None:
    """Erase all of one's own drafts."""
    chosen = select(DiaryDraft).where(DiaryDraft.user_id == actor.user_id)
    for row in session().scalars(chosen.with_for_update()).all():
        _erase(doors, row)


def erase_named(doors: Checking, object_ids: Collection[str]) -> None:
    """Erase the drafts that name one of some objects: in a database that was restored."""
    chosen = select(DiaryDraft).where(DiaryDraft.object_id.in_(object_ids))
    for row in session().scalars(chosen.with_for_update()).all():
        _erase(doors, row)


def expire(doors: Checking) -> None:
    """Erase the drafts whose time is over: the schedule's task."""
    with doors.db.unit_of_work():
        late = select(DiaryDraft).where(DiaryDraft.expires_at <= now()).limit(5_000)
        for row in session().scalars(late.with_for_update(skip_locked=True)).all():
            _erase(doors, row)


def keep_for_visitor(browser: MutableMapping[str, Any], draft: Draft) -> None:
    """Seal a visitor's draft by their browser's key, in place of the one of its diary before."""
    known = {**_of_visitor(browser), draft.template: [draft.day, dict(draft.answers)]}
    by_browser.seal(browser, KEY, json.dumps(known).encode(), LIFE_OF_VISITORS)


def find_for_visitor(browser: MutableMapping[str, Any], template: str) -> Draft | None:
    """Return what this browser has drafted of a diary."""
    known = _of_visitor(browser).get(template)
    return None if known is None else Draft(template, *known)


def forget_for_visitor(browser: MutableMapping[str, Any]) -> None:
    """Forget what this browser has drafted."""
    by_browser.forget(browser, KEY)


def _of_visitor(browser: MutableMapping[str, Any]) -> dict[str, Any]:
    content = by_browser.opened(browser, KEY)
    known: dict[str, Any] = json.loads(content) if content else {}
    return known


def _own(actor: Actor, template: str) -> DiaryDraft | None:
    return session().get(DiaryDraft, (actor.user_id, template), with_for_update=True)


def _erase(doors: Checking, row: DiaryDraft) -> None:
    doors.vault.erase(row.object_id)
    session().delete(row)
    session().flush()


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 (a day)
    except ValueError:
        return ""
