"""Counting looks up, and the goals that sellers set themselves."""

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete

from app.collections import queries as collections
from app.core.clock import now
from app.core.db import Database, session
from app.core.dialects import hold_person, insert_into
from app.core.errors import Invalid, NotFound
from app.core.permissions import Actor, Role, require
from app.sellers import queries
from app.sellers.kinds import GoalKind
from app.sellers.models import Goal, LookCount

#: Collection, day, edition, kind.
Place = tuple[str, str, str, str]
#: Sums of days are kept for so long.
KEPT = timedelta(days=400)
MOST_WANTED = 1_000_000_000


def add_looks(sums: Mapping[Place, int]) -> None:
    """Add sums of looks to those that are kept; several processes may, at the same time."""
    rows = [
        {"collection_id": of, "day": day, "edition_id": edition, "kind": kind, "count": count}
        # In one order: of two processes none waits for the other in turn.
        for (of, day, edition, kind), count in sorted(sums.items())
    ]
    added = insert_into(LookCount)
    added = added.on_conflict_do_update(
        index_elements=["collection_id", "day", "edition_id", "kind"],
        set_={"count": LookCount.count + added.excluded.count},
    )
    session().execute(added, rows)


def forget_old(db: Database) -> None:
    """Delete the sums of days that are long past."""
    with db.unit_of_work():
        first = f"{now() - KEPT:%Y-%m-%d}"
        session().execute(delete(LookCount).where(LookCount.day < first))


def set_goal(actor: Actor, kind: GoalKind, target: int, collection_id: str = "") -> None:
    """Set a goal, in place of an earlier one of its kind.

    Parameters
    ----------
    target : int
        Editions or cents in a month, or people in the newest edition.
    collection_id : str
        Of the seller's own; empty for all that they sell.

    Raises
    ------
    Forbidden, NotFound
    Invalid
        Where it is not above nought, or absurdly large.
    """
    require(actor, Role.PRODUCER)
    if not 0 < target <= MOST_WANTED:
        raise Invalid(_l("A goal is a number above nought."))
    if collection_id and collection_id not in queries.sold_by(actor.user_id):
        raise NotFound(_l("There is no such page, or it is not yours."))
    if kind is GoalKind.PEOPLE and not collection_id:
        raise Invalid(_l("Choose the collection that this goal is about."))
    hold_person(actor.user_id)
    row = queries.goal_row(actor.user_id, kind, collection_id)
    if row is None:
        row = Goal(user_id=actor.user_id, kind=kind, collection_id=collection_id)
        session().add(row)
    row.target, row.set_at = target, now()
    session().flush()


def drop_goal(actor: Actor, goal_id: str) -> None:
    """Delete one's own goal.

    Raises
    ------
    NotFound
    """
    mine = Goal.id == goal_id, Goal.user_id == actor.user_id
    done = session().execute(delete(Goal).where(*mine).returning(Goal.id)).all()
    if not done:
        raise NotFound(_l("There is no such page, or it is not yours."))


def forget(user_id: str) -> None:
    """Forget somebody's goals, and how often their collections were looked at."""
    session().execute(delete(Goal).where(Goal.user_id == user_id))
    owned = list(collections.ids_owned_by(user_id))
    session().execute(delete(LookCount).where(LookCount.collection_id.in_(owned)))
