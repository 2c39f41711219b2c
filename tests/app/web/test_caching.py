"""Visitors may keep a public page for a minute; nothing personal is kept by anybody."""

import pytest
from flask import Flask

from app.core.permissions import Role
from tests.support import factories
from tests.support.browser import Browser

PUBLIC = ("/", "/catalogue", "/catalogue?q=lunch", "/rarity", "/what-data-costs")


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_may_be_kept_for_a_minute_and_asked_after(lite_app: Flask, path: str) -> None:
    factories.published(lite_app)
    client = Browser(lite_app)
    page = client.get(path)
    assert page.headers["Cache-Control"] == "public, max-age=60"
    assert {"Cookie", "Accept-Language"} <= set(page.headers["Vary"].split(", "))
    assert "Set-Cookie" not in page.headers
    again = client.get(path, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    french = {"If-None-Match": page.headers["ETag"], "Accept-Language": "fr"}
    assert client.get(path, headers=french).status_code == 200


def test_a_release_page_is_public_too(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    page = Browser(lite_app).get(f"/catalogue/{made.edition_id}")
    assert page.headers["Cache-Control"].startswith("public")


def test_a_page_that_changed_is_sent_anew(lite_app: Flask) -> None:
    client = Browser(lite_app)
    before = client.get("/").headers["ETag"]
    factories.published(lite_app)
    page = client.get("/", headers={"If-None-Match": before})
    assert page.status_code == 200
    assert "Lunches" in page.text


@pytest.mark.parametrize("path", PUBLIC)
def test_whoever_is_signed_in_keeps_nothing(lite_app: Flask, path: str) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.BUYER))
    page = browser.get(path)
    assert page.headers["Cache-Control"] == "no-store"
    assert "ETag" not in page.headers


def test_a_page_made_for_one_visitor_is_kept_by_no_proxy(lite_app: Flask) -> None:
    visitor = Browser(lite_app)
    page = visitor.get("/catalogue?q=nowhere")  # with a form, so with a token
    assert "csrf_token" in page.text
    assert page.headers["Cache-Control"] == "private"
    assert visitor.post("/wishes", {"q": "nowhere"}).status_code == 302
    told = visitor.get("/catalogue")
    assert "Your wish is counted" in told.text
    assert told.headers["Cache-Control"] == "private"


def test_a_visitor_who_chose_a_language_shares_nothing_with_proxies(lite_app: Flask) -> None:
    visitor = Browser(lite_app)
    assert visitor.get("/language/fr?next=/catalogue").headers["Location"] == "/catalogue"
    page = visitor.get("/catalogue")
    assert '<html lang="fr">' in page.text
    assert page.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("path", ["/login", "/give", "/nowhere", "/catalogue/none"])
def test_other_pages_are_left_as_they_were(lite_app: Flask, path: str) -> None:
    assert "public" not in Browser(lite_app).get(path).headers.get("Cache-Control", "")
