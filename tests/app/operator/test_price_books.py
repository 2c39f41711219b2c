"""The operator's price books: read, tried on the catalogue, published."""

import dataclasses
import re
import statistics
from typing import Any

import pytest
from flask import Flask

from app.catalog.price_lists import rarity_of
from app.catalog.products import products, sold_tiers
from app.core.permissions import SYSTEM, Actor, Role
from app.market import market_of
from app.operator.price_books import queries
from app.prices import service
from app.releases import queries as releases
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.tariff import charge
from tests.app.operator.book_pages import DEARER, DEARER_BOOK, NEW, TYPED, in_force, values_of
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade


def test_the_page_tells_the_book_in_force(operator: Browser) -> None:
    page = operator.get("/operator/prices").text
    assert "A buyer pays €0.10 once, and for what the tables tell" in page
    assert "€0.10 for every 100 people that its best answer is as precise as asking" in page
    assert "10 points, if every release answers it" in page
    assert "up to × 2" in page
    assert "fewer than 50 people" in page
    assert "The market keeps 10 % of" in page
    assert '<th scope="row" class="num">1,000</th><td class="num">€100.80</td>' in page
    assert "/operator/prices/2026-3" in page
    assert "/operator/prices" in operator.get("/operator").text


def test_an_old_book_can_still_be_read(lite_app: Flask, operator: Browser) -> None:
    with market_of(lite_app).db.unit_of_work():
        service.publish(SYSTEM, DEARER_BOOK, "more", based_on="2026-3")
    old = operator.get("/operator/prices/2026-3").text
    assert "no longer in force" in old
    assert "€0.70 for each release" not in old
    earlier = operator.get("/operator/prices/2026-2").text
    assert "€0.50 for each release" in earlier
    assert "€0.70 for each release" in operator.get("/operator/prices").text
    assert operator.get("/operator/prices/1999-1").status_code == 404


def test_the_preview_is_what_the_library_says_under_both_books(
    market: tuple[Flask, factories.Published, Actor],
) -> None:
    app, made, operator = market
    with market_of(app).db.unit_of_work(write=False):
        seen = queries.preview(operator, DEARER_BOOK)
        view = releases.release(made.edition_id)
        scarcity = rarity_of(releases.catalogue(), 50, 1)
        lists = PriceList(DEFAULT_BOOK, scarcity), PriceList(DEARER_BOOK, scarcity)
        # What the free preview shows is not for sale.
        tiers = {
            tier.name: lists[0].counted(one.item for one in products(view, tier))
            for tier in sold_tiers(view.release.plan)
        }
        tiers = {name: items for name, items in tiers.items() if items}
        percents = []
        for line in seen.lines:
            items = tiers[line.tier.name]
            for change, of in ((line.cheapest, min), (line.whole, None)):
                want = [
                    of(charge(one, [item]) for item in items) if of else charge(one, items)
                    for one in lists
                ]
                assert [change.before, change.after] == want
            for item in items:
                before, after = (charge(one, [item]).micros for one in lists)
                percents.append(100 * (after - before) / before)
    assert {line.tier.name for line in seen.lines} == set(tiers)
    assert seen.median_percent == pytest.approx(statistics.median(percents))
    assert seen.tables == len(percents)
    assert [line.size for line in seen.lines] == sorted((n.size for n in seen.lines), reverse=True)
    assert seen.differing == ("floor_micros", "base")
    assert (seen.no_longer_sold, seen.newly_sold) == ((), ())


def test_the_preview_page_tells_before_anything_is_in_force(
    market: tuple[Flask, factories.Published, Actor],
) -> None:
    app, made, actor = market
    browser = Browser(app, actor)
    answer = browser.post(NEW, DEARER)
    assert answer.status_code == 200
    with market_of(app).db.unit_of_work(write=False):
        seen = queries.preview(actor, DEARER_BOOK)
    for line in seen.lines:
        for change in (line.cheapest, line.whole):
            for price in (change.before, change.after):
                assert price is not None
                assert f"€{price.micros / 1e6:.2f}" in answer.text
            assert f"+{change.percent:.1f}\xa0%" in answer.text
    assert f"The middle of all changes is +{seen.median_percent:.1f}\xa0%" in answer.text
    assert "0 open offers keep their old price" in answer.text
    differs = re.search(r'<table id="differs">(.*?)</table>', answer.text, re.DOTALL)
    assert differs is not None
    assert re.findall(r"<t[dh][^>]*>\s*([^<]*?)\s*</t[dh]>", differs[1])[3:] == [
        *("Once per release", "€0.00", "€0.70"),
        *("Weight of an answer", "1", "1.1"),
    ]
    assert in_force(app) == DEFAULT_BOOK


