from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select, true

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.orders import holdings
from app.releases import queries as releases
from app.reviews.models import Review
from app.reviews.states import ReviewState

#: So many are shown, the newest; a mean is told of so many at least.
SHOWN, FEWEST = 10, 3
#: So many are listed for whoever answers or decides.
MOST = 100


@dataclass(frozen=True)
class ReviewView:
    """A review without its writer's name.

    Attributes
    ----------
    useful : int
        From 1, not at all, to 5, very.
    answer : str
        Of the collection's founder; empty until there is one.
    may_answer : bool
        Whether the reader is that founder, and has not answered yet.
    """

    id: str
    rules: CollectionRules
    edition_id: str
    useful: int
    text: str
    state: ReviewState
    written_at: datetime
    answer: str
    may_answer: bool = False


@dataclass(frozen=True)
class Reviews:
    """What buyers say of a collection.

    Attributes
    ----------
    mean : float or None
        None of too few.
    mine : ReviewView or None
        What the reader wrote, whether it is shown or not.
    may_write : bool
        Whether the reader owns a table of it and has said nothing yet.
    """

    count: int
    mean: float | None
    newest: tuple[ReviewView, ...]
    mine: ReviewView | None = None
    may_write: bool = False


def of_collection(rules: CollectionRules, actor: Actor) -> Reviews:
    """Return what buyers say of a collection, as somebody sees it."""
    shown = Review.collection_id == rules.id, Review.state == ReviewState.SHOWN
    count, total = (
        session()
        .execute(select(func.count(), func.coalesce(func.sum(Review.useful), 0)).where(*shown))
        .one()
    )
    chosen = select(Review).where(*shown).order_by(Review.written_at.desc(), Review.id)
    newest = session().scalars(chosen.limit(SHOWN)) if count else ()
    own = None
    if actor.user_id:
        place = Review.collection_id == rules.id, Review.buyer_id == actor.user_id
        row = session().scalars(select(Review).where(*place)).one_or_none()
        own = None if row is None else _view(row, rules)
    return Reviews(
        count,
        total / count if count >= FEWEST else None,
        tuple(_view(row, rules) for row in newest),
        own,
        own is None and bool(actor.user_id) and bool(editions_owned(actor, rules.id)),
    )


def editions_owned(actor: Actor, collection_id: str) -> tuple[str, ...]:
    """Return the editions of a collection of which somebody owns a table."""
    editions = {key.edition for key in holdings.owned(actor.user_id)}
    return releases.within(collection_id, editions) if editions else ()


def listed(actor: Actor) -> tuple[ReviewView, ...]:
    """Return the reviews that somebody may decide on or answer, those that wait first."""
    chosen = select(Review).where(_concerns(actor))
    waiting = Review.state == ReviewState.WAITING
    rows = session().scalars(
        chosen.order_by(waiting.desc(), Review.written_at.desc(), Review.id).limit(MOST)
    )
    found = list(rows)
    rules = collections.rules_of({row.collection_id for row in found})
    return tuple(
        replace(
            _view(row, rules[row.collection_id]),
            may_answer=not row.answer
            and row.state == ReviewState.SHOWN
            and is_founder(actor, rules[row.collection_id]),
        )
        for row in found
    )


def is_founder(actor: Actor, rules: CollectionRules) -> bool:
    """Say whether somebody speaks for a collection; its operators do for the market's own."""
    return actor.has(Role.OPERATOR) if rules.template else rules.owner_id == actor.user_id


def written_by(user_id: str) -> tuple[ReviewView, ...]:
    """Return what somebody wrote, newest first."""
    chosen = select(Review).where(Review.buyer_id == user_id)
    found = list(session().scalars(chosen.order_by(Review.written_at.desc())))
    rules = collections.rules_of({row.collection_id for row in found})
    return tuple(_view(row, rules[row.collection_id]) for row in found)


def review(actor: Actor, review_id: str) -> Review:
    """Return a review that somebody may decide on or answer, locked.

    Raises
    ------
    NotFound
    """
    chosen = select(Review).where(Review.id == review_id, _concerns(actor))
    found = session().scalars(chosen.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return found


def _concerns(actor: Actor) -> ColumnElement[bool]:
    """Operators see all; founders what is shown of their own collections."""
    own = Review.collection_id.in_(collections.ids_owned_by(actor.user_id))
    shown = Review.state == ReviewState.SHOWN
    return true() if actor.has(Role.OPERATOR) else own & shown


def _view(row: Review, rules: CollectionRules) -> ReviewView:
    return ReviewView(
        row.id,
        rules,
        row.edition_id,
        row.useful,
        row.text,
        ReviewState(row.state),
        row.written_at,
        row.answer,
    )
