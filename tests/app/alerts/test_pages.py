"""Following from the pages of the catalogue, and one page that lists, changes and ends it."""

import io
import json
import re
import zipfile

import pytest
from flask import Flask

from app.alerts import looking, queries, service
from app.alerts.kinds import Rhythm
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.rights import export
from app.rights import service as rights
from app.search.lists import Search, Sort
from tests.support import factories
from tests.support.browser import Browser
from tests.support.factories import Published


def alerts(app: Flask, who: Actor) -> tuple[queries.AlertView, ...]:
    with market_of(app).db.unit_of_work(write=False):
        return queries.of_account(who.user_id)


def fields(page: str) -> dict[str, str]:
    """What the form that follows sends, but for its token."""
    (form,) = re.findall(r'<form method="post" action="/account/alerts".*?</form>', page, re.S)
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in hidden if name != "csrf_token"}


@pytest.fixture
def made(lite_app: Flask) -> Published:
    return factories.published(lite_app)


def test_a_collection_is_followed_from_its_page_and_from_that_of_an_edition(
    lite_app: Flask, made: Published
) -> None:
    pages = (f"/collections/{made.collection_id}", f"/catalogue/{made.edition_id}")
    for page in pages:
        reader = factories.account(lite_app, Role.BUYER)
        browser = Browser(lite_app, reader)
        answer = browser.post(
            "/account/alerts", {**fields(browser.get(page).text), "rhythm": "at-once"}
        )
        assert answer.headers["Location"] == page
        text = browser.get(page).text
        assert "We e-mail you when there is a new edition: at once." in text
        assert 'action="/account/alerts"' not in text
        (alert,) = alerts(lite_app, reader)
        assert alert.asked == Search(collection=made.collection_id)
        assert alert.rhythm is Rhythm.AT_ONCE


def test_a_search_is_followed_with_what_narrows_it_also_where_nothing_is_found(
    lite_app: Flask, made: Published
) -> None:
    browser = Browser(lite_app, reader := factories.account(lite_app))
    place = "/catalogue?q=lunches+on+mars&topic=energy&purpose=research&people=500&sort=cheapest"
    text = browser.get(place).text
    assert "Nothing more fits." in text
    browser.post("/account/alerts", fields(text))
    (alert,) = alerts(lite_app, reader)
    assert alert.asked == Search("lunches on mars", "energy", "research", 500)
    assert alert.rhythm is Rhythm.WEEKLY
    assert "Change or stop" in browser.get(place).text
    assert "Change or stop" not in browser.get("/catalogue?q=lunches").text
    browser.post("/account/alerts", fields(browser.get("/catalogue?q=nothing").text))
    browser.post("/account/alerts", fields(browser.get("/catalogue?topic=health").text))
    assert [one.asked.topic for one in alerts(lite_app, reader)] == ["energy", "", "health"]


def test_a_visitor_is_led_to_sign_in_and_back(lite_app: Flask, made: Published) -> None:
    visitor = Browser(lite_app)
    for page in (
        f"/catalogue/{made.edition_id}",
        f"/collections/{made.collection_id}",
        "/catalogue?q=bread",
    ):
        text = visitor.get(page).text
        assert "Sign in, and we e-mail you when there is a new edition." in text
    assert "/login?next=/catalogue?q%3Dbread" in text or "next=%2Fcatalogue%3Fq%3Dbread" in text
    reader = Browser(lite_app, factories.account(lite_app, verified=False))
    assert "confirm your e-mail address first" in reader.get("/catalogue").text


def test_one_page_lists_changes_and_ends_them(lite_app: Flask, made: Published) -> None:
    browser = Browser(lite_app, reader := factories.account(lite_app))
    assert "No alert yet." in browser.get("/account/alerts").text
    browser.post("/account/alerts", {"q": "bread <b>", "topic": "energy"})
    text = browser.get("/account/alerts").text
    assert "“bread &lt;b&gt;” · Energy" in text
    assert 'href="/catalogue?q=bread+%3Cb%3E&amp;topic=energy"' in text
    (alert,) = alerts(lite_app, reader)
    page = f"/account/alerts/{alert.id}"
    assert browser.post(page, {"rhythm": "at-once", "do": "rhythm"}).status_code == 302
    (alert,) = alerts(lite_app, reader)
    assert alert.rhythm is Rhythm.AT_ONCE
    assert browser.post(page, {"do": "end", "rhythm": "weekly"}).status_code == 302
    assert alerts(lite_app, reader) == ()
    assert browser.post(page, {"do": "end"}).status_code == 404


