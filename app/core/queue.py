"""The queue library's door: rings a worker's bell, and keeps the clock.

huey runs the worker threads and the schedules. Its own storage holds only job
identifiers; losing it delays a job until the next sweep and loses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from huey import SqliteHuey, crontab

from app.core import jobs
from app.core.db import Database


@dataclass(frozen=True)
class Queue:
    """The worker's side and the web's side of one queue."""

    huey: SqliteHuey
    ring: Callable[[str], None]


def build_queue(
    app: Flask,
    db: Database,
    path: Path,
    hourly: tuple[Callable[[], None], ...],
    often: tuple[Callable[[], object], ...] = (),
) -> Queue:
    """Open the queue and register what its worker does.

    Parameters
    ----------
    hourly : tuple of callables
        Schedules: each adds the jobs that have become due, in its own unit of work.
    often : tuple of callables
        Short work for each five minutes, in units of work of its own.
    """
    huey = SqliteHuey("moisson", filename=str(path), results=False, fsync=False)

    @huey.task()
    def run_job(job_id: str) -> None:
        with app.app_context():
            if jobs.claim(db, job_id) is not None:
                jobs.run(db, job_id)

    @huey.periodic_task(crontab(minute="*"))
    def sweep() -> None:
        with app.app_context():
            jobs.run_due(db)

    @huey.periodic_task(crontab(minute="0"))
    def schedules() -> None:
        with app.app_context():
            for add in hourly:
                add()

    @huey.periodic_task(crontab(minute="*/5"))
    def short_work() -> None:
        with app.app_context():
            for do in often:
                do()

    return Queue(huey, lambda job_id: run_job(job_id))
