"""Diaries that an operator writes: drawn up, looked at, opened, and closed; never changed.

Another version of an open diary is a template of its own, with its own collection and consent, so
that no answer of one is ever counted in the other. It takes the place of the one before.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.collections import own_diaries, plans, queries, templates
from app.collections.errors import DiaryRefused
from app.collections.models import Collection, OwnDiary
from app.collections.rules import CollectionRules, Purpose
from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role, require
from privacy.errors import PrivacyError
from privacy.plan.noise_plan import NoisePlan
from traces.diary import Diary, diary
from traces.errors import InvalidTemplate

PREFIX = "diary_"


@dataclass(frozen=True)
class OwnDiaryView:
    """A diary that an operator opened."""

    diary: Diary
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class DrawnUp:
    """A diary that could be opened: what it would be, and what would be kept of it.

    Attributes
    ----------
    follows : str
        The key of the open version that it would take the place of; empty where there is none.
    """

    name: str
    diary: Diary
    content: str
    follows: str
    rules: CollectionRules
    plan: NoisePlan


def written(actor: Actor) -> tuple[OwnDiaryView, ...]:
    """Return the diaries that operators opened, the latest first."""
    require(actor, Role.OPERATOR)
    rows = session().scalars(select(OwnDiary).order_by(OwnDiary.opened_at.desc(), OwnDiary.key))
    return tuple(
        OwnDiaryView(own_diaries.read(row.content), row.opened_at, row.closed_at) for row in rows
    )


def draw_up(actor: Actor, name: str, facts: Mapping[str, Any]) -> DrawnUp:
    """Return a diary as it would be opened at this moment; nothing is kept.

    Parameters
    ----------
    name : str
        Of all its versions.
    facts : mapping
        As a data file of `traces.diary` has them, without key and version.

    Raises
    ------
    Forbidden, DiaryRefused
    """
    require(actor, Role.OPERATOR)
    chosen = select(func.max(OwnDiary.version)).where(OwnDiary.name == name)
    version = (session().scalar(chosen) or 0) + 1
    key = f"{PREFIX}{name}" if version == 1 else f"{PREFIX}{name}_{version}"
    if key in templates.every_template():
        raise _taken()
    whole = {**facts, "key": key, "version": version}
    try:
        made = diary(whole)
        rules = _rules(made)
        plan = plans.on_show(rules)
    except InvalidTemplate as error:
        raise DiaryRefused(
            _l("This cannot be opened: %(rule)s."), error.place, rule=error.rule
        ) from None
    except PrivacyError as error:
        raise DiaryRefused(_l("This cannot be opened: %(rule)s."), (), rule=str(error)) from None
    open_now = select(OwnDiary.key).where(OwnDiary.name == name, OwnDiary.closed_at.is_(None))
    content = json.dumps(whole, sort_keys=True, ensure_ascii=False)
    return DrawnUp(name, made, content, session().scalar(open_now) or "", rules, plan)


def open_diary(actor: Actor, drawn: DrawnUp) -> str:
    """Open a diary, and close the version before; return its key.

    Raises
    ------
    Forbidden, DiaryRefused
    """
    require(actor, Role.OPERATOR)
    template = drawn.diary.template
    row = OwnDiary(
        key=template.key,
        name=drawn.name,
        version=template.version,
        content=drawn.content,
        opened_at=now(),
        opened_by=actor.user_id,
    )
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        # Another operator opened one of this name between our look and our writing.
        raise _taken() from None
    own_diaries.look_again()
    if drawn.follows:
        close(actor, drawn.follows)
    plans.keep(queries.rules(templates.found(template)))
    audit.record(actor.user_id, "open-diary", "template", template.key)
    return template.key


def close(actor: Actor, key: str) -> None:
    """Close a diary for good: it takes no more entries; what waits is counted on its day.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.OPERATOR)
    row = session().get(OwnDiary, key, with_for_update=True)
    if row is None or row.closed_at is not None:
        raise NotFound(_l("There is no such diary, or it is closed already."))
    row.closed_at = now()
    session().execute(update(Collection).where(Collection.template == key).values(open=False))
    session().flush()
    audit.record(actor.user_id, "close-diary", "template", key)


def _taken() -> DiaryRefused:
    words = _l("There is a diary of this name. Give yours another one.")
    return DiaryRefused(words, ("title",))


def _rules(made: Diary) -> CollectionRules:
    """Return the rules that the collection of a diary would have."""
    template = made.template
    return CollectionRules(
        id="",
        owner_id="",
        title=templates.words_of(template.title),
        description=templates.words_of(template.question),
        topic="other",
        person="person",
        record="month",
        schema=templates.schema_of(template),
        columns=(),
        ways=templates.WAYS,
        epsilon=float(template.epsilon),
        delta=10.0**-templates.DELTA_EXPONENT,
        purposes=frozenset(Purpose),
        edition_days=templates.DAYS_OF_A_MONTH,
        currency="EUR",
        open=False,
        created_at=now(),
        minimum_people=template.minimum_people,
        template=template.key,
    )
