import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from flask import Flask

from app.contributions import drafts
from app.core.clock import fixed_at, now
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.rights import export
from tests.app.contributions.test_diaries import ADDRESS, ANSWERS, begun, months
from tests.support import factories
from tests.support.browser import Browser

HALF = {"shop": "market", "draft": "1"}
TICKED = 'name="shop" value="market" checked'
COUNTED = ("contribution", "dataset", "edition", "edition_dataset", "diary_entry", "job")


@pytest.fixture
def person(open_app: Flask) -> Actor:
    return factories.account(open_app, Role.PRODUCER)


def rows(app: Flask, table: str) -> int:
    with market_of(app).db.unit_of_work(write=False) as session:
        count = session.connection().exec_driver_sql(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
        return count.scalar_one()


def own(app: Flask, who: Actor) -> drafts.Draft | None:
    with market_of(app).db.unit_of_work(write=False):
        return drafts.find(who, checking(market_of(app)), "diary_shopping")


def test_a_half_filled_form_is_kept_and_filled_in_again(open_app: Flask, person: Actor) -> None:
    browser = Browser(open_app, person)
    assert browser.post(ADDRESS, HALF).headers["Location"] == ADDRESS
    page = browser.get(ADDRESS).text
    assert TICKED in page
    assert 'name="spent" value="unsaid" checked' in page
    assert "Your draft is filled in" in page
    browser.post(ADDRESS, {**HALF, "shop": "online"})
    assert TICKED not in browser.get(ADDRESS).text
    assert rows(open_app, "diary_draft") == 1


def test_a_visitors_draft_is_sealed_by_their_browser_alone(open_app: Flask) -> None:
    browser = Browser(open_app)
    browser.post(ADDRESS, HALF)
    assert TICKED in browser.get(ADDRESS).text
    assert TICKED not in Browser(open_app).get(ADDRESS).text
    with market_of(open_app).db.unit_of_work(write=False) as session:
        sealed = session.connection().exec_driver_sql("SELECT sealed FROM waiting_import")
        assert all(b"market" not in bytes(content) for (content,) in sealed)
    with fixed_at(now() + drafts.LIFE_OF_VISITORS):
        assert TICKED not in browser.get(ADDRESS).text


def test_a_visitors_draft_leaves_what_they_read_waiting(open_app: Flask) -> None:
    browser = Browser(open_app)
    browser.post(ADDRESS, ANSWERS)
    browser.post("/diary/diary_trip", {"mode": "walk", "draft": "1"})
    assert browser.get("/giving/look").status_code == 200
    assert browser.get("/diary/diary_trip").text.count('value="walk" checked') == 1


def test_nothing_of_a_draft_is_in_any_table_release_or_page_of_anybody_else(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    other = Browser(open_app, factories.account(open_app, Role.PRODUCER))
    operator = Browser(open_app, factories.account(open_app, Role.OPERATOR))
    pages = (
        (other, ADDRESS),
        (other, "/my-traces"),
        (other, "/catalogue"),
        (operator, "/operator"),
        (operator, "/operator/collections"),
    )

    def told() -> list[object]:
        seen = [re.sub(r'value="[^"]{60,}"', "", who.get(path).text) for who, path in pages]
        return [[rows(open_app, table) for table in COUNTED], months(open_app, person), seen]

    before = told()
    browser.post(ADDRESS, {**ANSWERS, "shop": "small_shop", "draft": "1"})
    factories.run_jobs(open_app)
    assert told() == before
    with market_of(open_app).db.unit_of_work(write=False) as session:
        (row,) = session.connection().exec_driver_sql("SELECT * FROM diary_draft").all()
    assert "small_shop" not in str(row)


def test_what_nobody_could_tick_is_not_kept(open_app: Flask, person: Actor) -> None:
    browser = Browser(open_app, person)
    sent = {**HALF, "shop": "ZZCANARYZZ", "spent": "from_10", "day": "ZZDAYZZ"}
    assert browser.post(ADDRESS, sent).status_code == 302
    draft = own(open_app, person)
    assert draft is not None
    assert (dict(draft.answers), draft.day) == ({"spent": "from_10"}, "")


def test_a_draft_goes_once_it_is_saved_or_forgotten(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    for end in (
        lambda: browser.post(ADDRESS, ANSWERS),
        lambda: browser.post(f"{ADDRESS}/draft/forget"),
    ):
        browser.post(ADDRESS, HALF)
        assert own(open_app, person) is not None
        end()
        assert own(open_app, person) is None
    assert rows(open_app, "diary_draft") == 0


def test_a_draft_lives_for_a_week(open_app: Flask, person: Actor) -> None:
    Browser(open_app, person).post(ADDRESS, HALF)
    doors = checking(market_of(open_app))
    drafts.expire(doors)
    assert rows(open_app, "diary_draft") == 1
    keys = rows(open_app, "vault_key")
    with fixed_at(now() + drafts.LIFE + timedelta(seconds=1)):
        assert own(open_app, person) is None
        drafts.expire(doors)
    assert (rows(open_app, "diary_draft"), rows(open_app, "vault_key")) == (0, keys - 1)


def test_a_draft_is_in_the_export_of_ones_own_data_and_goes_with_the_account(
    open_app: Flask, person: Actor
) -> None:
    browser = Browser(open_app, person)
    browser.post(ADDRESS, HALF)
    taken = io.BytesIO()
    with market_of(open_app).db.unit_of_work(write=False):
        export.archive(person, checking(market_of(open_app)), taken, lambda _: None)
    with zipfile.ZipFile(taken) as file:
        kept = json.loads(file.read("my-drafts/diary_shopping.json"))
    assert kept["shop"] == "market"
    assert browser.post("/rights/erase", {"sure": "y"}).status_code == 302
    assert rows(open_app, "diary_draft") == 0
