import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.clock import fixed_at
from app.core.db import Database
from app.core.errors import Invalid
from app.engine.errors import EngineError
from app.invoicing.errors import DocumentError
from app.jobs import queries as jobs_queries
from app.jobs import service as jobs
from app.jobs.runner import ATTEMPTS, DIED, LEASE, Handler, Handlers, Runner
from app.jobs.states import JobState
from app.ledger.errors import LedgerError
from app.payments.errors import GatewayError
from app.vault.errors import VaultError
from pricing.errors import PricingError
from privacy.errors import PrivacyError

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def doing(db: Database, **handlers: Handler) -> Runner:
    """What does jobs by these handlers, named after their kinds."""
    made = Handlers()
    for kind, handler in handlers.items():
        made.add(kind, handler)
    return Runner(db, made)


def add(db: Database, kind: str, key: str, **payload: Any) -> str:
    with db.unit_of_work():
        return jobs.enqueue(kind, key, payload)


def seen(db: Database, job_id: str) -> jobs_queries.JobView:
    with db.unit_of_work(write=False):
        view = jobs_queries.job(job_id)
    assert view is not None
    return view


def test_a_job_is_done_once(db: Database) -> None:
    done = []
    runner = doing(db, note=lambda payload, _: done.append(payload["n"]))
    job_id = add(db, "note", "note:1", n=1)
    assert add(db, "note", "note:1", n=1) == job_id
    assert (runner.run_due(), runner.run_due()) == (1, 0)
    assert done == [1]
    assert (seen(db, job_id).state, seen(db, job_id).progress) == (JobState.DONE, 100)


