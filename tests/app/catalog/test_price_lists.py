import math
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from app.catalog import queries as catalog
from app.catalog.price_lists import catalogue_number, price_list, rarity_of
from app.collections.models import Collection
from app.core.db import session
from app.core.permissions import SYSTEM, Role
from app.datasets import service as datasets
from app.datasets.service import checking
from app.market import market_of
from app.prices import queries as prices
from app.prices import service as prices_service
from app.prices.errors import UnknownBook
from app.releases import queries as releases
from app.releases import rarity
from app.releases import service as releases_service
from app.users import service as users_service
from pricing.item import Question
from pricing.price_list import PriceList
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
    factories.sold(app, first)
    with db.unit_of_work(write=False):
        keys = first.keys()
        before = charge(price_list(), catalog.items(keys))
        assert catalogue_number() == 1
    other_topic(app)
    other_question(app)
    other_topic(app)
    with db.unit_of_work():
        book = prices.in_force()
        dearer = replace(book, version="dearer", base=2.0)
        prices_service.publish(SYSTEM, dearer, "", based_on=book.version)
    with db.unit_of_work(write=False):
        items = catalog.items(keys)
        assert catalogue_number() == 4
        assert charge(price_list(), items) > before
        # Of two editions on the topic one answers: rarer than the only one of one.
        assert charge(price_list(book.version), items) > before
        assert charge(price_list(book.version, 1), items) == before
        with pytest.raises(UnknownBook):
            price_list("never published")


def other_topic(app: Flask) -> factories.Published:
    """An edition that was sold, of a collection that asks something else."""
    producer = factories.account(app, Role.PRODUCER)
    asked = factories.proposal("Journeys", topic="mobility")
    dataset_id, collection_id = factories.listed(app, producer, rules=asked)
    (edition_id,) = factories.stage(app).close(producer, collection_id)
    made = factories.Published(edition_id, collection_id, dataset_id, producer)
    factories.sold(app, made)
    return made


def other_question(app: Flask) -> None:
    """An edition on the same topic that was sold, and asks something else."""
    producer = factories.account(app, Role.PRODUCER)
    lunches = factories.proposal()
    (first, *rest) = lunches.schema.measures
    schema = replace(lunches.schema, measures=(replace(first, unit="USD"), *rest))
    asked = factories.proposal(schema=schema)
    dataset_id, collection_id = factories.listed(app, producer, rules=asked)
    (edition_id,) = factories.stage(app).close(producer, collection_id)
    factories.sold(app, factories.Published(edition_id, collection_id, dataset_id, producer))


