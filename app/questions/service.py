from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update

from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.core.dialects import hold_person
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor
from app.core.written import written
from app.questions import queries
from app.questions.models import Question
from app.releases import queries as releases
from app.releases.states import EditionState
from app.users import queries as users

MOST_A_DAY = 5


def ask(actor: Actor, edition_id: str, text: str) -> str:
    """Ask about an edition; return the question's identifier.

    Its founder and the operators are told, and not who asks.

    Raises
    ------
    NotFound
        Before its release.
    Invalid
        For a text that is too short or too long, or before the address is confirmed.
    Conflict
        After many questions on one day.
    """
    edition = releases.edition(edition_id)
    if edition.state is not EditionState.PUBLISHED:
        raise NotFound(_l("There is no such release."))
    said = written(text)
    asker = users.user(actor.user_id)
    if asker is None or not asker.verified:
        raise Invalid(_l("Confirm your e-mail address first: the answer goes there."))
    hold_person(actor.user_id)
    if queries.count_asked(actor.user_id, now() - timedelta(days=1)) >= MOST_A_DAY:
        raise Conflict(
            _l("You have asked %(n)s questions today. Ask again tomorrow."), n=MOST_A_DAY
        )
    row = Question(
        edition_id=edition_id,
        collection_id=edition.collection_id,
        asker_id=actor.user_id,
        text=said,
    )
    session().add(row)
    session().flush()
    audit.record(actor.user_id, "ask-question", "edition", edition_id)
    return row.id


def answer(actor: Actor, question_id: str, text: str) -> None:
    """Answer a question: for the founder of the collection, and for operators.

    Raises
    ------
    NotFound
    Invalid
    Conflict
        Where it was answered before.
    """
    row = queries.question(actor, question_id)
    if row.answered_at is not None:
        raise Conflict(_l("This question was answered already."))
    row.answer, row.answered_at, row.answered_by = written(text), now(), actor.user_id
    audit.record(actor.user_id, "answer-question", "question", question_id)


def forget(user_id: str) -> None:
    """Forget what somebody asked, and who wrote their answers, with their account."""
    session().execute(delete(Question).where(Question.asker_id == user_id))
    theirs = update(Question).where(Question.answered_by == user_id)
    session().execute(theirs.values(answered_by=None))
