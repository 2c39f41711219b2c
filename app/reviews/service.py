from flask_babel import lazy_gettext as _l
from sqlalchemy import delete

from app.collections import queries as collections
from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.core.dialects import hold_person
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Actor, Role, require
from app.core.written import written
from app.releases import queries as releases
from app.reviews import queries
from app.reviews.models import Review
from app.reviews.states import ReviewState
from app.users import teams

LEAST, BEST = 1, 5


def write(actor: Actor, edition_id: str, useful: int, text: str) -> None:
    """Say how useful a collection is; an operator reads it before others do.

    Raises
    ------
    NotFound, Invalid
    Forbidden
        For whoever owns no table of it.
    Conflict
        Where they have said something already.
    """
    view = releases.release(edition_id)
    said = written(text)
    if not LEAST <= useful <= BEST:
        raise Invalid(_l("Say how useful it was, from 1 to 5."))
    hold_person(actor.user_id)
    if not queries.editions_owned(actor, view.rules.id):
        raise Forbidden(_l("Whoever bought a table of this collection may review it."))
    if view.rules.owner_id in teams.people_behind(actor):
        raise Forbidden(_l("Nobody reviews their own collection, nor for a team that they are in."))
    if queries.of_collection(view.rules, actor).mine is not None:
        raise Conflict(_l("You have reviewed this collection already."))
    row = Review(
        collection_id=view.rules.id,
        edition_id=edition_id,
        buyer_id=actor.user_id,
        useful=useful,
        text=said,
    )
    session().add(row)
    session().flush()
    audit.record(actor.user_id, "write-review", "collection", view.rules.id)


def decide(actor: Actor, review_id: str, *, show: bool) -> None:
    """Show a review to everybody, or to nobody: for operators.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.OPERATOR)
    row = queries.review(actor, review_id)
    row.state = ReviewState.SHOWN if show else ReviewState.REFUSED
    audit.record(actor.user_id, "show-review" if show else "refuse-review", "review", review_id)


def answer(actor: Actor, review_id: str, text: str) -> None:
    """Answer a review in public, once: for the collection's founder.

    Raises
    ------
    Forbidden, NotFound, Invalid
    Conflict
        Where it was answered before, or nobody sees it.
    """
    row = queries.review(actor, review_id)
    if not queries.is_founder(actor, collections.rules(row.collection_id)):
        raise Forbidden(_l("The founder of the collection answers."))
    if row.answer or row.state != ReviewState.SHOWN:
        raise Conflict(_l("This review was answered already."))
    row.answer, row.answered_at = written(text), now()
    audit.record(actor.user_id, "answer-review", "review", review_id)


def forget(user_id: str) -> None:
    """Forget what somebody wrote, with their account."""
    session().execute(delete(Review).where(Review.buyer_id == user_id))
