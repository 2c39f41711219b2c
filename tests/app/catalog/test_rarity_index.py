import math

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


def test_the_index_follows_what_is_published(lite_app: Flask) -> None:
    db = market_of(lite_app).db
    with db.unit_of_work(write=False):
        empty = rarity_index()
        assert empty.standings == empty.moments == ()
        assert "leisure" in empty.missing
    owner = factories.account(lite_app, Role.PRODUCER)
    first = factories.published(lite_app, owner)
    second = factories.published(lite_app)
    dataset_id, _ = factories.listed(lite_app, owner, first.collection_id)
    assert dataset_id
    with db.unit_of_work():
        releases.close(owner, first.collection_id)
    factories.run_jobs(lite_app)
    with db.unit_of_work(write=False):
        index = rarity_index()
    by_collection = {s.rules.id: s for s in index.standings}
    assert by_collection[first.collection_id].answering == 2
    assert by_collection[first.collection_id].factor == pytest.approx(factor(3, 2))
    assert by_collection[second.collection_id].factor == pytest.approx(factor(3, 1))
    assert index.standings[0].rules.id == second.collection_id
    means = [m.index["leisure"] for m in index.moments]
    assert means == pytest.approx([factor(1, 1), factor(2, 1), (factor(3, 2) + factor(3, 1)) / 2])
    assert index.first_factor == pytest.approx(factor(4, 1))
    assert "leisure" not in index.missing
    page = lite_app.test_client().get("/rarity").text
    assert "2 of 3" in page
    assert "<polyline" in page
