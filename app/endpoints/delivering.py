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
from app.endpoints.periods import KEPT, LATE, LONGEST_PAUSE, PATIENCE, PAUSE
from app.endpoints.sending import NotAllowed, NotReached, Sender
from app.jobs.runner import Handlers
from app.users import queries as users

#: Tried so often: quickly at first, then once an hour, for two days.
ATTEMPTS = 50
#: A look goes back so far at most: a worker that was away longer tells no more.
LONGEST_LOOK = timedelta(days=2)
#: What an answer says that wants no more.
GONE = 410
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
            row.user_id: list(events.own(row.user_id, since, until))
            for row in rows
            if {Kind.REFUNDED, Kind.EXPIRING} & set(row.kinds.split())
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

    An endpoint that failed is left alone for a while, by all its messages: one that is slow or
    silent takes little of a worker's time. A test is tried at once, and once only.

    Raises
    ------
    NotDelivered
        Where it was not taken, or not tried yet: the job is done again later.
    """
    with db.unit_of_work(write=False) as unit:
        row = unit.get(Delivery, delivery_id)
        to = None if row is None else unit.get(Endpoint, row.endpoint_id)
        if row is None or to is None or row.delivered_at is not None or to.stopped:
            return
        if users.user(to.user_id) is None or users.is_suspended(to.user_id):
            return
        is_test = row.kind == Kind.TEST
        if _rests(to) and not is_test:
            raise NotDelivered
        url, body, secrets, endpoint_id = to.url, row.body.encode(), queries.secrets(to), to.id
    status, problem = None, ""
    try:
        headers = signing.headers(f"msg_{delivery_id}", int(time.time()), body, secrets)
        status = sender.post(url, body, headers)
    except (NotReached, NotAllowed) as error:
        problem = type(error).__name__ if isinstance(error, NotAllowed) else str(error)
    taken = status is not None and 200 <= status < 300
    with db.unit_of_work() as unit:
        outcome = {"status": status, "problem": problem, "delivered_at": now() if taken else None}
        changed = update(Delivery).where(Delivery.id == delivery_id)
        unit.execute(changed.values(attempts=Delivery.attempts + 1, **outcome))
        stopped = _noted(endpoint_id, taken=taken, gone=status == GONE)
    if not (taken or stopped or is_test):
        raise NotDelivered


def _rests(to: Endpoint) -> bool:
    """Say whether an endpoint that failed is left alone still."""
    if not to.failures or to.tried_at is None:
        return False
    # After a dozen failures the longest pause is reached, whatever the power of two.
    return now() < to.tried_at + min(PAUSE * (1 << min(to.failures - 1, 12)), LONGEST_PAUSE)


def _noted(endpoint_id: str, *, taken: bool, gone: bool) -> bool:
    """Note how an endpoint fared; return whether nothing more is sent there."""
    to = session().get(Endpoint, endpoint_id, with_for_update=True, populate_existing=True)
    if to is None:
        return True
    to.tried_at = now()
    if taken:
        to.failures, to.failing_since = 0, None
        return False
    to.failures, to.failing_since = to.failures + 1, to.failing_since or now()
    if gone or now() - to.failing_since >= PATIENCE:
        to.stopped = GONE_WORD if gone else SILENT_WORD
    return bool(to.stopped)


def install_worker(handlers: Handlers, db: Database, sender: Sender) -> None:
    """Let a worker send messages."""

    def do(payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        deliver(db, sender, payload["delivery"])

    handlers.by_kind[service.JOB] = do
    handlers.attempts[service.JOB] = ATTEMPTS
