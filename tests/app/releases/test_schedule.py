"""Editions close on published dates, whether or not anybody came."""

from datetime import timedelta

import pytest
from flask import Flask

from app.collections import queries as collections
from app.core.clock import fixed_at
from app.core.permissions import Role
from app.market import market_of
from app.releases import queries, service
from tests.support import factories


@pytest.mark.both_databases
def test_an_edition_closes_by_itself_once_its_date_has_come(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    _, collection_id = factories.listed(app, producer)
    db = market_of(app).db
    with db.unit_of_work():
        rules = collections.rules(collection_id)
        before = service.next_closing(rules)
    service.close_due(db)
    with db.unit_of_work():
        assert queries.every_edition_of(collection_id) == ()
    with fixed_at(before + timedelta(minutes=1)):
        service.close_due(db)
        service.close_due(db)
        with db.unit_of_work():
            assert [e.number for e in queries.every_edition_of(collection_id)] == [1]


def test_the_closing_date_does_not_depend_on_what_was_listed(app: Flask) -> None:
    producer, other = (factories.account(app, Role.PRODUCER) for _ in range(2))
    _, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        before = service.next_closing(collections.rules(collection_id))
    factories.listed(app, other, collection_id)
    with market_of(app).db.unit_of_work():
        assert service.next_closing(collections.rules(collection_id)) == before


def test_a_date_is_kept_whether_or_not_anybody_came(app: Flask) -> None:
    made = factories.published(app)
    db = market_of(app).db
    with db.unit_of_work():
        later = service.next_closing(collections.rules(made.collection_id))
    with fixed_at(later + timedelta(days=1)):
        service.close_due(db)
        factories.run_jobs(app)
    with db.unit_of_work():
        last, first = queries.every_edition_of(made.collection_id)
        assert (first.state, last.state) == ("published", "carried")
        assert queries.editions_of(collections.rules(made.collection_id)) == (first,)
