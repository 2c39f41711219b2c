import math
from dataclasses import replace

import pytest
from flask import Flask

from app.catalog.rarity_index import rarity_index
from app.core.permissions import Role
from app.market import market_of
from app.releases import service as releases
from pricing.price_book import DEFAULT_BOOK
from tests.support import factories


def factor(total: int, answering: int) -> float:
    scarcity = math.log((1 + total) / (1 + answering))
    return 1 + DEFAULT_BOOK.rarity_lambda * min(DEFAULT_BOOK.rarity_cap, scarcity)


def different(app: Flask) -> factories.Published:
    """An edition that asks something of another length: a number of its own."""
    producer = factories.account(app, Role.PRODUCER)
    lunches = factories.proposal()
    (first, *rest), unit = lunches.schema.measures, f"unit {producer.user_id[:4]}"
    schema = replace(lunches.schema, measures=(replace(first, unit=unit), *rest))
    dataset_id, collection_id = factories.listed(
        app, producer, rules=factories.proposal(schema=schema)
    )
    (edition_id,) = factories.stage(app).close(producer, collection_id)
    return factories.Published(edition_id, collection_id, dataset_id, producer)


def next_edition(app: Flask, made: factories.Published) -> factories.Published:
    """Another edition of the same collection."""
    dataset_id, _ = factories.listed(app, made.producer, made.collection_id)
    with market_of(app).db.unit_of_work():
        (edition_id,) = releases.close(made.producer, made.collection_id)
    factories.run_jobs(app)
    return replace(made, edition_id=edition_id, dataset_id=dataset_id)


def test_the_index_follows_what_is_published_and_sold(lite_app: Flask) -> None:
    db = market_of(lite_app).db
    with db.unit_of_work(write=False):
        empty = rarity_index()
        assert empty.standings == empty.moments == ()
        assert "leisure" in empty.missing
    owner = factories.account(lite_app, Role.PRODUCER)
    first = factories.published(lite_app, owner)
    factories.sold(lite_app, first)
    second = different(lite_app)
    factories.sold(lite_app, second)
    again = next_edition(lite_app, first)
    factories.sold(lite_app, again)
    with db.unit_of_work(write=False):
        # What was sold since the last publication counts from the next one on.
        assert rarity_index().standings[0].total == 2
    unsold = different(lite_app)
    with db.unit_of_work(write=False):
        index = rarity_index()
    by_collection = {s.rules.id: s for s in index.standings}
    assert by_collection[first.collection_id].answering == 2
    assert by_collection[first.collection_id].factor == pytest.approx(factor(3, 2))
    assert by_collection[second.collection_id].factor == pytest.approx(factor(3, 1))
    # What nobody bought is not rare, though nothing else answers it.
    assert by_collection[unsold.collection_id].factor == 1.0
    assert index.standings[-1].rules.id == unsold.collection_id
    means = [m.index["leisure"] for m in index.moments]
    at_last = (factor(3, 2) + factor(3, 1) + 1) / 3
    assert means == pytest.approx([1, 1, factor(2, 1), at_last])
    assert index.first_factor == pytest.approx(factor(4, 1))
    assert "leisure" not in index.missing
    page = lite_app.test_client().get("/rarity").text
    assert "2 of 3" in page
    assert "<polyline" in page
