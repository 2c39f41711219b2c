"""Work done later: a durable list of jobs, each run until it succeeds once.

The table is the truth. A job is written in the transaction that needs it, claimed
with a lease, and claimed again when the lease runs out, so that a worker killed at
any instruction loses nothing. The queue library only rings the bell and keeps the
clock (see app/core/queue.py); docs/decisions/0004 says why.

Handlers must be idempotent: the same job may begin twice.

Jobs of some kinds are short and come many at a time. A worker claims a few of those at once and
marks those that succeeded together: fewer commits, and a worker killed in between does some of
them again.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Index, Integer, Select, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now, this_hour
from app.core.db import Base, Database, Moment, after_commit, new_id, session
from app.core.errors import AppError
from app.core.inserting import Once

LEASE = timedelta(minutes=2)
ATTEMPTS = 5
#: Of jobs that come many at a time so many are claimed at once.
TOGETHER = 20
#: The message of a job during each of whose attempts the worker died.
DIED = "WorkerDied"
log = structlog.get_logger("jobs")


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of work, from the transaction that needs it until it is done."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    payload: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = mapped_column(String(200), default="")
    run_at: Mapped[datetime] = mapped_column(Moment, default=now)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class JobView:
    """A job as pages show it: progress in percent, a message without private data.

    `finished_at` is known to the hour: how long work took may depend on rows.
    """

    id: str
    kind: str
    key: str
    state: JobState
    attempts: int
    progress: int
    message: str
    created_at: datetime
    finished_at: datetime | None


_jobs = Once(Job)
Handler = Callable[[dict[str, Any], Callable[[int], None]], None]
_handlers: dict[str, Handler] = {}
_many: set[str] = set()
_bell: list[Callable[[str | None], None]] = []


@dataclass(frozen=True)
class _Claimed:
    """A job that is ours for the length of a lease."""

    id: str
    kind: str
    payload: str
    attempts: int


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does one kind of job.

    It receives the payload and a function that reports progress in percent, and opens
    its own units of work through the database it was wired with.
    """

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def come_many(kind: str) -> None:
    """Say that jobs of a kind are short and come many at a time: a few are claimed together."""
    _many.add(kind)


def on_enqueue(ring: Callable[[str | None], None]) -> None:
    """Say what wakes a worker when a job was committed.

    It receives the job's identifier, or None for one of those that come many at a time.
    """
    _bell[:] = [ring]


def enqueue(kind: str, key: str, payload: dict[str, Any]) -> str:
    """Add a job inside the present unit of work; the same key gives the same job.

    Returns
    -------
    str
        The job's identifier.
    """
    job_id, moment = new_id(), now()
    if _jobs.insert(
        id=job_id,
        kind=kind,
        key=key,
        payload=json.dumps(payload, sort_keys=True),
        state=JobState.QUEUED,
        attempts=0,
        progress=0,
        message="",
        run_at=moment,
        created_at=moment,
    ):
        _ring_later(job_id, kind)
        return job_id
    known = session().scalars(select(Job).where(Job.key == key)).one()
    if known.state == JobState.FAILED:
        known.state, known.attempts, known.run_at = JobState.QUEUED, 0, now()
        known.message = ""
        _ring_later(known.id, kind)
    return known.id


def _ring_later(job_id: str, kind: str) -> None:
    for ring in _bell:
        after_commit(partial(ring, None if kind in _many else job_id))


def claim(db: Database, job_id: str | None = None) -> str | None:
    """Take one due job, or the named one, for the length of a lease."""
    claimed = _claim(db, 1, () if job_id is None else (Job.id == job_id,))
    return claimed[0].id if claimed else None


def _claim(db: Database, most: int, only: Collection[Any]) -> tuple[_Claimed, ...]:
    """Take at most so many due jobs in one transaction; what another worker takes is passed by."""
    with db.unit_of_work() as s:
        moment = now()
        # First those of workers that died; both are found in one index, in the order of time.
        left = (Job.state == JobState.RUNNING, Job.lease_until < moment)
        _give_up(s.scalars(_due(moment, most, *left, Job.attempts >= ATTEMPTS, *only)))
        found = list(s.scalars(_due(moment, most, *left, Job.attempts < ATTEMPTS, *only)))
        if len(found) < most:
            queued = Job.state == JobState.QUEUED
            found += s.scalars(_due(moment, most - len(found), queued, *only))
        for job in found:
            job.state, job.lease_until = JobState.RUNNING, moment + LEASE
            job.attempts += 1
        return tuple(_Claimed(job.id, job.kind, job.payload, job.attempts) for job in found)


def _give_up(killers: Iterable[Job]) -> None:
    """End jobs whose every attempt ended with the worker's death: the next would, too."""
    for job in killers:
        log.error("job given up", job=job.id, kind=job.kind, attempt=job.attempts)
        job.state, job.message, job.finished_at = JobState.FAILED, DIED, this_hour()
        job.lease_until = None


def _due(moment: datetime, most: int, *conditions: Any) -> Select[Job]:
    chosen = select(Job).where(Job.run_at <= moment, *conditions)
    return chosen.order_by(Job.run_at).limit(most).with_for_update(skip_locked=True)


