from dataclasses import replace

import pytest
from flask import Flask

from app.catalog import queries as catalog
from app.catalog.price_lists import catalogue_number, price_list, rarity_of
from app.core.permissions import SYSTEM, Role
from app.datasets import service as datasets
from app.datasets.service import checking
from app.market import market_of
from app.prices import queries as prices
from app.prices import service as prices_service
from app.prices.errors import UnknownBook
from app.releases import queries as releases
from app.releases import service as releases_service
from pricing.item import Question
from pricing.rarity import Rarity
from pricing.tariff import charge, exact_price
from tests.support import factories


def test_an_empty_catalogue_has_prices_too(app: Flask) -> None:
    with market_of(app).db.unit_of_work(write=False):
        assert catalogue_number() == 0
        assert price_list().rarity == Rarity(0, {})


def test_an_old_catalogue_and_an_old_book_give_their_prices_again(app: Flask) -> None:
    db = market_of(app).db
    first = factories.published(app)
    with db.unit_of_work(write=False):
        keys = first.keys()
        before = charge(price_list(), catalog.items(keys))
        assert catalogue_number() == 1
    factories.published(app)
    with db.unit_of_work():
        book = prices.in_force()
        dearer = replace(book, version="dearer", base=2.0)
        prices_service.publish(SYSTEM, dearer, "", based_on=book.version)
    with db.unit_of_work(write=False):
        items = catalog.items(keys)
        assert catalogue_number() == 2
        assert charge(price_list(), items) > before
        # Of two editions one answers: rarer than the only one of one.
        assert charge(price_list(book.version), items) > before
        assert charge(price_list(book.version, 1), items) == before
        with pytest.raises(UnknownBook):
            price_list("never published")


@pytest.mark.both_databases
def test_editions_are_numbered_in_the_order_of_publication(app: Flask) -> None:
    made = [factories.published(app).edition_id for _ in range(3)]
    with market_of(app).db.unit_of_work(write=False):
        entries = releases.catalogue()
        assert [entry.edition_id for entry in entries] == made
        assert [entry.number for entry in entries] == [1, 2, 3]
        assert [entry.edition_id for entry in releases.catalogue(2)] == made[:2]
        for entry in entries:
            view = releases.release(entry.edition_id)
            finest = view.release.plan.tiers[0]
            assert entry.people == int(view.release.people(finest).value)


def test_editions_too_small_to_be_sold_make_nothing_less_rare(app: Flask) -> None:
    made = [factories.published(app) for _ in range(2)]
    with market_of(app).db.unit_of_work(write=False):
        small, large = releases.catalogue()
        few = replace(small, people=49)
        question = Question(made[1].collection_id, frozenset())
        assert rarity_of((few, large), 50).editions_total == 1
        assert rarity_of((small, large), 50).editions_total == 2
        assert rarity_of((few, large), 50).answering(question) == 1
        asked = [entry for entry in rarity_of((few, large), 50).editions_answering]
        assert {q.collection for q in asked} == {made[1].collection_id}


def test_a_floor_of_a_collection_is_fixed_when_an_edition_closes_and_is_paid(app: Flask) -> None:
    db = market_of(app).db
    producer = factories.account(app, Role.PRODUCER)
    dataset_id = factories.checked(app, producer)
    with db.unit_of_work():
        asking = replace(factories.proposal(), floor_micros=7_250_000)
        collection_id = datasets.found_collection(producer, dataset_id, asking)
        datasets.publish(producer, checking(market_of(app)), dataset_id, factories.EVERY_PURPOSE)
        (edition_id,) = releases_service.close(producer, collection_id)
    factories.run_jobs(app)
    made = factories.Published(edition_id, collection_id, dataset_id, producer)
    with db.unit_of_work(write=False):
        prices_now = price_list()
        items = catalog.items(made.keys("bronze")[:1])
        assert items[0].floor_micros == 7_250_000
        plain = [replace(item, floor_micros=0) for item in items]
        more = charge(prices_now, items) - charge(prices_now, plain)
        # To the cent: each of the two prices is rounded up, the smaller one to the minimum.
        least = prices_now.book.minimum_micros
        plainly = exact_price(prices_now, plain).micros
        expected = 7_250_000 - prices_now.book.floor_micros - max(0, least - plainly)
        assert abs(more.micros - expected) < 10_000
    page = app.test_client().get(f"/collections/{collection_id}").text
    assert "€7.25" in page
