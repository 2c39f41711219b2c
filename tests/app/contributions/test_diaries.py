import re
from unittest.mock import patch

import pytest
from flask import Flask

from app.contributions import diary_entries, service
from app.contributions.cells import Months
from app.core.clock import now
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.releases.periods import open_period
from app.web.filters import month
from tests.support import factories
from tests.support.browser import Browser

ADDRESS = "/diary/diary_shopping"
ANSWERS = {"shop": "market", "loyalty_card": "no", "spent": "from_10", "own_bag": "yes"}


@pytest.fixture
def person(open_app: Flask) -> Actor:
    return factories.account(open_app, Role.PRODUCER)


def months(app: Flask, who: Actor) -> Months:
    with market_of(app).db.unit_of_work(write=False):
        return service.trace(who, checking(market_of(app)), "diary_shopping")


def begun(app: Flask, who: Actor) -> Browser:
    browser = Browser(app, who)
    assert browser.post(ADDRESS, ANSWERS).headers["Location"] == "/giving/look"
    places = re.findall(r'name="place" value="([^"]+)"', browser.get("/giving/look").text)
    agreed = {"place": places, "keep": places, "level": "research"}
    assert browser.post("/giving/look", agreed).headers["Location"] == "/giving/done"
    return browser


def test_the_first_entry_asks_for_consent_and_the_next_are_one_tap(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    assert browser.post(ADDRESS, ANSWERS).headers["Location"] == ADDRESS
    page = browser.get(ADDRESS).text
    assert page.count("Remove") == 2
    (cells,) = months(open_app, person).values()
    assert [(c.values, c.numbers) for c in cells] == [(("market", "no"), (2, 34, 100))]


def test_before_agreeing_each_answer_stands_by_its_question_and_by_what_it_counts_as(
    open_app: Flask,
) -> None:
    browser = Browser(open_app)
    browser.post(ADDRESS, {**ANSWERS, "day": f"{open_period()}-07"})
    said = " ".join(re.sub(r"<[^>]+>", " ", browser.get("/giving/look").text).split())
    assert f"Your answers, 7 {month(open_period())[:3]}" in said
    assert "Kind of shop: Market or farm" in said
    assert "Spent: €10 to 25 (counted as €17)" in said
    assert "Own bag: Yes (counted as 100%)" in said
    assert "Kind of shop: Market or farm · Loyalty card: No How often: 1 · Spent: €17" in said
    french = browser.get("/giving/look", headers={"Accept-Language": "fr"}).text
    assert "Carte de fidélité" in french


def test_the_form_says_how_long_a_day_is_kept(open_app: Flask) -> None:
    page = Browser(open_app).get(ADDRESS).text
    assert "Dropped at once" not in page
    assert "kept, sealed, until its month is counted" in page


def test_my_entries_and_my_tile_name_what_they_tell(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    page = browser.get(ADDRESS).text
    assert "Loyalty card: No" in page
    assert not re.search(r"\d{4}-\d\d-\d\d</span>|>\d{4}-\d\d-\d\d", page)
    written = month(f"{now():%Y-%m}")  # what is said without a day is of today
    assert f"<small>Spent</small><br>{written}: €17." in browser.get("/my-traces").text


def test_an_entry_can_be_removed_by_its_owner_alone(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    browser.post(ADDRESS, ANSWERS)
    found = re.search(r"/diary/entry/[0-9a-f]+/remove", browser.get(ADDRESS).text)
    assert found is not None
    stranger = Browser(open_app, factories.account(open_app, Role.PRODUCER))
    assert stranger.post(found[0], {}).status_code == 404
    assert stranger.get(found[0]).status_code == 404
    assert "Remove this entry?" in browser.get(found[0]).text
    assert browser.post(found[0], {}).status_code == 302
    assert "The entry is removed." in browser.get(ADDRESS).text
    (cells,) = months(open_app, person).values()
    assert cells[0].numbers[0] == 1


def test_the_last_entry_removed_leaves_nothing_of_the_month(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    found = re.search(r"/diary/entry/[0-9a-f]+/remove", browser.get(ADDRESS).text)
    assert found is not None
    browser.post(found[0], {})
    assert not months(open_app, person)


def test_an_entry_that_leaves_a_number_unsaid_is_kept_and_not_counted(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    answer = browser.post(ADDRESS, {**ANSWERS, "spent": "unsaid"})
    assert answer.headers["Location"] == ADDRESS
    page = browser.get(ADDRESS).text
    assert "It is not counted: a number was left unsaid." in page
    assert page.count("Not counted") == 1
    (cells,) = months(open_app, person).values()
    assert [(c.values, c.numbers) for c in cells] == [(("market", "no"), (1, 17, 100))]


def test_where_no_entry_is_counted_the_tile_says_so_and_no_number(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    found = re.search(r"/diary/entry/[0-9a-f]+", browser.get(ADDRESS).text)
    assert found is not None
    browser.post(found[0], {**ANSWERS, "spent": "unsaid"})
    tile = browser.get("/my-traces").text
    assert "no entry counts for" in tile
    assert "€0" not in tile.split("What I could give")[0].split("Earned so far")[0]
    assert not months(open_app, person)


def test_a_first_entry_says_which_questions_make_it_count(open_app: Flask) -> None:
    answer = Browser(open_app).post(ADDRESS, {**ANSWERS, "spent": "unsaid"})
    assert answer.status_code == 422
    assert "To be counted, answer: How much did you spend? Did you bring your own bag?" in (
        answer.text
    )


def test_an_entry_without_any_answer_is_refused(open_app: Flask, person: Actor) -> None:
    for browser in (Browser(open_app), begun(open_app, person)):
        answer = browser.post(ADDRESS, {})
        assert answer.status_code == 422
        assert "Answer at least one question" in answer.text


@pytest.mark.parametrize("day", ["2001-01-01", "2099-01-01", "yesterday"])
def test_an_entry_is_about_a_day_that_can_still_be_counted(
    open_app: Flask, person: Actor, day: str
) -> None:
    answer = Browser(open_app, person).post(ADDRESS, {**ANSWERS, "day": day})
    assert answer.status_code == 422
    assert "Choose a day" in answer.text


def test_what_was_never_offered_is_refused(open_app: Flask, person: Actor) -> None:
    answer = Browser(open_app, person).post(ADDRESS, {**ANSWERS, "shop": "ZZCANARYZZ"})
    assert answer.status_code == 422
    assert "ZZCANARYZZ" not in answer.text


def test_entries_go_once_their_month_has_closed_and_the_sums_stay(
    open_app: Flask, person: Actor
) -> None:
    begun(open_app, person)
    doors = checking(market_of(open_app))
    diary_entries.expire(doors)
    with market_of(open_app).db.unit_of_work(write=False):
        assert len(diary_entries.entries(person, doors, "diary_shopping")) == 1
    far = "2999-01"
    with patch.object(diary_entries, "open_period", lambda: far):
        diary_entries.expire(doors)
    with market_of(open_app).db.unit_of_work(write=False):
        assert diary_entries.entries(person, doors, "diary_shopping") == ()
    assert months(open_app, person)


def test_a_month_takes_so_many_entries(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    with patch.object(diary_entries, "MOST_ENTRIES", 1):
        answer = browser.post(ADDRESS, ANSWERS)
    assert answer.status_code == 422
    assert "as many entries" in answer.text


def test_all_goes_with_the_account(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    assert browser.post("/rights/erase", {"sure": "y"}).status_code == 302
    doors = checking(market_of(open_app))
    with market_of(open_app).db.unit_of_work(write=False):
        assert diary_entries.entries(person, doors, "diary_shopping") == ()
    assert not months(open_app, person)
