"""A charge pays for one draw of noise at most, whatever crashes and whoever else works."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app, worker
from app.consent import service as consent
from app.core.db import Database
from app.core.permissions import Actor, Role
from app.market import market_of
from app.releases import measuring, queries, service
from app.releases.models import Edition, PrivacyCharge, PublishedRelease
from app.releases.states import EditionState
from tests.app.releases import dying
from tests.conftest import environment
from tests.support import factories

pytestmark = pytest.mark.both_databases


class Closed:
    """An edition that waits to be measured, on a real database that other processes share."""

    def __init__(self, settings: dict[str, str], workers: dying.Workers) -> None:
        self.settings, self.workers = settings, workers
        self.app = create_app(settings)
        self.db: Database = market_of(self.app).db
        with self.app.app_context():
            self.producer = factories.account(self.app, Role.PRODUCER)
            _, collection_id = factories.listed(self.app, self.producer)
            with self.db.unit_of_work():
                (self.edition_id,) = service.close(self.producer, collection_id)

    def measured(self, *points: str) -> list[int]:
        """Let real processes measure it at once; return how each ended."""
        return self.workers.run(self.settings, self.edition_id, *points)

    def facts(self) -> tuple[int, int, int, str]:
        """Charges, attempts whose noise may have been drawn, releases, state."""
        with self.db.unit_of_work() as s:
            edition = s.get_one(Edition, self.edition_id)
            charges = s.scalar(select(func.count()).select_from(PrivacyCharge)) or 0
            releases = s.scalar(select(func.count()).select_from(PublishedRelease)) or 0
            return charges, edition.drawn, releases, edition.state

    def is_all_paid(self) -> bool:
        """Whether the producer's account is the sum of all charges, each as its stage costs."""
        with self.db.unit_of_work():
            release = queries.release(self.edition_id)
            costs = {
                f"count:{self.edition_id}": release.rules.count.rho.micro,
                f"edition:{self.edition_id}": release.release.plan.rho.micro,
            }
            charges = queries.charges(self.producer.user_id)
            each = [charge.micro_rho == costs[charge.subject] for charge in charges]
            total = sum(charge.micro_rho for charge in charges)
            return all(each) and queries.spent(self.producer.user_id) == total


@pytest.fixture(scope="module")
def workers() -> Iterator[dying.Workers]:
    made = dying.Workers()
    yield made
    made.end()


@pytest.fixture
def closed(database_url: str, tmp_path: Path, workers: dying.Workers) -> Iterator[Closed]:
    made = Closed(environment(tmp_path / "instance", database_url), workers)
    yield made
    made.db.dispose()


#: At each point of death: whether noise may have been drawn, so that its charge is lost.
LOST = {
    "after the charge": False,
    "before the mark": False,
    "after the mark": True,
    "after the noise": True,
}
#: In each stage: the charges so far, and the state.
SO_FAR = {"count": (1, "counting"), "measure": (2, "charged")}


#: Where noise may be lost, and where it may not; the others with `make test-all`.
SHORTER = {
    "count": ("after the noise",),
    "measure": ("after the mark",),
}
DEATHS = [
    pytest.param(
        stage,
        point,
        id=f"{stage}, {point}",
        marks=[] if point in SHORTER[stage] else [pytest.mark.exhaustive],
    )
    for stage in dying.STAGES
    for point in dying.POINTS
]


@pytest.mark.parametrize(("stage", "point"), DEATHS)
def test_killed_at_any_point_a_charge_pays_for_one_draw(
    closed: Closed, stage: str, point: str
) -> None:
    """A real process is killed by signal 9; another one takes over."""
    charges, state = SO_FAR[stage]
    assert closed.measured(f"{stage}: {point}") == [-signal.SIGKILL]
    assert closed.facts() == (charges, charges - (not LOST[point]), 0, state)
    assert closed.measured("never") == [0]
    after = 2 + LOST[point]
    assert closed.facts() == (after, after, 1, "published")
    assert closed.is_all_paid()


def test_two_workers_at_once_draw_once_for_a_charge(closed: Closed) -> None:
    """Both may count; one marks the charge as used, and only it draws for it.

    The other stops there, finds it done, or, coming between mark and publication, takes the first
    for dead and charges anew. In each case there are as many charges as draws, and one release.
    """
    codes = sorted(closed.measured("never", "never"))
    charges, drawn, releases, state = closed.facts()
    assert (releases, state) == (1, "published")
    assert charges == drawn
    assert 2 <= charges <= 4
    assert codes[0] == 0
    assert closed.is_all_paid()


def _measured(app: Flask) -> tuple[Actor, str]:
    producer = factories.account(app, Role.PRODUCER)
    _, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        (edition_id,) = service.close(producer, collection_id)
    return producer, edition_id


def _lose_the_noise(app: Flask, edition_id: str) -> None:
    doors = worker.measuring(market_of(app))

    def dies(*arguments: object, **_more: object) -> None:
        arguments[-1]()
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        measuring.measure(replace(doors, measure=dies), edition_id, lambda _: None)


def test_a_late_release_of_a_lost_attempt_is_thrown_away(app: Flask) -> None:
    """A worker taken for dead comes back with noise that was drawn for the first charge."""
    _, edition_id = _measured(app)
    doors = worker.measuring(market_of(app))

    def overtaken(*arguments: object, **_more: object) -> object:
        release = doors.measure(*arguments, **_more)
        measuring.measure(doors, edition_id, lambda _: None)
        return release

    measuring.measure(replace(doors, measure=overtaken), edition_id, lambda _: None)
    with market_of(app).db.unit_of_work() as s:
        assert s.scalar(select(func.count()).select_from(PublishedRelease)) == 1
        assert s.get_one(Edition, edition_id).attempt == 3
        assert s.scalar(select(func.count()).select_from(PrivacyCharge)) == 3


def test_who_cannot_be_charged_again_is_left_out_of_the_retry(app: Flask) -> None:
    producer, edition_id = _measured(app)
    _lose_the_noise(app, edition_id)
    with market_of(app).db.unit_of_work():
        spent = queries.spent(producer.user_id)
        consent.set_ceiling(producer, spent)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        assert queries.edition(edition_id).state is EditionState.PUBLISHED
        assert [p.left_out for p in queries.participations(producer.user_id)] == ["ceiling"]
        assert queries.spent(producer.user_id) == spent
        assert [c.attempt for c in queries.charges(producer.user_id)] == [1, 1]


def test_charges_are_written_once(app: Flask) -> None:
    _measured(app)
    factories.run_jobs(app)
    with pytest.raises(Exception, match="written once"), market_of(app).db.unit_of_work() as s:
        s.query(PrivacyCharge).update({"micro_rho": 1})
