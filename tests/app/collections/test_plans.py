from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import delete

from app.collections import plans, queries, service
from app.collections.models import CollectionPlan
from app.collections.rules import CollectionRules
from app.collections.templates import found_templates
from app.core.db import session
from app.core.permissions import Role
from app.datasets import service as datasets
from app.market import market_of
from tests.support import factories


@contextmanager
def nothing_may_plan() -> Iterator[None]:
    """Fail where a noise plan is made."""
    with patch.object(CollectionRules, "plan", side_effect=AssertionError("it planned")):
        yield


@pytest.mark.both_databases
def test_the_plan_on_show_is_kept_at_founding_and_read_again_whole(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    with market_of(app).db.unit_of_work():
        rules = queries.rules(service.found(producer, factories.proposal()))
        planned = rules.plan(plans.SHOWN_SOURCES)
        with nothing_may_plan():
            assert plans.shown(rules) == planned


def test_no_page_that_shows_a_plan_makes_one(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    _, collection_id = factories.listed(app, producer)
    with nothing_may_plan():
        page = app.test_client().get(f"/collections/{collection_id}")
    assert page.status_code == 200


@pytest.mark.both_databases
def test_what_was_founded_before_plans_were_kept_is_planned_once_by_the_schedule(
    app: Flask,
) -> None:
    db = market_of(app).db
    with db.unit_of_work():
        found_templates()
        session().execute(delete(CollectionPlan))
    plans.keep_missing(db)
    with nothing_may_plan():
        plans.keep_missing(db)
        with db.unit_of_work(write=False):
            for rules in queries.all_collections():
                assert plans.shown(rules).schema == rules.schema


def test_nothing_is_locked_while_a_new_collection_is_planned(app: Flask) -> None:
    """Founding planned under SQLite's one lock for writing, and others waited."""
    db, planning, written = market_of(app).db, service.planned, []
    producer = factories.account(app, Role.PRODUCER)
    dataset_id = factories.checked(app, producer)

    def meanwhile(*arguments: Any) -> Any:
        made = planning(*arguments)
        with db.unit_of_work() as others:
            others.connection().exec_driver_sql("UPDATE audit_head SET sequence = sequence")
            written.append(1)
        return made

    with patch.object(service, "planned", meanwhile), db.unit_of_work():
        session().connection()
        datasets.found_collection(producer, dataset_id, factories.proposal())
    assert written == [1]
