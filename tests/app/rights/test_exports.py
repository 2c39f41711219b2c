import zipfile
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

import pytest
from flask import Flask

from app.core.clock import now
from app.core.permissions import Actor, Role
from app.datasets import service as datasets
from app.market import market_of
from app.rights import export, exports
from app.rights.exports import ExportView
from tests.support import factories
from tests.support.browser import Browser


def own(app: Flask, who: Actor) -> ExportView | None:
    with market_of(app).db.unit_of_work(write=False):
        return exports.own(who)


@pytest.fixture
def owner(app: Flask) -> Actor:
    producer = factories.account(app, Role.PRODUCER)
    factories.checked(app, producer)
    return producer


@pytest.mark.both_databases
def test_a_request_asks_the_worker_packs_and_the_file_goes_to_its_owner_alone(
    app: Flask, owner: Actor
) -> None:
    browser = Browser(app, owner)
    assert "Make the file" in browser.get("/rights/export").text
    assert browser.get("/rights/export.zip").headers["Location"] == "/rights/export"
    assert browser.post("/rights/export", {}).status_code == 302
    assert "<progress" in browser.get("/rights/export").text
    assert browser.get("/rights/export.zip").headers["Location"] == "/rights/export"
    factories.run_jobs(app)
    assert "Download (zip)" in browser.get("/rights/export").text
    answer = browser.get("/rights/export.zip")
    with zipfile.ZipFile(BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        assert "account.json" in packed.namelist()
    made = own(app, owner)
    assert made is not None
    assert made.size == len(answer.data)
    other = factories.account(app, Role.PRODUCER)
    assert Browser(app, other).get("/rights/export.zip").headers["Location"] == "/rights/export"


def test_nothing_is_locked_while_a_file_is_packed(app: Flask, owner: Actor) -> None:
    """It held the one lock for writing for 24 s once, and others got a 500."""
    db, packing = market_of(app).db, export.archive
    written = []

    def meanwhile(*arguments: object) -> None:
        packing(*arguments)  # type: ignore[arg-type]
        with db.unit_of_work() as others:
            others.connection().exec_driver_sql("UPDATE audit_head SET sequence = sequence")
            written.append(1)

    Browser(app, owner).post("/rights/export", {})
    with patch.object(exports.export, "archive", meanwhile):
        factories.run_jobs(app)
    assert written == [1]
    made = own(app, owner)
    assert made is not None
    assert made.ready


@pytest.mark.both_databases
def test_a_file_is_erased_after_a_day_and_with_its_account(app: Flask, owner: Actor) -> None:
    browser, doors = Browser(app, owner), datasets.checking(market_of(app))
    browser.post("/rights/export", {})
    factories.run_jobs(app)
    exports.expire(doors)
    made = own(app, owner)
    assert made is not None
    later = now() + exports.LIFE + timedelta(minutes=1)
    with patch.object(exports, "now", lambda: later):
        assert own(app, owner) is None
        exports.expire(doors)
    assert not doors.vault.exists(made.object_id)
    browser.post("/rights/export", {})
    factories.run_jobs(app)
    made = own(app, owner)
    assert made is not None
    assert doors.vault.exists(made.object_id)
    browser.post("/rights/erase", {"sure": "y"})
    assert not doors.vault.exists(made.object_id)


@pytest.mark.both_databases
def test_what_was_asked_for_and_never_made_is_forgotten_two_days_later(
    app: Flask, owner: Actor
) -> None:
    doors = datasets.checking(market_of(app))
    Browser(app, owner).post("/rights/export", {})
    with patch.object(exports, "now", lambda: now() + exports.LIFE):
        exports.expire(doors)
    assert own(app, owner) is not None
    with patch.object(exports, "now", lambda: now() + 2 * exports.LIFE + timedelta(minutes=1)):
        exports.expire(doors)
    assert own(app, owner) is None


@pytest.mark.both_databases
def test_asked_twice_one_file_is_made_and_a_new_one_replaces_the_old(
    app: Flask, owner: Actor
) -> None:
    browser, doors = Browser(app, owner), datasets.checking(market_of(app))
    browser.post("/rights/export", {})
    browser.post("/rights/export", {})
    assert factories.run_jobs(app) == 1
    first = own(app, owner)
    assert first is not None
    browser.post("/rights/export", {})
    factories.run_jobs(app)
    second = own(app, owner)
    assert second is not None
    assert second.object_id != first.object_id
    assert not doors.vault.exists(first.object_id)


def test_a_worker_that_was_killed_before_it_said_so_packs_again(app: Flask, owner: Actor) -> None:
    browser, doors = Browser(app, owner), datasets.checking(market_of(app))
    browser.post("/rights/export", {})
    made = own(app, owner)
    assert made is not None
    with market_of(app).db.unit_of_work():
        pass
    with doors.vault.write(made.object_id, exports._SCHEMA):
        pass
    factories.run_jobs(app)
    assert browser.get("/rights/export.zip").data[:2] == b"PK"
