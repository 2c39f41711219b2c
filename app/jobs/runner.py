"""Claiming jobs and doing them, each until it succeeds once.

A job is claimed with a lease, and claimed again when the lease runs out, so that a worker killed
at any instruction loses nothing. Handlers must be idempotent: the same job may begin twice.

Jobs of some kinds are short and come many at a time. A worker claims a few of those at once and
marks those that succeeded together: fewer commits, and a worker killed in between does some of
them again.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, case, select, update

from app.core.clock import now, this_hour
from app.core.db import Database, session
from app.core.errors import AppError
from app.jobs.models import Job
from app.jobs.states import JobState

LEASE = timedelta(minutes=2)
ATTEMPTS = 5
#: So long at most a failed job waits before it is tried again.
LONGEST_WAIT = timedelta(hours=1)
#: Of jobs that come many at a time so many are claimed at once.
TOGETHER = 20
#: The message of a job during each of whose attempts the worker died.
DIED = "WorkerDied"
Handler = Callable[[dict[str, Any], Callable[[int], None]], None]
log = structlog.get_logger("jobs")


@dataclass(frozen=True)
class Handlers:
    """What does each kind of job in one application.

    Attributes
    ----------
    many : set of str
        Kinds that are short and come many at a time: a few are claimed together.
    attempts : dict of str to int
        How often a kind is tried, where it is not `ATTEMPTS`.
    """

    by_kind: dict[str, Handler] = field(default_factory=dict)
    many: set[str] = field(default_factory=set)
    attempts: dict[str, int] = field(default_factory=dict)

    def add(
        self, kind: str, handler: Handler, *, many: bool = False, attempts: int = ATTEMPTS
    ) -> None:
        """Say what does a kind of job.

        Parameters
        ----------
        handler : callable
            Receives the payload and a function that reports progress in percent; opens its own
            units of work.
        many : bool
            Whether such jobs are short and come many at a time.
        attempts : int
            How often one is tried, at most an hour apart, before it is given up.
        """
        self.by_kind[kind] = handler
        self.attempts[kind] = attempts
        if many:
            self.many.add(kind)


@dataclass(frozen=True)
class _Claimed:
    """A job that is ours for the length of a lease."""

    id: str
    kind: str
    payload: str
    attempts: int


@dataclass(frozen=True)
class Runner:
    """Does the jobs of one application."""

    db: Database
    handlers: Handlers
    under_way: dict[str, _Claimed] = field(default_factory=dict)

    def waiting(self) -> bool:
        """Say whether a job is due, without a lock: whoever looks often disturbs nobody."""
        moment = now()
        with self.db.unit_of_work(write=False) as s:
            return any(
                s.scalar(select(Job.id).where(*condition).limit(1)) is not None
                for condition in (
                    (Job.state == JobState.QUEUED, Job.run_at <= moment),
                    (Job.state == JobState.RUNNING, Job.lease_until < moment),
                )
            )

    def run_due(self) -> int:
        """Run every job that is due, one after the other; return how many."""
        count = 0
        while True:
            count += self.run_many()
            if not self.run_one():
                return count
            count += 1

    def run_one(self) -> bool:
        """Run one job that is due; return whether there was one."""
        for job in self._claim(1):
            if self._do(job) is JobState.DONE:
                self._finish(job.id, JobState.DONE, "")
            return True
        return False

    def run_many(self, seconds: float = float("inf")) -> int:
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
        many = self.handlers.many
        count, end, only = 0, time.monotonic() + seconds, (Job.kind.in_(sorted(many)),)
        while many and time.monotonic() < end and (claimed := self._claim(TOGETHER, only)):
            count += self._run_together(claimed)
        return count

    def claim(self) -> str | None:
        """Take one due job for the length of a lease; return its identifier."""
        claimed = self._claim(1)
        return claimed[0].id if claimed else None

    def guarded(self, what: str, do: Callable[[], object]) -> bool:
        """Do something that may fail without ending the worker; return whether it succeeded."""
        try:
            do()
        except Exception as error:
            log.error("worker's own work failed", what=what, error=type(error).__name__)
            return False
        return True

    def _claim(self, most: int, only: Collection[Any] = ()) -> tuple[_Claimed, ...]:
        """Take at most so many due jobs in one transaction; another worker's are passed by."""
        with self.db.unit_of_work() as s:
            moment = now()
            # First those of workers that died; both are found in one index, by time.
            left = (Job.state == JobState.RUNNING, Job.lease_until < moment)
            limit = self._most_attempts()
            _give_up(s.scalars(_due(moment, most, *left, Job.attempts >= limit, *only)))
            found = list(s.scalars(_due(moment, most, *left, Job.attempts < limit, *only)))
            if len(found) < most:
                queued = Job.state == JobState.QUEUED
                found += s.scalars(_due(moment, most - len(found), queued, *only))
            for job in found:
                job.state, job.lease_until = JobState.RUNNING, moment + LEASE
                job.attempts += 1
            return tuple(_Claimed(job.id, job.kind, job.payload, job.attempts) for job in found)

    def _do(self, job: _Claimed) -> JobState:
        """Do a claimed job and write down a failure; that it is done is left to the caller.

        A failure is tried again later; an answer (AppError) is final.
        """

        def progress(percent: int) -> None:
            with self.db.unit_of_work() as s:
                running = s.get_one(Job, job.id)
                running.progress = max(0, min(100, percent))
                running.lease_until = now() + LEASE

        self.under_way[job.id] = job
        try:
            self.handlers.by_kind[job.kind](json.loads(job.payload), progress)
        except AppError as error:
            self._finish(job.id, JobState.FAILED, error.user_message)
            return JobState.FAILED
        except Exception as e:
            # The job's boundary: whatever a handler raises ends here, so that one job stops no
            # worker. The class alone is kept: a text may quote the data it failed on.
            name = type(e).__name__
            log.error("job failed", job=job.id, kind=job.kind, attempt=job.attempts, error=name)
            return self._retry(job, name)
        finally:
            self.under_way.pop(job.id, None)
        return JobState.DONE

    def renew(self) -> None:
        """Extend the leases of the jobs that are under way here: they are slow, not dead."""
        mine = list(self.under_way.values())
        with self.db.unit_of_work() as s:
            for job in mine:
                s.execute(update(Job).where(*_ours(job)).values(lease_until=now() + LEASE))

    def give_back(self) -> None:
        """Let others have the jobs that are under way here, because this process ends.

        The attempt is not counted: it is not the job that ended the process.
        """
        self._give_back(tuple(self.under_way.values()))

    def _most_attempts(self) -> Any:
        others = {kind: n for kind, n in self.handlers.attempts.items() if n != ATTEMPTS}
        return case(others, value=Job.kind, else_=ATTEMPTS) if others else ATTEMPTS

    def _run_together(self, claimed: Sequence[_Claimed]) -> int:
        """Run claimed jobs and mark those that succeeded at once; return how many were run."""
        begun, done = now(), []
        for number, job in enumerate(claimed):
            if now() - begun > LEASE / 2:
                # Somebody answers slowly: what is left is for whoever is free.
                self._give_back(claimed[number:])
                claimed = claimed[:number]
                break
            if self._do(job) is JobState.DONE:
                done.append(job.id)
        with self.db.unit_of_work() as s:
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

    def _give_back(self, left: Sequence[_Claimed]) -> None:
        """Let others have claimed jobs that were not begun, unless somebody claimed them since."""
        with self.db.unit_of_work() as s:
            for job in left:
                s.execute(
                    update(Job)
                    .where(*_ours(job))
                    .values(state=JobState.QUEUED, attempts=job.attempts - 1, lease_until=None)
                )

    def _retry(self, claimed: _Claimed, error: str) -> JobState:
        with self.db.unit_of_work() as s:
            job = s.get_one(Job, claimed.id)
            if job.attempts >= self.handlers.attempts.get(job.kind, ATTEMPTS):
                job.state, job.finished_at = JobState.FAILED, this_hour()
            else:
                job.state = JobState.QUEUED
                job.run_at = now() + min(timedelta(seconds=5 * 4**job.attempts), LONGEST_WAIT)
            job.message, job.lease_until = error, None
            return JobState(job.state)

    def _finish(self, job_id: str, state: JobState, message: str) -> None:
        with self.db.unit_of_work():
            job = session().get_one(Job, job_id)
            job.state, job.message, job.finished_at = state, message[:200], this_hour()
            job.lease_until = None
            job.progress = 100 if state is JobState.DONE else job.progress


def _ours(job: _Claimed) -> tuple[Any, ...]:
    """Whether a job is still claimed by whoever claimed it so."""
    return (Job.id == job.id, Job.attempts == job.attempts, Job.state == JobState.RUNNING)


def _give_up(killers: Iterable[Job]) -> None:
    """End jobs whose every attempt ended with the worker's death: the next would, too."""
    for job in killers:
        log.error("job given up", job=job.id, kind=job.kind, attempt=job.attempts)
        job.state, job.message, job.finished_at = JobState.FAILED, DIED, this_hour()
        job.lease_until = None


def _due(moment: datetime, most: int, *conditions: Any) -> Select[Job]:
    chosen = select(Job).where(Job.run_at <= moment, *conditions)
    return chosen.order_by(Job.run_at).limit(most).with_for_update(skip_locked=True)
