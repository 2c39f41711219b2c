from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.alerts import queries
from app.alerts.kinds import Rhythm
from app.alerts.models import Alert, AlertTold
from app.catalog.price_lists import catalogue_number
from app.collections import queries as collections
from app.core import audit
from app.core.db import session
from app.core.dialects import hold_person
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Actor, Role
from app.search import matching
from app.search.lists import Search
from app.users import queries as users

#: So many alerts an account has at most.
MOST = 20


def follow(actor: Actor, asked: Search, rhythm: Rhythm) -> str:
    """Tell somebody of editions that a search would list, from now on; return the alert.

    Who asks for the same again has one alert, with the rhythm that was asked for last.

    Raises
    ------
    Forbidden
        Before the e-mail address is confirmed.
    Invalid
        For a search that can never find anything.
    NotFound
        For a collection that is not there, or not public yet.
    Conflict
        Where the account has as many as it may.
    """
    reader = users.user(actor.user_id)
    if reader is None or not reader.verified:
        raise Forbidden(_l("Please confirm your e-mail address first: alerts are sent there."))
    wanted = queries.lasting(asked)
    if not matching.can_find(wanted):
        raise Invalid(_l("Search for a word or a number: signs alone find nothing."))
    if wanted.collection:
        collections.seen_by(actor.user_id, wanted.collection, operator=actor.has(Role.OPERATOR))
    hold_person(actor.user_id)
    if (known := queries.same(actor.user_id, wanted)) is not None:
        change(actor, known.id, rhythm)
        return known.id
    if len(queries.of_account(actor.user_id)) >= MOST:
        raise Conflict(_l("You have %(n)s alerts. Stop one that you no longer need."), n=MOST)
    row = Alert(
        user_id=actor.user_id,
        text=wanted.text,
        topic=wanted.topic,
        purpose=wanted.purpose,
        people=wanted.people,
        collection_id=wanted.collection or None,
        rhythm=rhythm,
        told_number=catalogue_number(),
    )
    session().add(row)
    session().flush()
    audit.record(actor.user_id, "make-alert", "alert", row.id)
    return row.id


def change(actor: Actor, alert_id: str, rhythm: Rhythm) -> None:
    """Tell somebody more often, or more seldom: nothing is missed in between.

    Raises
    ------
    NotFound
    """
    queries.own(actor, alert_id).rhythm = rhythm


def end(actor: Actor, alert_id: str) -> None:
    """Tell somebody no more of what an alert asks for, and forget it.

    Raises
    ------
    NotFound
    """
    session().delete(queries.own(actor, alert_id))
    audit.record(actor.user_id, "end-alert", "alert", alert_id)


def forget(user_id: str) -> None:
    """Forget what somebody follows and was told, with their account."""
    # In the order in which a look locks them.
    mine = select(Alert).where(Alert.user_id == user_id).order_by(Alert.id).with_for_update()
    for row in session().scalars(mine).all():
        session().delete(row)
    session().execute(delete(AlertTold).where(AlertTold.user_id == user_id))