def test_a_job_of_an_abandoned_transaction_was_never_there(db: Database) -> None:
    def abandon() -> None:
        with db.unit_of_work():
            jobs.enqueue("note", "note:lost", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        abandon()
    assert doing(db).run_due() == 0


def test_a_worker_killed_after_claiming_is_replaced_when_its_lease_ends(db: Database) -> None:
    done = []
    runner = doing(db, note=lambda payload, _: done.append(payload["n"]))
    with fixed_at(NOON):
        job_id = add(db, "note", "note:1", n=1)
        assert runner.claim() == job_id  # and here the worker dies
    with fixed_at(NOON + LEASE - timedelta(seconds=1)):
        assert runner.run_due() == 0
    with fixed_at(NOON + LEASE + timedelta(seconds=1)):
        assert runner.run_due() == 1
    assert done == [1]
    assert (seen(db, job_id).state, seen(db, job_id).attempts) == (JobState.DONE, 2)


def test_progress_extends_the_lease(db: Database) -> None:
    with fixed_at(NOON):
        job_id = add(db, "slow", "slow:1")

    def slow(_payload: dict[str, Any], progress: Any) -> None:
        with fixed_at(NOON + LEASE - timedelta(seconds=1)):
            progress(50)
        with fixed_at(NOON + LEASE + timedelta(seconds=30)):
            assert runner.claim() is None
            assert seen(db, job_id).progress == 50

    runner = doing(db, slow=slow)
    with fixed_at(NOON):
        assert runner.run_due() == 1
    assert seen(db, job_id).state is JobState.DONE


def test_a_failure_is_tried_again_later_and_at_last_given_up(db: Database) -> None:
    def broken(_payload: dict[str, Any], _progress: Any) -> None:
        raise OSError("row 7 holds Alice")

    runner = doing(db, broken=broken)
    moment = NOON
    with fixed_at(moment):
        job_id = add(db, "broken", "broken:1")
    for attempt in range(1, ATTEMPTS + 1):
        with fixed_at(moment):
            assert runner.run_due() == 1
            assert runner.run_due() == 0
        assert seen(db, job_id).attempts == attempt
        moment += timedelta(hours=3)
    view = seen(db, job_id)
    assert (view.state, view.message) == (JobState.FAILED, "OSError")
    with fixed_at(moment):
        assert add(db, "broken", "broken:1") == job_id
        assert seen(db, job_id).state is JobState.QUEUED


@pytest.mark.parametrize(
    "error",
    [
        EngineError,
        VaultError,
        PrivacyError,
        PricingError,
        GatewayError,
        DocumentError,
        LedgerError,
        Exception,
    ],
)
def test_no_error_of_a_handler_stops_the_worker(
    db: Database, error: Callable[[str], Exception]
) -> None:
    """A poisoned job is tried five times and given up; the job behind it is done at once."""
    done = []

    def poisoned(_payload: dict[str, Any], _progress: Any) -> None:
        raise error("row 7 holds Alice")

    runner = doing(db, poisoned=poisoned, note=lambda payload, _: done.append(payload["n"]))
    with fixed_at(NOON):
        job_id = add(db, "poisoned", "poisoned:1")
        add(db, "note", "note:1", n=1)
        assert runner.run_due() == 2
    assert done == [1]
    for attempt in range(2, ATTEMPTS + 3):
        with fixed_at(NOON + timedelta(hours=3 * attempt)):
            runner.run_due()
    view = seen(db, job_id)
    assert (view.state, view.attempts) == (JobState.FAILED, ATTEMPTS)
    assert view.message == error("").__class__.__name__


def test_a_job_that_kills_its_worker_each_time_is_given_up(db: Database) -> None:
    runner, moment = doing(db), NOON
    with fixed_at(moment):
        job_id = add(db, "killer", "killer:1")
    for _ in range(ATTEMPTS):
        with fixed_at(moment):
            assert runner.claim() == job_id  # and here the worker dies, each time
        moment += LEASE + timedelta(seconds=1)
    with fixed_at(moment):
        assert runner.claim() is None
    view = seen(db, job_id)
    assert (view.state, view.attempts) == (JobState.FAILED, ATTEMPTS)
    assert view.message == DIED


def test_an_answer_is_final(db: Database) -> None:
    def refuse(_payload: dict[str, Any], _progress: Any) -> None:
        raise Invalid("This file has no rows.")

    runner = doing(db, refuse=refuse)
    job_id = add(db, "refuse", "refuse:1")
    runner.run_due()
    assert seen(db, job_id).state is JobState.FAILED
    assert seen(db, job_id).message == "This file has no rows."


def test_two_threads_do_each_job_once(db: Database) -> None:
    done: list[int] = []
    runner = doing(db, note=lambda payload, _: done.append(payload["n"]))
    for n in range(12):
        add(db, "note", f"note:{n}", n=n)
    workers = [threading.Thread(target=runner.run_due) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == list(range(12))


def _claim_all(url: str, told: Any) -> None:
    db = Database(url)
    runner = doing(db)
    while (job_id := runner.claim()) is not None:
        told.put(job_id)
    db.dispose()
    told.put("")


def test_two_processes_claim_each_job_once(db: Database, database_url: str) -> None:
    wanted = {add(db, "note", f"note:{n}", n=n) for n in range(10)}
    spawning = multiprocessing.get_context("spawn")
    told = spawning.Queue()
    workers = [spawning.Process(target=_claim_all, args=(database_url, told)) for _ in range(2)]
    for worker in workers:
        worker.start()
    claimed: Counter[str] = Counter()
    while claimed[""] < 2:
        claimed[told.get(timeout=60)] += 1
    for worker in workers:
        worker.join(timeout=30)
        assert worker.exitcode == 0
    del claimed[""]
    assert claimed == dict.fromkeys(wanted, 1)


def test_a_job_that_waits_is_seen_without_a_lock(db: Database) -> None:
    runner = doing(db, note=lambda _payload, _progress: None)
    with fixed_at(NOON):
        assert not runner.waiting()
        add(db, "note", "note:1")
        with db.unit_of_work():  # somebody writes
            assert runner.waiting()
        assert runner.claim() is not None
        assert not runner.waiting()
    with fixed_at(NOON + LEASE + timedelta(seconds=1)):
        assert runner.waiting()


def test_the_workers_own_work_does_not_end_it(db: Database) -> None:
    def broken() -> None:
        raise OSError("the disk is full")

    runner = doing(db)
    assert not runner.guarded("sweep", broken)
    assert runner.guarded("sweep", lambda: None)


def test_a_job_whose_worker_is_told_to_stop_is_given_back_uncounted(db: Database) -> None:
    """Deployments use up no attempt: it is not the job that ended the process."""
    job_id = add(db, "long", "long:1")

    class Stopped(BaseException):
        pass

    def long(_payload: dict[str, Any], _progress: Any) -> None:
        runner.give_back()
        raise Stopped

    for _ in range(ATTEMPTS + 2):
        runner = doing(db, long=long)
        with pytest.raises(Stopped):
            runner.run_one()
    assert (seen(db, job_id).state, seen(db, job_id).attempts) == (JobState.QUEUED, 0)


def test_the_lease_of_a_slow_job_is_renewed_while_its_worker_lives(db: Database) -> None:
    def slow(_payload: dict[str, Any], _progress: Any) -> None:
        for minutes in (1, 2, 3, 4):
            with fixed_at(NOON + timedelta(minutes=minutes)):
                runner.renew()
                assert other.claim() is None

    runner, other = doing(db, slow=slow), doing(db)
    with fixed_at(NOON):
        job_id = add(db, "slow", "slow:1")
        assert runner.run_one()
    assert seen(db, job_id).state is JobState.DONE
