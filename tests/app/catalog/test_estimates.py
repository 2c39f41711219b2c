from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalog import estimates
from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.collections import queries as collections
from app.core.permissions import Role
from app.earnings.queries import shares_of
from app.market import market_of
from app.releases import queries
from pricing.errors import TooFewPeople
from tests.support import factories
from tests.support.trading import Trade, published


def test_the_estimate_is_what_a_sale_of_such_an_edition_earns(trade: Trade) -> None:
    """Supposed with the numbers that were then released, it meets the ledger."""
    producer = factories.account(trade.app, Role.PRODUCER)
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        rules = collections.rules(made.collection_id)
        keys = made.keys("gold")
        divided = queries.release(made.edition_id).shares_total
        took_part = catalog.items(keys)[0].people
        start = replace(estimates.supposed(rules), people=took_part)
        mine = shares_of(made.producer.user_id)[made.edition_id]
        worked = estimates.estimate(rules, replace(start, mine=mine, sales=1))
        price = price_list()
    everything = worked.scenarios[-1]
    # It was not sold yet, so a next one would be the only one that counts, as the first is now.
    assert (worked.answering, worked.total) == (1, 1)
    assert price.rarity.editions_total == 0
    trade.bought(buyer, keys)
    earned = trade.standing(made.producer).earned
    assert trade.standing(producer).earned.micros == 0
    # The released number and the one that was counted first divide it together.
    divides = worked.shares / divided
    assert divides == pytest.approx(1, abs=0.4)
    assert everything.mine.micros * divides == pytest.approx(earned.micros, rel=0.01)
    with trade.db.unit_of_work(write=False):
        items = catalog.items(keys)
    assert everything.tables == len(items)


def test_it_starts_from_released_numbers_or_says_what_it_guesses(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    db = market_of(lite_app).db
    owner = factories.account(lite_app, Role.PRODUCER)
    _, fresh = factories.listed(lite_app, owner)
    with db.unit_of_work(write=False):
        start = estimates.supposed(collections.rules(made.collection_id))
        assert 300 < start.people < 500
        assert start.mine == 1
        guess = estimates.supposed(collections.rules(fresh))
        assert (guess.people, guess.mine) == (200, 1)


def test_the_range_grows_with_sales_and_each_share_with_fewer_people(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False):
        rules = collections.rules(made.collection_id)
        start = estimates.supposed(rules)
        one = estimates.estimate(rules, replace(start, sales=1))
        ten = estimates.estimate(rules, replace(start, sales=10))
        assert ten.most == one.most * 10
        assert ten.least == one.least <= one.most
        crowd = estimates.estimate(rules, replace(start, people=start.people * 10))
        assert crowd.scenarios[-1].price > one.scenarios[-1].price
        assert crowd.scenarios[-1].each < one.scenarios[-1].each
        with pytest.raises(TooFewPeople):
            estimates.estimate(rules, replace(start, people=10))


@pytest.fixture
def client(lite_app: Flask) -> FlaskClient:
    return lite_app.test_client()


def test_the_page_answers_what_is_typed_and_names_what_is_wrong(
    lite_app: Flask, client: FlaskClient
) -> None:
    made = factories.published(lite_app)
    address = f"/collections/{made.collection_id}/estimate"
    page = client.get(address)
    assert page.status_code == 200
    assert "Between" in page.text
    assert "Nothing if nobody buys" in page.text
    typed = client.get(address + "?people=1000&mine=2&sales=7")
    assert "7 buyers" in typed.text
    wrong = client.get(address + "?people=0&mine=&sales=-1")
    assert wrong.status_code == 422
    assert "Between 1 and 10,000,000." in wrong.text
    assert "Type a whole number." in wrong.text
    few = client.get(address + "?people=10&mine=1&sales=1")
    assert "too few people" in few.text


def test_nobody_is_told_more_than_all_there_is(lite_app: Flask) -> None:
    """A noisy share may be above the released total: the ledger divides by it then."""
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False):
        rules = collections.rules(made.collection_id)
        start = replace(estimates.supposed(rules), people=400, sales=1)
        whole = estimates.estimate(rules, replace(start, mine=900)).scenarios[-1].mine
        more = estimates.estimate(rules, replace(start, mine=1_800)).scenarios[-1].mine
    assert more.micros == pytest.approx(whole.micros, rel=0.01)
