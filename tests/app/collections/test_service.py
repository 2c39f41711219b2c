from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask

from app.collections import queries, service
from app.collections.errors import BadRules
from app.core.errors import Forbidden, NotFound
from app.core.permissions import Role
from app.market import market_of
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from tests.support import factories

ONLY_A_NUMBER = CubeSchema(
    (), (Measure("spend", "EUR", Decimal(0), Decimal(5), Decimal(1), MeasureRule.SUM),), 1
)


@pytest.mark.both_databases
def test_rules_are_kept_as_published(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    with market_of(app).db.unit_of_work():
        collection_id = service.found(producer, factories.proposal())
    with market_of(app).db.unit_of_work(write=False):
        rules = queries.rules(collection_id)
        assert (rules.schema, rules.epsilon, rules.delta) == (factories.SCHEMA, 1.0, 1e-6)
        assert rules.column("day").source == "the restaurants"
        assert queries.owned_by(producer.user_id) == (rules,)
        assert queries.all_collections() == (rules,)
        assert queries.public_collections() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"purposes": frozenset()},
        {"topic": "gossip"},
        {"epsilon_milli": 100_000},
        {"ways": 3},
        {"title": "Lun\x00ches"},
        {"description": "Lunches \u202e sehcnuL"},
        {"schema": ONLY_A_NUMBER},
        {"schema": replace(factories.SCHEMA, contribution_bound=51)},
        {"schema": CubeSchema(tuple(Dimension(f"d{n}", ("yes", "no")) for n in range(17)), (), 3)},
        {
            "schema": CubeSchema(
                tuple(Dimension(f"d{n}", tuple(map(str, range(900)))) for n in range(3)), (), 1
            )
        },
    ],
    ids=[
        "purposes",
        "topic",
        "epsilon",
        "ways",
        "zero",
        "turned",
        "dimensions",
        "bound",
        "columns",
        "cells",
    ],
)
def test_rules_that_cannot_be_kept_are_refused(app: Flask, change: dict[str, object]) -> None:
    producer = factories.account(app, Role.PRODUCER)
    with pytest.raises(BadRules), market_of(app).db.unit_of_work():
        service.found(producer, replace(factories.proposal(), **change))
    with market_of(app).db.unit_of_work(write=False):
        assert queries.all_collections() == ()


def test_only_producers_found_collections_and_only_owners_close_them(lite_app: Flask) -> None:
    producer, other = (factories.account(lite_app, Role.PRODUCER) for _ in range(2))
    buyer = factories.account(lite_app, Role.BUYER)
    db = market_of(lite_app).db
    with pytest.raises(Forbidden), db.unit_of_work():
        service.found(buyer, factories.proposal())
    with db.unit_of_work():
        collection_id = service.found(producer, factories.proposal())
    with pytest.raises(NotFound), db.unit_of_work():
        service.close(other, collection_id)
    with db.unit_of_work():
        service.close(producer, collection_id)
        assert not queries.rules(collection_id).open
