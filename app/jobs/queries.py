from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.core.db import session
from app.jobs.models import Job
from app.jobs.states import JobState


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


def job(job_id: str) -> JobView | None:
    """Return a job as pages show it."""
    row = session().get(Job, job_id)
    return None if row is None else _view(row)


def with_key(key: str) -> JobView | None:
    """Return the job with a key."""
    row = session().scalars(select(Job).where(Job.key == key)).one_or_none()
    return None if row is None else _view(row)


def latest_of(prefix: str) -> JobView | None:
    """Return the newest job whose key begins so."""
    chosen = (
        select(Job)
        .where(Job.key.startswith(prefix, autoescape=True))
        .order_by(Job.created_at.desc())
        .limit(1)
    )
    row = session().scalars(chosen).one_or_none()
    return None if row is None else _view(row)


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


def counted() -> dict[JobState, int]:
    """Return how many jobs are in each state."""
    rows = session().execute(select(Job.state, func.count()).group_by(Job.state))
    found = {JobState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in JobState}
