"""Jobs that come many at a time: claimed and finished together, each done."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import fixed_at
from app.core.db import Database
from app.jobs import runner as runners
from app.jobs import service as jobs
from app.jobs.models import Job
from app.jobs.runner import LEASE, TOGETHER, Handler, Handlers, Runner
from app.jobs.states import JobState

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNT = TOGETHER + 5


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def doing(db: Database, handler: Handler) -> Runner:
    """What does the jobs of these tests by a handler."""
    handlers = Handlers()
    handlers.add("drop", handler, many=True)
    return Runner(db, handlers)


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
    runner = doing(db, lambda payload, _: done.append(payload["n"]))
    add(db)
    counts: list[int] = []
    workers = [threading.Thread(target=lambda: counts.append(runner.run_many())) for _ in range(3)]
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

    runner = doing(db, die)
    with fixed_at(NOON):
        add(db, 10)
        with pytest.raises(Killed):
            runner.run_many()
    with fixed_at(NOON + LEASE - timedelta(seconds=1)):
        assert runner.run_many() == 0
    with fixed_at(NOON + LEASE + timedelta(seconds=1)):
        assert runner.run_many() == 10
    # Two were done and not marked: they are done again, which their handlers bear.
    assert sorted(set(done)) == list(range(10))
    assert all_done(db, attempts=2)


def test_one_that_fails_takes_no_other_along(db: Database) -> None:
    def fail(payload: dict[str, Any], _progress: Any) -> None:
        if payload["n"] == 4:
            raise OSError

    runner = doing(db, fail)
    with fixed_at(NOON):
        add(db, 10)
        assert runner.run_many() == 10
    found = states(db)
    assert found.pop("drop:4") == (JobState.QUEUED, 1)
    assert set(found.values()) == {(JobState.DONE, 1)}


def test_what_a_slow_one_keeps_waiting_is_given_back(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [NOON]
    monkeypatch.setattr(runners, "now", lambda: clock[0])

    def slow(_payload: dict[str, Any], _progress: Any) -> None:
        clock[0] += LEASE

    runner = doing(db, slow)
    with fixed_at(NOON):
        add(db, 3)
    assert runner._run_together(runner._claim(3)) == 1
    assert sorted(states(db).values()) == [
        (JobState.DONE, 1),
        (JobState.QUEUED, 0),
        (JobState.QUEUED, 0),
    ]
