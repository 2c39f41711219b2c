from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, case, func, select, true

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.questions.models import Question
from app.releases import queries as releases
from app.releases.queries import EditionView
from app.users import queries as users

#: So many are listed, the newest.
MOST = 100


@dataclass(frozen=True)
class QuestionView:
    """A question about an edition.

    Attributes
    ----------
    asker_id : str
        Shown to nobody but operators.
    answer : str
        Empty until there is one.
    """

    id: str
    edition: EditionView
    rules: CollectionRules
    asker_id: str
    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


def asked_by(user_id: str) -> tuple[QuestionView, ...]:
    """Return what somebody asked, newest first."""
    return _views(Question.asker_id == user_id, Question.asked_at.desc())


def asked_of(actor: Actor) -> tuple[QuestionView, ...]:
    """Return what somebody may answer, of their own collections or of all.

    What waits stands in front, the longest first, so that no number of new ones hides it.
    """
    answered = Question.answered_at.is_not(None)
    waited = case((answered, None), else_=Question.asked_at)
    return _views(_answerable(actor), answered, waited, Question.asked_at.desc())


def question(actor: Actor, question_id: str) -> Question:
    """Return a question that somebody may answer.

    Raises
    ------
    NotFound
    """
    chosen = select(Question).where(Question.id == question_id, _answerable(actor))
    found = session().scalars(chosen.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(_l("There is no such question."))
    return found


def count_asked(user_id: str, since: datetime) -> int:
    """Count what somebody asked since a moment."""
    return _count(Question.asker_id == user_id, Question.asked_at >= since)


def count_news(actor: Actor, since: datetime) -> int:
    """Count the answers that somebody was given since a moment, and what they were asked."""
    answers = _count(Question.asker_id == actor.user_id, Question.answered_at >= since)
    # Whoever founded a collection offers data: others are asked nothing, at no query.
    if not actor.has(Role.OPERATOR) and not (
        actor.has(Role.PRODUCER) and collections.ids_owned_by(actor.user_id)
    ):
        return answers
    others = Question.asker_id != actor.user_id
    return answers + _count(_answerable(actor), others, Question.asked_at >= since)


def concerned(since: datetime, until: datetime) -> frozenset[str]:
    """Return whom there is something to tell of a time: who was answered, and who was asked."""
    answered = and_(Question.answered_at >= since, Question.answered_at < until)
    told = set(session().scalars(select(Question.asker_id).where(answered).distinct()))
    asked = and_(Question.asked_at >= since, Question.asked_at < until)
    about = set(session().scalars(select(Question.collection_id).where(asked).distinct()))
    if about:
        found = collections.rules_of(about).values()
        # The market's own collections are its operators'.
        founders = {rules.owner_id for rules in found if not (rules.withdrawn or rules.template)}
        told |= founders | users.operators()
    return frozenset(told)


def _answerable(actor: Actor) -> ColumnElement[bool]:
    if actor.has(Role.OPERATOR):
        return true()
    return Question.collection_id.in_(collections.ids_owned_by(actor.user_id))


def _count(*where: ColumnElement[bool]) -> int:
    return session().scalar(select(func.count()).select_from(Question).where(*where)) or 0


def _views(where: ColumnElement[bool], *order: ColumnElement[Any]) -> tuple[QuestionView, ...]:
    chosen = select(Question).where(where).order_by(*order, Question.id).limit(MOST)
    rows = session().scalars(chosen).all()
    editions = {each: releases.edition(each) for each in {row.edition_id for row in rows}}
    rules = collections.rules_of({each.collection_id for each in editions.values()})
    return tuple(
        QuestionView(
            row.id,
            editions[row.edition_id],
            rules[editions[row.edition_id].collection_id],
            row.asker_id,
            row.text,
            row.asked_at,
            row.answer,
            row.answered_at,
        )
        for row in rows
    )