def test_what_is_sold_no_longer_or_newly_is_named(
    market: tuple[Flask, factories.Published, Actor],
) -> None:
    app, _made, actor = market
    browser = Browser(app, actor)
    page = browser.post(NEW, {**TYPED, "minimum_people": "100000"}).text
    assert "No longer sold, as they have fewer than 100,000 people" in page
    assert "No table is on sale both now and with the new book" in page
    assert page.count("not sold") == 6, "the preview's own tier is never named"
    closed = dataclasses.replace(DEFAULT_BOOK, version="2026-4", minimum_people=100_000)
    with market_of(app).db.unit_of_work():
        service.publish(SYSTEM, closed, "", based_on="2026-3")
    opened = {**TYPED, "version": "2026-5", "based_on": "2026-4"}
    page = browser.post(NEW, opened).text
    assert "Newly sold, as they have at least 50 people" in page


def test_open_offers_are_counted(trade: Trade) -> None:
    made = factories.published(trade.app)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.place(factories.account(trade.app, Role.BUYER), keys)
    browser = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    page = browser.post(NEW, DEARER).text
    assert "1 open offer keeps its old price until it expires" in page


def test_an_empty_catalogue_has_a_preview(operator: Browser) -> None:
    answer = operator.post(NEW, DEARER)
    assert answer.status_code == 200
    assert "Nothing is on sale" in answer.text


def test_from_the_preview_it_is_published_or_taken_back_to_the_form(
    lite_app: Flask, operator: Browser
) -> None:
    seen: dict[str, Any] = values_of(operator.post(NEW, DEARER).text)
    del seen["csrf_token"]
    assert seen == DEARER
    back = operator.post(NEW, {**seen, "back": "1"})
    assert back.status_code == 200
    held = values_of(back.text)
    assert {name: held[name] for name in DEARER if name != "note"} == {
        name: text for name, text in DEARER.items() if name != "note"
    }
    assert "Contributors get more.</textarea>" in back.text
    assert 'class="error"' not in back.text
    assert in_force(lite_app) == DEFAULT_BOOK
    done = operator.post(NEW, {**seen, "publish": "1"})
    assert (done.status_code, done.location) == (302, "/operator/prices")
    assert in_force(lite_app) == DEARER_BOOK
    page = operator.get("/operator/prices").text
    assert "Price book 2026-4 is in force" in page
    assert "Contributors get more." in page


def test_publishing_changes_what_a_buyer_is_asked(
    market: tuple[Flask, factories.Published, Actor],
) -> None:
    app, made, actor = market
    browser = Browser(app, actor)
    with market_of(app).db.unit_of_work(write=False):
        seen = queries.preview(actor, DEARER_BOOK)
    cheapest = [line.cheapest for line in seen.lines]
    before = min(change.before.micros for change in cheapest if change.before)
    after = min(change.after.micros for change in cheapest if change.after)

    def asked() -> int:
        page = browser.get(f"/catalogue/{made.edition_id}").text
        return min(round(float(price) * 1e6) for price in re.findall(r"<span>€([\d.]+)<br>", page))

    assert asked() == before < after
    browser.post(NEW, {**DEARER, "publish": "1"})
    assert asked() == after


def test_a_second_operator_does_not_overwrite_the_first(lite_app: Flask, operator: Browser) -> None:
    with market_of(lite_app).db.unit_of_work():
        service.publish(
            SYSTEM, dataclasses.replace(DEARER_BOOK, version="other"), "", based_on="2026-3"
        )
    for more in ({}, {"publish": "1"}):
        answer = operator.post(NEW, {**DEARER, **more})
        assert answer.status_code == 422
        assert "Meanwhile the price book other came into force" in answer.text
        assert "Start again from other" in answer.text
        assert values_of(answer.text)["floor_micros"] == "0.7"
    assert in_force(lite_app).version == "other"


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRODUCER])
def test_others_are_refused(lite_app: Flask, role: Role) -> None:
    browser = Browser(lite_app, factories.account(lite_app, role))
    for path in ("/operator/prices", "/operator/prices/2026-3", NEW):
        assert browser.get(path).status_code == 403, path
    for more in ({}, {"publish": "1"}):
        assert browser.post(NEW, {**DEARER, **more}).status_code == 403
    assert in_force(lite_app) == DEFAULT_BOOK