def test_nobody_changes_or_ends_anothers(lite_app: Flask, made: Published) -> None:
    owner, stranger = (factories.account(lite_app) for _ in range(2))
    with market_of(lite_app).db.unit_of_work():
        mine = service.follow(owner, Search("bread"), Rhythm.WEEKLY)
        with pytest.raises(NotFound):
            service.change(stranger, mine, Rhythm.AT_ONCE)
        with pytest.raises(NotFound):
            service.end(stranger, mine)
    browser = Browser(lite_app, stranger)
    assert browser.post(f"/account/alerts/{mine}", {"do": "end"}).status_code == 404
    assert len(alerts(lite_app, owner)) == 1


def test_an_account_has_a_few_and_the_same_one_once(lite_app: Flask, made: Published) -> None:
    reader = factories.account(lite_app)
    browser = Browser(lite_app, reader)
    with market_of(lite_app).db.unit_of_work():
        for n in range(service.MOST):
            service.follow(reader, Search(f"bread {n}"), Rhythm.WEEKLY)
        again = Search("  bread   3 ", sort=Sort.PEOPLE)
        service.follow(reader, again, Rhythm.AT_ONCE)
        with pytest.raises(Conflict):
            service.follow(reader, Search("more"), Rhythm.WEEKLY)
    answer = browser.post("/account/alerts", {"q": "more"})
    assert answer.headers["Location"] == "/account/alerts"
    assert "You have 20 alerts." in browser.get("/account/alerts").text
    kept = alerts(lite_app, reader)
    assert len(kept) == service.MOST
    assert [one.asked.text for one in kept if one.rhythm is Rhythm.AT_ONCE] == ["bread 3"]


def test_what_finds_nothing_ever_what_is_not_public_and_who_is_not_confirmed_is_refused(
    lite_app: Flask, made: Published
) -> None:
    reader, unconfirmed = (factories.account(lite_app, verified=yes) for yes in (True, False))
    with market_of(lite_app).db.unit_of_work():
        with pytest.raises(Invalid):
            service.follow(reader, Search("?!"), Rhythm.WEEKLY)
        with pytest.raises(NotFound):
            service.follow(reader, Search(collection="0" * 32), Rhythm.WEEKLY)
        with pytest.raises(Forbidden):
            service.follow(unconfirmed, Search("bread"), Rhythm.WEEKLY)
    assert Browser(lite_app, reader).post("/account/alerts", {"q": "?!"}).status_code == 302
    assert alerts(lite_app, reader) == alerts(lite_app, unconfirmed) == ()


def test_they_are_in_the_export_and_forgotten_with_the_account(
    lite_app: Flask, made: Published
) -> None:
    reader, market = factories.account(lite_app), market_of(lite_app)
    with market.db.unit_of_work():
        service.follow(reader, Search("lunches"), Rhythm.AT_ONCE)
        service.follow(reader, Search(collection=made.collection_id), Rhythm.WEEKLY)
    factories.published(lite_app)
    looking.look(market.db)
    packed = io.BytesIO()
    with market.db.unit_of_work():
        export.archive(reader, checking(market), packed, lambda _: None)
    account = json.loads(zipfile.ZipFile(packed).read("account.json"))
    assert [one["place_in_catalogue"] for one in account["told_of"]] == [2]
    assert [{**one, "since": ""} for one in account["alerts"]] == [
        {"q": "lunches", "rhythm": "at-once", "since": ""},
        {"collection": made.collection_id, "rhythm": "weekly", "since": ""},
    ]
    with market.db.unit_of_work():
        rights.erase_account(reader, checking(market), market.settings.edition_secret, waive=True)
    assert alerts(lite_app, reader) == ()
    with market.db.unit_of_work(write=False):
        assert queries.told_to(reader.user_id) == ()
