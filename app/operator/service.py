from flask_babel import lazy_gettext as _l

from app.core import audit
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Role, require
from app.jobs import queries as jobs_queries
from app.jobs import service as jobs
from app.jobs.states import JobState


def retry_job(actor: Actor, job_id: str) -> None:
    """Let the worker try a failed job again.

    Raises
    ------
    Forbidden, NotFound, Conflict
    """
    require(actor, Role.OPERATOR)
    job = jobs_queries.job(job_id)
    if job is None:
        raise NotFound(_l("There is no such job."))
    if job.state is not JobState.FAILED:
        raise Conflict(_l("Only a job that failed can be tried again."))
    # The same key finds the same job, with the payload it has.
    jobs.enqueue(job.kind, job.key, {})
    audit.record(actor.user_id, "retry-job", "job", job_id)
