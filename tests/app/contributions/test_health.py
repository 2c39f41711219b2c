"""What is about health needs an agreement of its own, and the operator's switch."""

import io
from datetime import date

import pytest
from flask import Flask

from app.collections.templates import collection_of, found_templates
from app.contributions import queries, service
from app.contributions.cells import Cell, Read
from app.contributions.errors import NothingToGive
from app.core.errors import Conflict
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.releases.periods import open_period
from tests.app.contributions.test_giving import places
from tests.support import factories
from tests.support.browser import Browser

STEPS = Cell(("monday",), (8000,))


@pytest.fixture
def healthy(lite_app: Flask) -> Flask:
    """A market whose operator switched health on."""
    with market_of(lite_app).db.unit_of_work():
        found_templates(sensitive=True)
    return lite_app


@pytest.fixture
def person(healthy: Flask) -> Actor:
    return factories.account(healthy, Role.PRODUCER)


def given() -> Read:
    return Read("body", {"daily_steps": {open_period(): (STEPS,)}})


def export() -> bytes:
    """Steps of every day of the open month, in the layout of Apple Health."""
    year, number = map(int, open_period().split("-"))
    days = [date(year, number, day) for day in range(1, 29)]
    lines = [
        f'<Record type="HKQuantityTypeIdentifierStepCount" sourceName="Phone" unit="count" '
        f'creationDate="{day} 10:00:00 +0000" startDate="{day} 09:00:00 +0000" '
        f'endDate="{day} 10:00:00 +0000" value="4000"/>'
        for day in days
    ]
    return f'<?xml version="1.0"?><HealthData locale="fr_FR">{"".join(lines)}</HealthData>'.encode()


def test_the_last_page_asks_for_it_explicitly_and_names_what_is_missing(
    healthy: Flask, person: Actor
) -> None:
    browser = Browser(healthy, person)
    data = {"file": (io.BytesIO(export()), "export.xml")}
    sent = browser.post("/give/body", data, content_type="multipart/form-data")
    assert sent.status_code == 302, sent.text
    page = browser.get("/giving/look").text
    assert "data about health" in page
    every = places(page)
    refused = browser.post("/giving/look", {"place": every, "keep": every, "level": "research"})
    assert refused.status_code == 422
    assert "Tick this to give data about health" in refused.text
    said = {"place": every, "keep": every, "level": "research", "explicit": "y"}
    agreed = browser.post("/giving/look", said)
    assert agreed.headers["Location"] == "/giving/done"
    with market_of(healthy).db.unit_of_work(write=False):
        assert queries.gives(person, "daily_steps")


@pytest.mark.both_databases
def test_without_it_nothing_is_kept_and_once_stopped_it_has_to_be_said_again(
    app: Flask,
) -> None:
    with market_of(app).db.unit_of_work():
        found_templates(sensitive=True)
    who, doors = factories.account(app, Role.PRODUCER), checking(market_of(app))
    with market_of(app).db.unit_of_work(), pytest.raises(NothingToGive):
        service.join(who, doors, given(), factories.EVERY_PURPOSE)
    with market_of(app).db.unit_of_work():
        service.join(who, doors, given(), factories.EVERY_PURPOSE, explicit=True)
        (tile,) = queries.tiles(who)
        assert tile.waits
        service.stop(who, doors, "daily_steps")
        (tile,) = queries.tiles(who)
        assert not tile.waits
        with pytest.raises(Conflict):
            service.give_after_all(who, doors, "daily_steps")


def test_a_visitor_of_a_market_without_health_finds_no_such_page(lite_app: Flask) -> None:
    with market_of(lite_app).db.unit_of_work():
        found_templates()
        assert collection_of("daily_steps") is None
    assert Browser(lite_app).get("/give/body").status_code == 404
