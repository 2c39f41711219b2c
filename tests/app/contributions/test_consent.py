"""What each thing given may be sold for: seen where it is, and changed for it alone."""

import csv
import json
import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from flask import Flask
from sqlalchemy import select

from app.collections.rules import Purpose
from app.collections.templates import collection_of
from app.contributions import service
from app.contributions.cells import Cell, Read
from app.contributions.forms import EVERYTHING, LEVELS, RESEARCH
from app.core.clock import fixed_at
from app.core.db import session
from app.core.permissions import SYSTEM, Actor, Role
from app.datasets.models import Dataset
from app.datasets.service import checking
from app.market import market_of
from app.releases import service as releases
from app.releases.models import EditionDataset
from app.rights import export
from tests.support import factories
from tests.support.browser import Browser

BEFORE, AFTER = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (5, 10))
PERIOD = "2026-02"
CHANGE = "/my-traces/listening/consent/change"


@pytest.fixture
def person(open_app: Flask) -> Actor:
    """Somebody whose February waits, in two templates, for all purposes."""
    who = factories.account(open_app, Role.PRODUCER)
    cells = {PERIOD: (Cell(("weekday", "09-12"), (30,)),)}
    kinds = {PERIOD: (Cell(("weekday", "music"), (30,)),)}
    with fixed_at(BEFORE), market_of(open_app).db.unit_of_work():
        read = Read("spotify", {"listening": cells, "listening_kind": kinds})
        service.join(who, checking(market_of(open_app)), read, factories.EVERY_PURPOSE)
    return who


def purposes(app: Flask, template: str) -> set[str]:
    with market_of(app).db.unit_of_work(write=False):
        chosen = select(Dataset.purposes).where(Dataset.collection_id == collection_of(template))
        return set(session().scalars(chosen))


def test_it_is_changed_for_one_thing_and_what_waits_of_that_follows(
    open_app: Flask, person: Actor
) -> None:
    browser = Browser(open_app, person)
    page = browser.get("/my-traces").text
    assert page.count("May be sold for: research, public interest and companies") == 2
    assert f'href="{CHANGE}"' in page
    assert browser.post(CHANGE, {"level": RESEARCH}).headers["Location"] == "/my-traces"
    page = browser.get("/my-traces").text
    assert page.count("May be sold for: research, public interest and companies") == 1
    assert page.count("May be sold for: research and public interest.") == 1
    assert purposes(open_app, "listening") == {" ".join(sorted(LEVELS[RESEARCH]))}
    assert purposes(open_app, "listening_kind") == {" ".join(sorted(Purpose))}
    rights = browser.get("/rights/").text
    assert "<h3>Listening by time of day</h3>" in rights
    assert not re.search(r"<a [^>]*></a>", rights)
    assert "What I give, and what it may be sold for" in rights
    assert f'href="{CHANGE}"' in rights
    browser.post(CHANGE, {"level": EVERYTHING})
    assert purposes(open_app, "listening") == {" ".join(sorted(Purpose))}


@pytest.mark.parametrize("level", ["", "anything"])
def test_what_is_no_level_changes_nothing(open_app: Flask, person: Actor, level: str) -> None:
    assert Browser(open_app, person).post(CHANGE, {"level": level}).status_code == 422
    assert purposes(open_app, "listening") == {" ".join(sorted(Purpose))}


def test_a_stranger_changes_nothing(open_app: Flask, person: Actor) -> None:
    stranger = Browser(open_app, factories.account(open_app, Role.PRODUCER))
    assert stranger.get(CHANGE).status_code == 404
    assert stranger.post(CHANGE, {"level": RESEARCH}).status_code == 404


def test_a_purpose_taken_back_while_an_edition_closes_leaves_them_out_of_it(
    open_app: Flask, person: Actor
) -> None:
    with fixed_at(AFTER), market_of(open_app).db.unit_of_work():
        edition_id, *_ = releases.close(SYSTEM, collection_of("listening") or "")
        service.agree_to(person, "listening", LEVELS[RESEARCH])
    factories.measured_anyway(open_app, edition_id)
    with market_of(open_app).db.unit_of_work(write=False):
        (part,) = session().scalars(select(EditionDataset))
        assert (part.left_out, part.shares) == ("consent", None)
    # It waits again, for what is still agreed to.
    assert purposes(open_app, "listening") == {" ".join(sorted(LEVELS[RESEARCH]))}


def test_what_is_being_counted_is_not_sold_for_more_than_was_agreed_to(
    open_app: Flask, person: Actor
) -> None:
    with fixed_at(AFTER), market_of(open_app).db.unit_of_work():
        service.agree_to(person, "listening", LEVELS[RESEARCH])
        releases.close(SYSTEM, collection_of("listening") or "")
        service.agree_to(person, "listening", LEVELS[EVERYTHING])
    assert purposes(open_app, "listening") == {" ".join(sorted(LEVELS[RESEARCH]))}


def test_the_export_says_what_was_agreed_to(open_app: Flask, person: Actor) -> None:
    held = BytesIO()
    with market_of(open_app).db.unit_of_work():
        service.agree_to(person, "listening", LEVELS[RESEARCH])
        export.archive(person, checking(market_of(open_app)), held, lambda _: None)
    with zipfile.ZipFile(held) as packed:
        told = json.loads(packed.read("my-traces/listening.json"))
    assert told["agreed"]["purposes"] == sorted(LEVELS[RESEARCH])
    assert told["agreed"]["since"].startswith("2026-03-05")


def test_the_export_names_each_column_and_can_be_read_in_a_spreadsheet(
    open_app: Flask, person: Actor
) -> None:
    held = BytesIO()
    with market_of(open_app).db.unit_of_work(write=False):
        export.archive(person, checking(market_of(open_app)), held, lambda _: None)
        trace = service.trace(person, checking(market_of(open_app)), "listening")
    with zipfile.ZipFile(held) as packed:
        told = json.loads(packed.read("my-traces/listening.json"))
        table = list(csv.DictReader(StringIO(packed.read("my-traces/listening.csv").decode())))
        assert "my-traces/" in packed.read("README.txt").decode()
    assert told["columns"]["minutes"]["unit"] == "minutes per day"
    assert told["columns"]["daytype"]["title"]["fr"]
    expected = [
        {"month": month, "values": list(cell.values), "minutes": cell.numbers[0]}
        for month, cells in trace.items()
        for cell in cells
    ]
    assert expected
    for lines in (told["lines"], table):
        assert [
            {
                "month": line["month"],
                "values": [line["daytype"], line["hour_block"]],
                "minutes": float(line["minutes"]),
            }
            for line in lines
        ] == expected
