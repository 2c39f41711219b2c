import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import update

import privacy.bounds
from app import worker
from app.collections.models import Collection
from app.core.db import session
from app.core.permissions import Role
from app.market import market_of
from app.releases import bounds, queries, service
from app.releases.models import ReleaseBounds
from privacy.bounds import choices
from tests.support import factories
from tests.support.browser import Browser


@contextmanager
def nothing_may_plan() -> Iterator[None]:
    """Fail where the noise of another bound is planned."""
    refused = AssertionError("it planned")
    with patch.object(privacy.bounds, "plan_release", side_effect=refused):
        yield


@pytest.mark.both_databases
def test_the_bounds_of_a_release_are_worked_out_once_by_the_schedule(app: Flask) -> None:
    made, market = factories.published(app), market_of(app)
    (task,) = [one for one in worker.schedule(market).tasks if one.name == "keep bounds"]
    with market.db.unit_of_work(write=False):
        assert bounds.of_edition(made.edition_id) is None
    task.do()
    with nothing_may_plan():
        task.do()
        with market.db.unit_of_work(write=False):
            view = queries.release(made.edition_id)
            kept, latest = bounds.of_edition(made.edition_id), bounds.latest_of(view.rules)
    assert kept == choices(view.release)
    assert latest == (view.edition, kept)


def test_no_page_plans_while_the_bounds_are_not_kept_yet(app: Flask) -> None:
    made = factories.published(app)
    with nothing_may_plan():
        page = Browser(app, made.producer).get(f"/collections/{made.collection_id}")
    assert page.status_code == 200
    assert "How many cells for each person?" not in page.text


def test_nothing_is_locked_while_bounds_are_worked_out(app: Flask) -> None:
    db, planning, written = market_of(app).db, privacy.bounds.plan_release, []
    factories.published(app)

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        with db.unit_of_work() as others:
            others.connection().exec_driver_sql("UPDATE audit_head SET sequence = sequence")
            written.append(1)
        return planning(*arguments, **more)

    with patch.object(privacy.bounds, "plan_release", meanwhile):
        bounds.keep_missing(db)
    assert len(written) == 4


def test_to_a_template_nobody_brings_more_than_its_bound_so_nothing_is_said_beyond(
    app: Flask,
) -> None:
    made, db = factories.published(app), market_of(app).db
    with db.unit_of_work():
        session().execute(update(Collection).values(template="gone"))
    bounds.keep_missing(db)
    with db.unit_of_work(write=False):
        kept = bounds.of_edition(made.edition_id)
    assert kept is not None
    assert [choice.bound for choice in kept.choices] == [1, 2]
    assert not kept.whole


def test_that_a_release_says_nothing_is_kept_too(app: Flask) -> None:
    made, db = factories.published(app), market_of(app).db
    with patch.object(bounds, "choices", return_value=None):
        bounds.keep_missing(db)
    with nothing_may_plan(), db.unit_of_work(write=False):
        assert session().get_one(ReleaseBounds, made.edition_id).content == json.dumps(None)
        assert bounds.latest_of(queries.release(made.edition_id).rules) is None
    bounds.keep_missing(db)


def test_an_edition_that_was_taken_down_is_not_learnt_from(app: Flask) -> None:
    made, market = factories.published(app), market_of(app)
    bounds.keep_missing(market.db)
    operator = factories.account(app, Role.OPERATOR)
    with market.db.unit_of_work():
        rules = queries.release(made.edition_id).rules
        assert bounds.latest_of(rules) is not None
        service.take_down(operator, made.edition_id, "a mistake")
        assert bounds.latest_of(rules) is None
