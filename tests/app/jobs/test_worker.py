"""The worker's loop: due jobs are found by looking, schedules by the clock."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.core.db import Database
from app.jobs import service as jobs
from app.jobs import worker as loop
from app.jobs.runner import Handler, Handlers, Runner
from app.jobs.schedule import HOURLY, OFTEN, Schedule, next_time
from app.jobs.worker import Worker
from app.market import market_of

SECONDS = 10


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@contextmanager
def working(db: Database, handler: Handler, schedule: Schedule | None = None) -> Iterator[Worker]:
    """A worker whose threads run, without the signals of a process."""
    handlers = Handlers()
    handlers.add("note", handler)
    worker = Worker(Runner(db, handlers), schedule or Schedule(), nullcontext)
    threads = [threading.Thread(target=target) for target in (worker._jobs, worker._clock)]
    for thread in threads:
        thread.start()
    try:
        yield worker
    finally:
        worker.stop.set()
        for thread in threads:
            thread.join(SECONDS)


@contextmanager
def both(db: Database, long: Handler, short: Handler) -> Iterator[None]:
    handlers = Handlers()
    handlers.add("long", long)
    handlers.add("short", short, many=True)
    worker = Worker(Runner(db, handlers), Schedule(), nullcontext)
    threads = [threading.Thread(target=target) for target in (worker._jobs, worker._short_jobs)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        worker.stop.set()
        for thread in threads:
            thread.join(SECONDS)


def until(condition: object) -> bool:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


@pytest.mark.both_databases
def test_two_workers_on_one_database_do_each_job_once(db: Database) -> None:
    """As two machines would: they share nothing but the table."""
    done: list[int] = []

    def note(payload: dict[str, int], _progress: object) -> None:
        done.append(payload["n"])

    with working(db, note), working(db, note):
        for n in range(10):
            with db.unit_of_work():
                jobs.enqueue("note", f"note:{n}", {"n": n})
        assert until(lambda: len(done) >= 10)
    assert sorted(done) == list(range(10))


def test_the_loop_outlives_a_database_that_does_not_answer(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    looks: list[int] = []
    honest = Runner.waiting

    def silent_at_first(runner: Runner) -> bool:
        looks.append(1)
        if len(looks) < 3:
            raise OSError("no route")
        return honest(runner)

    monkeypatch.setattr(Runner, "waiting", silent_at_first)
    monkeypatch.setattr(loop, "PAUSE", 0.01)
    with db.unit_of_work():
        jobs.enqueue("note", "note:1", {})
    with working(db, lambda _payload, _progress: done.append(1)):
        assert until(lambda: done)


def test_a_task_is_done_at_each_full_period_and_a_broken_one_stops_no_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def broken() -> None:
        raise ValueError

    schedule = Schedule()
    schedule.add("broken", timedelta(seconds=0.05), broken)
    schedule.add("count", timedelta(seconds=0.05), lambda: done.append(1))
    monkeypatch.setattr(loop, "PAUSE", 0.01)
    with working(db, lambda _payload, _progress: None, schedule):
        assert until(lambda: len(done) >= 3)


def test_periods_are_those_of_the_clock() -> None:
    moment = datetime(2026, 3, 2, 9, 17, 31, tzinfo=UTC)
    assert next_time(moment, HOURLY) == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert next_time(moment, OFTEN) == datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
    full = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert next_time(full, HOURLY) == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_a_short_job_does_not_wait_behind_a_long_one(db: Database) -> None:
    """An e-mail leaves while an edition is measured, with one thread for jobs."""
    begun, free, done = threading.Event(), threading.Event(), threading.Event()

    def long(_payload: dict[str, int], _progress: object) -> None:
        begun.set()
        free.wait(SECONDS)

    with both(db, long, lambda _payload, _progress: done.set()):
        with db.unit_of_work():
            jobs.enqueue("long", "long:1", {})
        assert begun.wait(SECONDS)
        with db.unit_of_work():
            jobs.enqueue("short", "short:1", {})
        try:
            assert done.wait(SECONDS)
        finally:
            free.set()


class ToldAgain(threading.Event):
    """An event within which the process is told to stop once more, as its lock is held."""

    def set(self) -> None:
        with self._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGTERM)
        super().set()


@pytest.mark.timeout(30)
def test_a_worker_that_is_told_to_stop_twice_at_once_stops(lite_app: Flask) -> None:
    # By what started it and by the system, at the same moment.
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    runner = Runner(market_of(lite_app).db, Handlers())
    worker = Worker(runner, Schedule(), nullcontext, ToldAgain())
    tell = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    try:
        worker.serve(on_ready=tell.start)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert worker.stop.is_set()
