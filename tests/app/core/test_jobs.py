import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import jobs
from app.core.clock import fixed_at
from app.core.db import Database
from app.core.errors import Invalid
from app.core.jobs import JobState
from app.engine.errors import EngineError
from app.invoicing.errors import DocumentError
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


def add(db: Database, kind: str, key: str, **payload: Any) -> str:
    with db.unit_of_work():
        return jobs.enqueue(kind, key, payload)


def seen(db: Database, job_id: str) -> jobs.JobView:
    with db.unit_of_work(write=False):
        view = jobs.view(job_id)
    assert view is not None
    return view


def test_a_job_is_done_once(db: Database) -> None:
    done = []
    jobs.handler("note")(lambda payload, _: done.append(payload["n"]))
    job_id = add(db, "note", "note:1", n=1)
    assert add(db, "note", "note:1", n=1) == job_id
    assert (jobs.run_due(db), jobs.run_due(db)) == (1, 0)
    assert done == [1]
    assert (seen(db, job_id).state, seen(db, job_id).progress) == (JobState.DONE, 100)


def test_a_job_of_an_abandoned_transaction_was_never_there(db: Database) -> None:
    def abandon() -> None:
        with db.unit_of_work():
            jobs.enqueue("note", "note:lost", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        abandon()
    assert jobs.run_due(db) == 0


def test_a_worker_killed_after_claiming_is_replaced_when_its_lease_ends(db: Database) -> None:
    done = []
    jobs.handler("note")(lambda payload, _: done.append(payload["n"]))
    with fixed_at(NOON):
        job_id = add(db, "note", "note:1", n=1)
        assert jobs.claim(db) == job_id  # and here the worker dies
    with fixed_at(NOON + jobs.LEASE - timedelta(seconds=1)):
        assert jobs.run_due(db) == 0
    with fixed_at(NOON + jobs.LEASE + timedelta(seconds=1)):
        assert jobs.run_due(db) == 1
    assert done == [1]
    assert (seen(db, job_id).state, seen(db, job_id).attempts) == (JobState.DONE, 2)


def test_progress_extends_the_lease(db: Database) -> None:
    with fixed_at(NOON):
        job_id = add(db, "slow", "slow:1")

    def slow(_payload: dict[str, Any], progress: Any) -> None:
        with fixed_at(NOON + jobs.LEASE - timedelta(seconds=1)):
            progress(50)
        with fixed_at(NOON + jobs.LEASE + timedelta(seconds=30)):
            assert jobs.claim(db) is None
            assert seen(db, job_id).progress == 50

    jobs.handler("slow")(slow)
    with fixed_at(NOON):
        assert jobs.run_due(db) == 1
    assert seen(db, job_id).state is JobState.DONE


def test_a_failure_is_tried_again_later_and_at_last_given_up(db: Database) -> None:
    def broken(_payload: dict[str, Any], _progress: Any) -> None:
        raise OSError("row 7 holds Alice")

    jobs.handler("broken")(broken)
    moment = NOON
    with fixed_at(moment):
        job_id = add(db, "broken", "broken:1")
    for attempt in range(1, jobs.ATTEMPTS + 1):
        with fixed_at(moment):
            assert jobs.run_due(db) == 1
            assert jobs.run_due(db) == 0
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

    jobs.handler("poisoned")(poisoned)
    jobs.handler("note")(lambda payload, _: done.append(payload["n"]))
    with fixed_at(NOON):
        job_id = add(db, "poisoned", "poisoned:1")
        add(db, "note", "note:1", n=1)
        assert jobs.run_due(db) == 2
    assert done == [1]
    for attempt in range(2, jobs.ATTEMPTS + 3):
        with fixed_at(NOON + timedelta(hours=3 * attempt)):
            jobs.run_due(db)
    view = seen(db, job_id)
    assert (view.state, view.attempts) == (JobState.FAILED, jobs.ATTEMPTS)
    assert view.message == error("").__class__.__name__


def test_a_job_that_kills_its_worker_each_time_is_given_up(db: Database) -> None:
    moment = NOON
    with fixed_at(moment):
        job_id = add(db, "killer", "killer:1")
    for _ in range(jobs.ATTEMPTS):
        with fixed_at(moment):
            assert jobs.claim(db) == job_id  # and here the worker dies, each time
        moment += jobs.LEASE + timedelta(seconds=1)
    with fixed_at(moment):
        assert jobs.claim(db) is None
    view = seen(db, job_id)
    assert (view.state, view.attempts) == (JobState.FAILED, jobs.ATTEMPTS)
    assert view.message == jobs.DIED


def test_an_answer_is_final(db: Database) -> None:
    def refuse(_payload: dict[str, Any], _progress: Any) -> None:
        raise Invalid("This file has no rows.")

    jobs.handler("refuse")(refuse)
    job_id = add(db, "refuse", "refuse:1")
    jobs.run_due(db)
    assert seen(db, job_id).state is JobState.FAILED
    assert seen(db, job_id).message == "This file has no rows."


def test_two_threads_do_each_job_once(db: Database) -> None:
    done: list[int] = []
    jobs.handler("note")(lambda payload, _: done.append(payload["n"]))
    for n in range(12):
        add(db, "note", f"note:{n}", n=n)
    workers = [threading.Thread(target=jobs.run_due, args=(db,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == list(range(12))


def _claim_all(url: str, told: Any) -> None:
    db = Database(url)
    while (job_id := jobs.claim(db)) is not None:
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
