import json
from typing import Any

from sqlalchemy import select

from app.core.clock import now
from app.core.db import new_id, session
from app.core.dialects import Once
from app.jobs.models import Job
from app.jobs.states import JobState

_jobs = Once(Job)


def enqueue(kind: str, key: str, payload: dict[str, Any]) -> str:
    """Add a job inside the present unit of work; the same key gives the same job.

    A worker finds it once the unit of work is committed. A job that failed is tried again.

    Parameters
    ----------
    kind : str
        Which handler does it, at most 40 characters.
    key : str
        Names the job, at most 120 characters.
    payload : dict
        For the handler, JSON. Never private data: identifiers only.

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
        return job_id
    known = session().scalars(select(Job).where(Job.key == key)).one()
    if known.state == JobState.FAILED:
        known.state, known.attempts, known.run_at = JobState.QUEUED, 0, now()
        known.message = ""
    return known.id
