"""The queue library's door: rings a worker's bell, and keeps the clock.

huey runs the worker threads and the schedules. Its own storage holds only job
identifiers; losing it delays a job until the next sweep and loses nothing.

For jobs that come many at a time the bell rings at most every `PAUSE` seconds in each process,
and only while no ring of that sort waits to be heard: a worker that hears it does all there are.
Such a ring may be lost with its process; then, too, the next sweep does the jobs.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask
from huey import SqliteHuey, crontab

from app.core import jobs
from app.core.db import Database

#: Seconds between two rings for jobs that come many at a time.
PAUSE = 0.2
#: So long a worker does nothing but those; then other work has its turn.
TURN = 5.0
#: Stands in huey's storage while a ring for them waits to be heard, or until the next sweep.
WAITS = "many-wait"
log = structlog.get_logger("queue")


class Bell:
    """Rings at once, or a little later together with whoever rings meanwhile.

    Parameters
    ----------
    ring : callable
        What is done; after each call of `pull` it is done at least once.
    pause : float
        Seconds between two rings.
    """

    def __init__(self, ring: Callable[[], None], pause: float = PAUSE) -> None:
        self._ring, self._pause = ring, pause
        self._begin()

    def _begin(self) -> None:
        self._lock, self._process = threading.Lock(), os.getpid()
        self._next, self._waits = 0.0, False

    def pull(self) -> None:
        """Ring, now or soon."""
        if self._process != os.getpid():
            # Threads that would have rung later stayed in the process that this one came from.
            self._begin()
        with self._lock:
            if self._waits:
                return
            wait = self._next - time.monotonic()
            if wait > 0:
                self._waits = True
                later = threading.Timer(wait, self._late)
                later.daemon = True
                later.start()
                return
            self._next = time.monotonic() + self._pause
        self._ring_now()

    def _late(self) -> None:
        with self._lock:
            self._waits, self._next = False, time.monotonic() + self._pause
        self._ring_now()

    def _ring_now(self) -> None:
        # What it rings for is committed: that is not undone because nobody hears it.
        try:
            self._ring()
        except (OSError, sqlite3.Error) as error:
            log.warning("bell broken", error=type(error).__name__)


@dataclass(frozen=True)
class Queue:
    """The worker's side and the web's side of one queue."""

    huey: SqliteHuey
    ring: Callable[[str | None], None]


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
        huey.delete(WAITS)
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

    bell = Bell(_ring_for_many(app, db, huey))
    return Queue(huey, lambda job_id: bell.pull() if job_id is None else run_job(job_id))


def _ring_for_many(app: Flask, db: Database, huey: SqliteHuey) -> Callable[[], None]:
    """Return what lets a worker do the jobs that come many at a time."""

    @huey.task()
    def run_many() -> None:
        # Before looking: whoever adds a job from here on rings again.
        huey.delete(WAITS)
        begun = time.monotonic()
        with app.app_context():
            jobs.run_many(db, TURN)
        if time.monotonic() - begun >= TURN:
            ring()

    def ring() -> None:
        if huey.put_if_empty(WAITS, True):
            run_many()

    return ring
