"""What a worker does: look every five minutes what happened, and send each message."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.core.clock import now
from app.core.db import Database, session
from app.endpoints import events, queries, service, signing
from app.endpoints.kinds import Kind
from app.endpoints.models import Delivery, Endpoint
from app.endpoints.periods import KEPT, LATE
from app.endpoints.sending import NotAllowed, NotReached, Sender
from app.jobs.runner import Handlers
from app.users import queries as users

#: Tried so often: quickly at first, then once an hour, for two days.
ATTEMPTS = 50
#: A look goes back so far at most: a worker that was away longer tells no more.
LONGEST_LOOK = timedelta(days=2)
#: What an answer says that wants no more.
GONE = 410
#: After so many messages in a row that were given up, nothing more is sent.
GIVE_UP = 3
GONE_WORD, SILENT_WORD = "gone", "silent"


class NotDelivered(RuntimeError):
    """A message was not taken; it is sent again later."""


def look(db: Database) -> None:
    """Have every endpoint told what happened since the last look: the schedule's task."""
    open_ones = select(Endpoint).where(Endpoint.stopped == "")
    with db.unit_of_work(write=False) as unit:
        rows = unit.scalars(open_ones).all()
        if not rows:
            return
        until = now()
        since = max(min(row.told_until for row in rows), until - LONGEST_LOOK) - LATE
        number, new = events.published(min(row.told_number for row in rows))
        gone = list(events.withdrawn(since, until))
        own = {
            row.user_id: list(events.of_buyer(row.user_id, since, until))
            for row in rows
            if Kind.REFUNDED in row.kinds.split()
        }
    with db.unit_of_work() as unit:
        for row in unit.scalars(open_ones):
            after = max(row.created_at, row.told_until - LATE)
            told = [event for place, event in new if place > row.told_number]
            told += [e for e in (*gone, *own.get(row.user_id, ())) if e.at >= after]
            for event in told:
                if event.kind in row.kinds.split():
                    service.tell(row, event.kind, event.subject, event.data)
            row.told_number = max(row.told_number, number)
            row.told_until = max(row.told_until, until)
        unit.execute(delete(Delivery).where(Delivery.created_at < until - KEPT))


def deliver(db: Database, sender: Sender, delivery_id: str) -> None:
    """Send a message once, and write down what became of it.

    Raises
    ------
    NotDelivered
        Where it was not taken: the job is done again later.
    """
    with db.unit_of_work(write=False) as unit:
        row = unit.get(Delivery, delivery_id)
        to = None if row is None else unit.get(Endpoint, row.endpoint_id)
        if row is None or to is None or row.delivered_at is not None or to.stopped:
            return
        if users.user(to.user_id) is None:
            return
        url, body, secrets = to.url, row.body.encode(), queries.secrets(to)
        endpoint_id, attempt = to.id, row.attempts + 1
    status, problem = None, ""
    try:
        headers = signing.headers(f"msg_{delivery_id}", int(time.time()), body, secrets)
        status = sender.post(url, body, headers)
    except (NotReached, NotAllowed) as error:
        problem = type(error).__name__ if isinstance(error, NotAllowed) else str(error)
    taken = status is not None and 200 <= status < 300
    with db.unit_of_work() as unit:
        unit.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id)
            .values(
                attempts=attempt,
                status=status,
                problem=problem,
                delivered_at=now() if taken else None,
            )
        )
        if status == GONE:
            _stop(endpoint_id, GONE_WORD)
        elif attempt >= ATTEMPTS and not taken and _is_silent(endpoint_id):
            _stop(endpoint_id, SILENT_WORD)
    if not taken and status != GONE:
        raise NotDelivered


def _is_silent(endpoint_id: str) -> bool:
    last = session().scalars(
        select(Delivery.attempts)
        .where(Delivery.endpoint_id == endpoint_id, Delivery.delivered_at.is_(None))
        .order_by(Delivery.created_at.desc())
        .limit(GIVE_UP)
    )
    return sum(attempts >= ATTEMPTS for attempts in last) >= GIVE_UP


def _stop(endpoint_id: str, why: str) -> None:
    session().execute(update(Endpoint).where(Endpoint.id == endpoint_id).values(stopped=why))


def install_worker(handlers: Handlers, db: Database, sender: Sender) -> None:
    """Let a worker send messages."""

    def do(payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        deliver(db, sender, payload["delivery"])

    handlers.by_kind[service.JOB] = do
    handlers.attempts[service.JOB] = ATTEMPTS
