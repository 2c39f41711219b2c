"""A worker killed in the middle of a measurement: nothing lost, nothing charged or drawn twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from app.core.clock import now
from app.core.db import Database
from app.core.permissions import Role
from app.jobs.models import Job
from app.jobs.states import JobState
from app.market import market_of
from app.releases import service as releases
from app.releases.measuring import JOB
from app.releases.models import PrivacyCharge, PublishedRelease
from tests.conftest import ENGINES, environment
from tests.support import factories

ROOT = Path(__file__).resolve().parent.parent.parent


def worker(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app.worker", "worker"],
        cwd=ROOT,
        env={**os.environ, **settings},
        stderr=subprocess.DEVNULL,
    )


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    for _ in range(int(seconds * 100)):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("waited in vain")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_measurement_is_resumed_once(
    engine: str, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    settings = environment(tmp_path / "instance", new_database(engine))
    app = create_app(settings)
    db: Database = market_of(app).db

    def measuring() -> Job:
        with db.unit_of_work(write=False) as s:
            return s.scalars(select(Job).where(Job.kind == JOB)).one()

    with app.app_context():
        producer = factories.account(app, Role.PRODUCER)
        _, collection_id = factories.listed(app, producer)
        with db.unit_of_work():
            releases.close(producer, collection_id)
    first = worker(settings)
    # People were counted and charged for the tables; then the engine runs again.
    until(lambda: measuring().progress >= 40)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert measuring().state == JobState.RUNNING
    with db.unit_of_work() as s:
        assert s.scalar(select(func.count()).select_from(PrivacyCharge)) == 2
        assert s.scalar(select(func.count()).select_from(PublishedRelease)) == 0
        s.scalars(select(Job).where(Job.kind == JOB)).one().lease_until = now() - timedelta(
            seconds=1
        )
    second = worker(settings)
    try:
        until(lambda: measuring().state == JobState.DONE)
    finally:
        second.terminate()
        second.wait(30)
    with db.unit_of_work() as s:
        assert s.scalar(select(func.count()).select_from(PrivacyCharge)) == 2
        assert s.scalar(select(func.count()).select_from(PublishedRelease)) == 1
    db.dispose()