def run(db: Database, job_id: str) -> JobState:
    """Run a claimed job; a failure is retried later, an answer (AppError) is final."""
    with db.unit_of_work(write=False) as s:
        job = s.get_one(Job, job_id)
        claimed = _Claimed(job.id, job.kind, job.payload, job.attempts)
    state = _do(db, claimed)
    if state is JobState.DONE:
        _finish(db, job_id, JobState.DONE, "")
    return state


def _do(db: Database, job: _Claimed) -> JobState:
    """Do a claimed job and write down a failure; that it is done is left to the caller."""

    def progress(percent: int) -> None:
        with db.unit_of_work() as s:
            running = s.get_one(Job, job.id)
            running.progress = max(0, min(100, percent))
            running.lease_until = now() + LEASE

    try:
        _handlers[job.kind](json.loads(job.payload), progress)
    except AppError as error:
        _finish(db, job.id, JobState.FAILED, error.user_message)
        return JobState.FAILED
    except Exception as e:
        # The job's boundary: whatever a handler raises ends here, so that one job stops no
        # worker. The class alone is kept: an exception's text may quote the data it failed on.
        error_name = type(e).__name__
        log.error("job failed", job=job.id, kind=job.kind, attempt=job.attempts, error=error_name)
        return _retry(db, job.id, error_name)
    return JobState.DONE


def run_due(db: Database) -> int:
    """Run every job that is due, one after the other; return how many."""
    count = 0
    while True:
        count += run_many(db)
        job_id = claim(db)
        if job_id is None:
            return count
        run(db, job_id)
        count += 1


def run_many(db: Database, seconds: float = float("inf")) -> int:
    """Run the due jobs of the kinds that come many at a time, a few together.

    Parameters
    ----------
    seconds : float
        No more are claimed after so long.

    Returns
    -------
    int
        How many were run.
    """
    count, end, only = 0, time.monotonic() + seconds, (Job.kind.in_(sorted(_many)),)
    while _many and time.monotonic() < end and (claimed := _claim(db, TOGETHER, only)):
        count += _run_together(db, claimed)
    return count


def _run_together(db: Database, claimed: Sequence[_Claimed]) -> int:
    """Run claimed jobs and mark those that succeeded at once; return how many were run."""
    begun, done = now(), []
    for number, job in enumerate(claimed):
        if now() - begun > LEASE / 2:
            # Somebody answers slowly: what is left is for whoever is free.
            _give_back(db, claimed[number:])
            claimed = claimed[:number]
            break
        if _do(db, job) is JobState.DONE:
            done.append(job.id)
    with db.unit_of_work() as s:
        finished = update(Job).where(Job.id.in_(done))
        s.execute(
            finished.values(
                state=JobState.DONE,
                message="",
                finished_at=this_hour(),
                lease_until=None,
                progress=100,
            )
        )
    return len(claimed)


def _give_back(db: Database, left: Sequence[_Claimed]) -> None:
    """Let others have claimed jobs that were not begun, unless somebody claimed them since."""
    with db.unit_of_work() as s:
        for job in left:
            ours = (Job.id == job.id, Job.attempts == job.attempts, Job.state == JobState.RUNNING)
            s.execute(
                update(Job)
                .where(*ours)
                .values(state=JobState.QUEUED, attempts=job.attempts - 1, lease_until=None)
            )


def _retry(db: Database, job_id: str, error: str) -> JobState:
    with db.unit_of_work() as s:
        job = s.get_one(Job, job_id)
        if job.attempts >= ATTEMPTS:
            job.state, job.finished_at = JobState.FAILED, this_hour()
        else:
            job.state = JobState.QUEUED
            job.run_at = now() + timedelta(seconds=5 * 4**job.attempts)
        job.message, job.lease_until = error, None
        return JobState(job.state)


def _finish(db: Database, job_id: str, state: JobState, message: str) -> None:
    with db.unit_of_work() as s:
        job = s.get_one(Job, job_id)
        job.state, job.message, job.finished_at = state, message[:200], this_hour()
        job.lease_until = None
        job.progress = 100 if state is JobState.DONE else job.progress


def view(job_id: str) -> JobView | None:
    """Return a job as pages show it."""
    job = session().get(Job, job_id)
    return None if job is None else _view(job)


def view_by_key(key: str) -> JobView | None:
    """Return the job with a key."""
    job = session().scalars(select(Job).where(Job.key == key)).one_or_none()
    return None if job is None else _view(job)


def view_latest(prefix: str) -> JobView | None:
    """Return the newest job whose key begins so."""
    chosen = (
        select(Job)
        .where(Job.key.startswith(prefix, autoescape=True))
        .order_by(Job.created_at.desc())
        .limit(1)
    )
    job = session().scalars(chosen).one_or_none()
    return None if job is None else _view(job)


def latest(limit: int = 50) -> tuple[JobView, ...]:
    """Return the latest jobs, newest first."""
    return tuple(
        _view(j)
        for j in session().scalars(select(Job).order_by(Job.created_at.desc()).limit(limit))
    )


def _view(job: Job) -> JobView:
    return JobView(
        job.id,
        job.kind,
        job.key,
        JobState(job.state),
        job.attempts,
        job.progress,
        job.message,
        job.created_at,
        job.finished_at,
    )
