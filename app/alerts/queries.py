from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.alerts.kinds import Rhythm
from app.alerts.models import Alert, AlertTold
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.search.lists import Search, Sort


@dataclass(frozen=True)
class AlertView:
    """An alert as its owner sees it.

    Attributes
    ----------
    asked : Search
        Which editions it tells of: those that this search would list.
    told_at : datetime or None
        When it told something last.
    """

    id: str
    user_id: str
    asked: Search
    rhythm: Rhythm
    created_at: datetime
    told_at: datetime | None


def of_account(user_id: str) -> tuple[AlertView, ...]:
    """Return somebody's alerts, the oldest first."""
    chosen = select(Alert).where(Alert.user_id == user_id).order_by(Alert.created_at, Alert.id)
    return tuple(view_of(row) for row in session().scalars(chosen))


def alert(alert_id: str) -> AlertView | None:
    """Return an alert; None where it was ended."""
    row = session().get(Alert, alert_id)
    return None if row is None else view_of(row)


def own(actor: Actor, alert_id: str) -> Alert:
    """Return the row of one of somebody's alerts.

    Raises
    ------
    NotFound
    """
    row = session().get(Alert, alert_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return row


def same(user_id: str, asked: Search) -> AlertView | None:
    """Return somebody's alert that asks for the same."""
    wanted = lasting(asked)
    return next((one for one in of_account(user_id) if one.asked == wanted), None)


def lasting(asked: Search) -> Search:
    """Return what of a search can be followed: neither its order nor where its page begins."""
    if asked.collection:
        return Search(purpose=asked.purpose, collection=asked.collection)
    text = " ".join(asked.text.split())
    return Search(text, asked.topic, asked.purpose, asked.people, Sort.FITTING)


def told_to(user_id: str) -> tuple[tuple[int, datetime], ...]:
    """Return the places in the catalogue of what somebody was told of lately, and when."""
    chosen = select(AlertTold.number, AlertTold.told_at).where(AlertTold.user_id == user_id)
    rows = session().execute(chosen.order_by(AlertTold.number))
    return tuple((row.number, row.told_at) for row in rows)


def view_of(row: Alert) -> AlertView:
    """Return an alert as others may read it."""
    asked = Search(row.text, row.topic, row.purpose, row.people, collection=row.collection_id or "")
    return AlertView(row.id, row.user_id, asked, Rhythm(row.rhythm), row.created_at, row.told_at)
