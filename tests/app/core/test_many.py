"""Jobs that come many at a time: claimed and finished together, each done; and their bell."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core import jobs
from app.core.clock import fixed_at
from app.core.db import Database
from app.core.jobs import Job, JobState
from app.core.queue import Bell

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNT = jobs.TOGETHER + 5


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    jobs.come_many("drop")
    yield database
    jobs._many.discard("drop")
    database.dispose()


def add(db: Database, count: int = COUNT) -> None:
    with db.unit_of_work():
        for n in range(count):
            jobs.enqueue("drop", f"drop:{n}", {"n": n})


def states(db: Database) -> dict[str, tuple[str, int]]:
    with db.unit_of_work(write=False) as s:
        rows = s.execute(select(Job.key, Job.state, Job.attempts))
        return {key: (state, attempts) for key, state, attempts in rows}


def all_done(db: Database, attempts: int = 1) -> bool:
    return set(states(db).values()) == {(JobState.DONE, attempts)}


def test_all_are_done_once_by_workers_side_by_side(db: Database) -> None:
    done: list[int] = []
    jobs.handler("drop")(lambda payload, _: done.append(payload["n"]))
    add(db)
    counts: list[int] = []
    workers = [threading.Thread(target=lambda: counts.append(jobs.run_many(db))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == list(range(COUNT))
    assert sum(counts) == COUNT
    assert all_done(db)


def test_those_of_a_killed_worker_are_done_when_its_lease_ends(db: Database) -> None:
    done: list[int] = []

    class Killed(BaseException):
        pass

    def die(payload: dict[str, Any], _progress: Any) -> None:
        done.append(payload["n"])
        if len(done) == 3:
            raise Killed

    jobs.handler("drop")(die)
    with fixed_at(NOON):
        add(db, 10)
        with pytest.raises(Killed):
            jobs.run_many(db)
    with fixed_at(NOON + jobs.LEASE - timedelta(seconds=1)):
        assert jobs.run_many(db) == 0
    with fixed_at(NOON + jobs.LEASE + timedelta(seconds=1)):
        assert jobs.run_many(db) == 10
    # Two were done and not marked: they are done again, which their handlers bear.
    assert sorted(set(done)) == list(range(10))
    assert all_done(db, attempts=2)


def test_one_that_fails_takes_no_other_along(db: Database) -> None:
    def fail(payload: dict[str, Any], _progress: Any) -> None:
        if payload["n"] == 4:
            raise OSError

    jobs.handler("drop")(fail)
    with fixed_at(NOON):
        add(db, 10)
        assert jobs.run_many(db) == 10
    found = states(db)
    assert found.pop("drop:4") == (JobState.QUEUED, 1)
    assert set(found.values()) == {(JobState.DONE, 1)}


def test_what_a_slow_one_keeps_waiting_is_given_back(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [NOON]
    monkeypatch.setattr(jobs, "now", lambda: clock[0])

    def slow(_payload: dict[str, Any], _progress: Any) -> None:
        clock[0] += jobs.LEASE

    jobs.handler("drop")(slow)
    add(db, 3)
    claimed = jobs._claim(db, 3, ())
    assert jobs._run_together(db, claimed) == 1
    assert sorted(states(db).values()) == [
        (JobState.DONE, 1),
        (JobState.QUEUED, 0),
        (JobState.QUEUED, 0),
    ]


def test_the_bell_rings_at_once_and_once_more_for_all_that_came_meanwhile() -> None:
    rings: list[float] = []
    bell = Bell(lambda: rings.append(time.monotonic()), pause=0.2)
    for _ in range(50):
        bell.pull()
    assert len(rings) == 1
    time.sleep(0.6)
    assert len(rings) == 2
    assert rings[1] - rings[0] >= 0.2
    bell.pull()
    assert len(rings) == 3


def test_a_broken_bell_undoes_nothing() -> None:
    def broken() -> None:
        raise sqlite3.OperationalError("no such file")

    bell = Bell(broken, pause=0.01)
    bell.pull()
    bell.pull()
    time.sleep(0.1)
    bell.pull()
