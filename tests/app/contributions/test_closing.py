"""What somebody does while their edition is closing, or after it was published."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from flask import Flask
from sqlalchemy import select, update

from app.collections.templates import collection_of, found_templates
from app.contributions import queries, service
from app.contributions.cells import Cell, Read
from app.contributions.models import Contribution
from app.core.clock import fixed_at
from app.core.db import session
from app.core.permissions import SYSTEM, Actor, Role
from app.datasets.models import Dataset
from app.datasets.service import Checking, checking
from app.market import market_of
from app.releases import service as releases
from app.releases.models import EditionDataset
from tests.support import factories

BEFORE, AFTER = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (5, 10))
PERIOD = "2026-02"


@pytest.fixture
def doors(open_app: Flask) -> Checking:
    return checking(market_of(open_app))


def given(app: Flask, doors: Checking) -> Actor:
    """Somebody whose February waits."""
    who = factories.account(app, Role.PRODUCER)
    with fixed_at(BEFORE), market_of(app).db.unit_of_work():
        read = Read("spotify", {"listening": {PERIOD: (Cell(("weekday", "09-12"), (30,)),)}})
        service.join(who, doors, read, factories.EVERY_PURPOSE)
    return who


def close(app: Flask) -> str:
    with fixed_at(AFTER), market_of(app).db.unit_of_work():
        return releases.close(SYSTEM, collection_of("listening") or "")[0]


def test_one_damaged_trace_keeps_nobody_else_out(open_app: Flask, doors: Checking) -> None:
    broken, whole = given(open_app, doors), given(open_app, doors)
    with fixed_at(BEFORE), market_of(open_app).db.unit_of_work():
        for who in (broken, whole):
            service.skip(who, doors, "listening")
        session().execute(update(Contribution).values(skipped=""))
        row = session().get_one(Contribution, (broken.user_id, "listening"))
        doors.vault.erase(row.object_id)
        doors.vault.write_small(row.object_id, pa.record_batch([["no JSON"]], names=["cells"]))
    with fixed_at(BEFORE):
        service.offer_due(doors)
    with fixed_at(BEFORE), market_of(open_app).db.unit_of_work(write=False):
        assert any(rows_of(whole))
        assert not any(rows_of(broken))


def rows_of(who: Actor) -> list[str | None]:
    chosen = select(Dataset.rows_object).where(Dataset.producer_id == who.user_id)
    return list(session().scalars(chosen))


@pytest.mark.parametrize("verb", [service.erase, service.stop])
def test_whoever_leaves_while_an_edition_closes_is_not_in_it(
    open_app: Flask, doors: Checking, verb: object
) -> None:
    """They were measured, published and paid once, and came again in the next one."""
    assert callable(verb)
    who = given(open_app, doors)
    edition_id = close(open_app)
    with fixed_at(AFTER), market_of(open_app).db.unit_of_work():
        verb(who, doors, "listening")
    factories.measured_anyway(open_app, edition_id)
    with market_of(open_app).db.unit_of_work(write=False):
        (part,) = session().scalars(select(EditionDataset))
        assert (part.left_out, part.shares) == ("erased", None)
        assert rows_of(who) == [None]


def test_after_publication_an_erasure_leaves_no_row(open_app: Flask, doors: Checking) -> None:
    who = given(open_app, doors)
    factories.measured_anyway(open_app, close(open_app))
    with market_of(open_app).db.unit_of_work():
        assert rows_of(who) != [None]
        service.erase(who, doors, "listening")
    with market_of(open_app).db.unit_of_work(write=False):
        assert rows_of(who) == [None]


def test_a_month_that_was_measured_is_not_given_again(open_app: Flask, doors: Checking) -> None:
    who = given(open_app, doors)
    close(open_app)
    with fixed_at(BEFORE), market_of(open_app).db.unit_of_work():
        read = Read("spotify", {"listening": {PERIOD: (Cell(("weekday", "06-09"), (9,)),)}})
        service.join(who, doors, read, factories.EVERY_PURPOSE)
    with market_of(open_app).db.unit_of_work(write=False):
        assert len(rows_of(who)) == 1


def test_a_month_given_on_the_closing_day_waits_for_the_next_date(
    open_app: Flask, doors: Checking
) -> None:
    who = factories.account(open_app, Role.PRODUCER)
    with fixed_at(AFTER), market_of(open_app).db.unit_of_work():
        read = Read("spotify", {"listening": {"2026-03": (Cell(("weekday", "09-12"), (30,)),)}})
        service.join(who, doors, read, factories.EVERY_PURPOSE)
    close(open_app)
    with market_of(open_app).db.unit_of_work(write=False):
        assert session().scalars(select(EditionDataset)).all() == []


@pytest.mark.both_databases
def test_cells_of_another_version_of_a_template_are_not_offered_and_a_new_file_replaces_them(
    app: Flask,
) -> None:
    doors, db = checking(market_of(app)), market_of(app).db
    with db.unit_of_work():
        found_templates()
    who = given(app, doors)
    with fixed_at(BEFORE), db.unit_of_work():
        service.skip(who, doors, "listening")
        session().execute(update(Contribution).values(skipped="", template_version=0))
    with fixed_at(BEFORE):
        service.offer_due(doors)
    with fixed_at(BEFORE), db.unit_of_work():
        assert not any(rows_of(who))
        (tile,) = queries.tiles(who)
        assert tile.missing
        cell = Cell(("weekend", "09-12"), (10,))
        read = Read("spotify", {"listening": {PERIOD: (cell,)}})
        service.join(who, doors, read, factories.EVERY_PURPOSE)
        assert service.trace(who, doors, "listening") == {PERIOD: (cell,)}
        assert any(rows_of(who))
