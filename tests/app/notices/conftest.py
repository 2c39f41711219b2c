from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.collections.templates import collection_of, found_templates
from app.contributions import service
from app.contributions.cells import Cell, Read
from app.core.clock import fixed_at
from app.core.permissions import SYSTEM, Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.releases import service as releases
from tests.support import factories

GIVEN, CLOSED = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (5, 10))
PERIOD = "2026-02"


@pytest.fixture
def open_app(app: Flask) -> Iterator[Flask]:
    """A market with its templates, on the day before anything is given."""
    with market_of(app).db.unit_of_work():
        found_templates()
    with fixed_at(GIVEN):
        yield app


@pytest.fixture
def person(open_app: Flask) -> Actor:
    """Somebody whose February waits."""
    who = factories.account(open_app, Role.PRODUCER)
    with market_of(open_app).db.unit_of_work():
        read = Read("spotify", {"listening": {PERIOD: (Cell(("weekday", "09-12"), (30,)),)}})
        service.join(who, checking(market_of(open_app)), read, factories.EVERY_PURPOSE)
    return who


def counted(app: Flask) -> str:
    """Close February of what people listen to, and publish it."""
    with fixed_at(CLOSED):
        with market_of(app).db.unit_of_work():
            ids = releases.close(SYSTEM, collection_of("listening") or "")
        for edition_id in ids:
            factories.measured_anyway(app, edition_id, counted=250)
        factories.run_jobs(app)
    return ids[-1]