def test_what_was_quoted_under_a_book_before_comes_to_the_same_cent(app: Flask) -> None:
    """By shares of one half, question by collection, with nothing off for the preview."""
    db = market_of(app).db
    made = [factories.published(app), factories.published(app)]
    factories.sold(app, *made)
    other_topic(app)
    with db.unit_of_work(write=False):
        items = catalog.items([key for one in made for key in one.keys("gold")[:1]])
        old = price_list("2026-2")
        by_hand = 0.0
        for item in items:
            for answer in item.answers:
                n = item.people
                asked = math.floor(n * n / (n + 4 * answer.variance) * 1e6)
                weight = math.ceil(old.book.detail_of(len(answer.question.axes)) * 1e6)
                by_hand += math.ceil(math.sqrt(weight * weight * asked) / 1000)
        worth = old.book.worth(round(by_hand))
        exact = 100_000 + 2 * 500_000 + worth
        assert abs(exact_price(old, items).micros - exact) <= 2
        assert charge(old, items).cents_up() == -(-exact // 10_000)
        # Both ask the same: under the present book they answer it together.
        now = price_list()
        apart = [charge(now, [item]).micros for item in items]
        assert charge(now, items).micros < sum(apart)


def test_editions_that_nobody_bought_raise_no_price(app: Flask) -> None:
    """Twenty of them raised everybody's by 26 to 44 % once."""
    db = market_of(app).db
    first = factories.published(app)
    factories.sold(app, first)
    with db.unit_of_work(write=False):
        items = catalog.items(first.keys())
        before = charge(price_list(), items)
        junk = [
            replace(entry, number=number, edition_id=f"junk {number}", counts_from=None)
            for entry in releases.catalogue()
            for number in range(2, 22)
        ]
        rarity = rarity_of((*releases.catalogue(), *junk), 50, 21)
        assert rarity.editions_total == 1
        assert charge(PriceList(price_list().book, rarity), items) == before


@pytest.mark.both_databases
def test_only_a_sale_of_a_founder_whom_the_provider_knows_counts(app: Flask) -> None:
    db = market_of(app).db
    made = factories.published(app)
    with db.unit_of_work():
        rarity.count_sold([made.edition_id])
        assert releases.catalogue()[0].counts_from is None
        users_service.mark_identified(made.producer.user_id)
        rarity.count_sold([made.edition_id])
        (entry,) = releases.catalogue()
        assert entry.counts_from == 2
        assert not entry.counts_in(1)
        assert entry.counts_in(2)


@pytest.mark.both_databases
def test_an_edition_that_is_taken_down_counts_no_longer_from_the_next_catalogue_on(
    app: Flask,
) -> None:
    db = market_of(app).db
    made = factories.published(app)
    factories.sold(app, made)
    other_topic(app)
    with db.unit_of_work():
        assert price_list().rarity.editions_total == 1
        releases_service.take_down(SYSTEM, made.edition_id, "invented people")
        assert releases.catalogue()[0].counts_in(2)
        assert not releases.catalogue()[0].counts_in(3)


def test_a_copy_of_a_collection_under_another_name_asks_the_same_questions(app: Flask) -> None:
    db = market_of(app).db
    first = factories.published(app)
    copy = factories.published(app)
    factories.sold(app, first, copy)
    other = other_topic(app)
    with db.unit_of_work(write=False):
        counted = price_list(number=3).rarity
        for made in (first, copy):
            for marginal in (frozenset(), frozenset({"day"})):
                assert counted.answering(Question(made.collection_id, marginal)) == 2
        # Of another topic: the same categories ask something else.
        assert counted.answering(Question(other.collection_id, frozenset({"day"}))) == 1


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


def test_a_release_of_the_markets_own_counts_once_it_was_sold(app: Flask) -> None:
    made = factories.published(app)
    with market_of(app).db.unit_of_work():
        rarity.count_sold([made.edition_id])
        assert rarity_at(2).editions_total == 0, "whose founder nobody knows does not"
        session().execute(update(Collection).values(template="listening"))
        rarity.count_sold([made.edition_id])
        assert rarity_at(2).editions_total == 1


def rarity_at(number: int) -> Rarity:
    return rarity_of(releases.catalogue(number), 0, number)


def test_editions_too_small_to_be_sold_make_nothing_less_rare(app: Flask) -> None:
    made = [factories.published(app) for _ in range(2)]
    with market_of(app).db.unit_of_work(write=False):
        small, large = (replace(entry, counts_from=1) for entry in releases.catalogue())
        few = replace(small, people=49)
        question = Question(made[1].collection_id, frozenset())
        assert rarity_of((few, large), 50, 2).editions_total == 1
        assert rarity_of((small, large), 50, 2).editions_total == 2
        assert rarity_of((few, large), 50, 2).answering(question) == 1


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
        items = catalog.items(made.keys("gold")[:1])
        assert items[0].floor_micros == 7_250_000
        plain = [replace(item, floor_micros=0) for item in items]
        more = charge(prices_now, items) - charge(prices_now, plain)
        # To the cent: each of the two prices is rounded up, the smaller one to the minimum.
        least = prices_now.book.minimum_micros
        plainly = exact_price(prices_now, plain).micros
        expected = 7_250_000 - prices_now.floors(plain)[edition_id] - max(0, least - plainly)
        assert abs(more.micros - expected) < 10_000
    page = app.test_client().get(f"/collections/{collection_id}").text
    assert "€7.25" in page
