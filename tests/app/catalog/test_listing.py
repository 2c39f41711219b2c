"""An edition is in the lists from its publication until it cannot be sold, at its own figures."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app import worker
from app.catalog import listing, products
from app.catalog.price_lists import price_book, price_list
from app.core.clock import now
from app.core.permissions import SYSTEM, Role
from app.datasets import service as datasets
from app.market import market_of
from app.prices import service as prices
from app.releases import queries as releases
from app.releases import service as releases_service
from app.search import queries as lists
from app.search import service as search
from app.search import work
from app.search.lists import Entry, Search
from pricing.price_book import PriceBook
from pricing.tariff import charge
from tests.support import factories
from tests.support.browser import Browser


def entry(app: Flask, edition_id: str) -> Entry | None:
    with market_of(app).db.unit_of_work(write=False):
        return lists.entry(edition_id)


def cheapest(app: Flask, edition_id: str) -> int:
    """What the tables of a release cost from, worked out from the release."""
    with market_of(app).db.unit_of_work(write=False):
        view, now_valid = releases.release(edition_id), price_list()
        plan = view.release.plan
        every = [
            one.item for tier in products.sold_tiers(plan) for one in products.products(view, tier)
        ]
        return min(charge(now_valid, [one]).micros for one in now_valid.counted(every))


@pytest.mark.both_databases
def test_an_entry_is_what_the_release_says(app: Flask) -> None:
    made = factories.published(app)
    found = entry(app, made.edition_id)
    assert found is not None
    with market_of(app).db.unit_of_work(write=False):
        view = releases.release(made.edition_id)
        assert found.people == round(products.people(view).value)
        assert found.tables == len([m for m in view.release.plan.workload.marginals if m])
        assert set(found.purposes) == set(view.edition.purposes)
        assert (found.number, found.published_at) == (
            view.edition.number,
            view.edition.published_at,
        )
        assert (found.title_en, found.title_fr) == (view.rules.title, view.rules.title)
    assert found.price_micros == cheapest(app, made.edition_id)
    page = Browser(app).get("/catalogue").text
    assert f"{found.people} people" in page


def test_an_edition_is_in_no_list_before_it_is_published(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.PRODUCER)
    _, collection_id = factories.listed(lite_app, owner)
    with market_of(lite_app).db.unit_of_work():
        (edition_id,) = releases_service.close(owner, collection_id)
    with market_of(lite_app).db.unit_of_work(write=False):
        assert lists.find(Search()).total == 0
        assert lists.newest(6) == ()
    factories.run_jobs(lite_app)
    assert entry(lite_app, edition_id) is not None


def test_an_edition_that_was_not_published_leaves_no_entry_behind(lite_app: Flask) -> None:
    """The entry is written in the transaction that publishes."""
    owner = factories.account(lite_app, Role.PRODUCER)
    _, collection_id = factories.listed(lite_app, owner)
    with market_of(lite_app).db.unit_of_work():
        (edition_id,) = releases_service.close(owner, collection_id)
    doors = worker.measuring(market_of(lite_app))

    def listed_and_then_dead(edition: str) -> None:
        doors.listed(edition)
        raise KeyboardInterrupt

    broken = replace(doors, listed=listed_and_then_dead)
    with pytest.raises(KeyboardInterrupt):
        worker.measuring_editions.measure(broken, edition_id, lambda _: None)
    assert entry(lite_app, edition_id) is None
    with market_of(lite_app).db.unit_of_work(write=False):
        assert releases.edition(edition_id).published_at is None


@pytest.mark.both_databases
def test_an_edition_that_is_taken_down_is_in_no_list(app: Flask) -> None:
    made = factories.published(app)
    assert made.edition_id in Browser(app).get("/").text
    with market_of(app).db.unit_of_work():
        releases_service.take_down(SYSTEM, made.edition_id, "invented people")
    assert entry(app, made.edition_id) is None
    for page in ("/", "/catalogue", "/catalogue?q=lunch", "/catalogue?purpose=research"):
        assert made.edition_id not in Browser(app).get(page).text
    page = Browser(app).get(f"/catalogue/{made.edition_id}").text
    assert "not sold any more" in page
    assert "Add to the bundle" not in page


def test_the_words_of_a_founder_who_left_are_in_no_list(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.PRODUCER)
    rules = factories.proposal(title="Dupont’s lunches")
    _, collection_id = factories.listed(lite_app, owner, rules=rules)
    factories.stage(lite_app).close(owner, collection_id)
    visitor = Browser(lite_app)
    assert "Dupont" in visitor.get("/catalogue?q=dupont").text
    with market_of(lite_app).db.unit_of_work():
        datasets.leave_collection(owner, collection_id)
    for page in ("/", "/catalogue", "/catalogue?topic=leisure"):
        assert "Dupont" not in visitor.get(page).text
        assert collection_id[:4] in visitor.get(page).text
    assert "0 collections" in visitor.get("/catalogue?q=dupont").text
    market_of(lite_app).db.scrub()
    path = market_of(lite_app).settings.database_url.removeprefix("sqlite:///")
    with open(path, "rb") as file:
        assert b"dupont" not in file.read().lower()


def another_book(**changes: object) -> PriceBook:
    return PriceBook.from_dict({**price_book().to_dict(), "version": "next", **changes})


@pytest.mark.both_databases
def test_a_new_price_book_prices_the_lists_anew(app: Flask) -> None:
    made = factories.published(app)
    before = entry(app, made.edition_id)
    operator = factories.account(app, Role.OPERATOR)
    with market_of(app).db.unit_of_work():
        book = another_book(minimum_micros=5_000_000, fixed_micros=3_000_000)
        prices.publish(operator, book, "dearer", based_on=price_book().version)
    factories.run_jobs(app)
    after = entry(app, made.edition_id)
    assert before is not None
    assert after is not None
    assert after.price_micros == cheapest(app, made.edition_id) > before.price_micros


def test_what_a_book_does_not_sell_leaves_the_lists_and_comes_back(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    operator = factories.account(lite_app, Role.OPERATOR)
    for version, least, listed in (("high", 1_000_000, False), ("low", 50, True)):
        with market_of(lite_app).db.unit_of_work():
            book = another_book(minimum_people=least, version=version)
            prices.publish(operator, book, "", based_on=price_book().version)
        factories.run_jobs(lite_app)
        assert (entry(lite_app, made.edition_id) is not None) is listed
        page = Browser(lite_app).get(f"/catalogue/{made.edition_id}").text
        assert ("no table of this edition is sold" in page) is not listed
        assert ("fewer than" in page.split("Free preview")[0]) is not listed


def test_prices_follow_what_was_sold_from_the_next_catalogue_on(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.PRODUCER)
    made = factories.published(lite_app, owner)
    other = factories.published(lite_app, owner)
    db = market_of(lite_app).db
    with db.unit_of_work():
        search.price(made.edition_id, 1, "EUR", "by hand")
    listing.price_due(db)
    factories.run_jobs(lite_app)
    for one in (made, other):
        found = entry(lite_app, one.edition_id)
        assert found is not None
        assert found.price_micros == cheapest(lite_app, one.edition_id)
    factories.sold(lite_app, made, other)
    third = factories.published(lite_app, owner)
    listing.price_due(db)
    factories.run_jobs(lite_app)
    for one in (made, other, third):
        found = entry(lite_app, one.edition_id)
        assert found is not None
        assert found.price_micros == cheapest(lite_app, one.edition_id)


def test_no_job_tells_when_an_edition_was_published(lite_app: Flask) -> None:
    """Its time would tell how long it was measured."""
    owner = factories.account(lite_app, Role.PRODUCER)
    _, collection_id = factories.listed(lite_app, owner)
    with market_of(lite_app).db.unit_of_work():
        releases_service.close(owner, collection_id)
    factories.run_jobs(lite_app)
    page = Browser(lite_app, factories.account(lite_app, Role.OPERATOR)).get("/operator/jobs").text
    assert "measure-edition" in page
    assert work.PRICE not in page
    assert work.LIST not in page


@pytest.mark.both_databases
def test_the_lists_are_made_again_from_what_is_published(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = factories.account(app, Role.PRODUCER)
    every = [factories.published(app, owner) for _ in range(3)]
    before = [entry(app, one.edition_id) for one in every]
    assert None not in before
    with market_of(app).db.unit_of_work():
        for one in every:
            search.remove(one.edition_id)
        work.list_later("test")
    # Each part is a job of its own, which begins where the one before it ended.
    monkeypatch.setattr(listing, "TOGETHER", 1)
    factories.run_jobs(app)
    assert [entry(app, one.edition_id) for one in every] == before


def test_a_run_that_stopped_goes_on_where_it_was(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.PRODUCER)
    every = [factories.published(lite_app, owner) for _ in range(2)]
    db = market_of(lite_app).db
    with db.unit_of_work():
        for one in every:
            search.remove(one.edition_id)
    for _ in range(2):  # the second time as after a crash
        listing.list_some(db, "test", None, anew=False)
        assert all(entry(lite_app, one.edition_id) for one in every)


def test_an_edition_refused_for_a_purpose_is_not_listed_for_it(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    found = entry(lite_app, made.edition_id)
    assert found is not None
    assert found.published_at <= now() < found.published_at + timedelta(hours=2)
    page = Browser(lite_app).get("/catalogue?purpose=commercial").text
    assert re.search(r"Commercial use\s+\(1\)", page)
