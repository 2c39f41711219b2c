from datetime import datetime

from sqlalchemy import select

from app.contributions import queries as contributions
from app.core.clock import now
from app.core.db import session
from app.core.permissions import Actor, Role
from app.notices.events import AHEAD, SHOWN, month_over
from app.notices.kinds import OFF_AT_FIRST, SWITCHED, Kind
from app.notices.models import NoticeChoice, NoticeReader
from app.orders import queries as orders
from app.payouts import queries as payouts
from app.questions import queries as questions
from app.releases import queries as releases
from app.releases.periods import next_closing


def by_email(user_id: str) -> frozenset[Kind]:
    """Return the kinds of notices that somebody wants by e-mail."""
    chosen = select(NoticeChoice.kind, NoticeChoice.by_email).where(NoticeChoice.user_id == user_id)
    said = {Kind(kind): wanted for kind, wanted in session().execute(chosen)}
    return frozenset(kind for kind in SWITCHED if said.get(kind, kind not in OFF_AT_FIRST))


def seen_until(user_id: str) -> datetime:
    """Return until when somebody has read their notices."""
    row = session().get(NoticeReader, user_id)
    oldest = now() - SHOWN
    return oldest if row is None or row.seen_at is None else max(oldest, row.seen_at)


def unseen(actor: Actor) -> int:
    """Count what somebody was told since they looked last: for every page, so in few queries."""
    since = seen_until(actor.user_id)
    asked = questions.count_news(actor, since)
    if not actor.has(Role.PRODUCER):
        return asked
    parts = releases.published_parts(actor.user_id)
    measured = sum(e.published_at is not None and e.published_at >= since for _, e in parts)
    sold = orders.count_sales([edition.id for _, edition in parts], since) if parts else 0
    there, missing = contributions.count_given(actor)
    soon = there * (since <= next_closing() - AHEAD <= now())
    needed = missing * (since <= month_over() <= now())
    return asked + measured + sold + soon + needed + payouts.times_paid(actor.user_id, since)
