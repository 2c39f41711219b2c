"""A diary that an operator writes: the form, the preview, and what people see once it is open."""

import re

import pytest
from flask import Flask

from app.collections.templates import collection_of, every_template
from app.core.permissions import Actor, Role
from app.market import market_of
from tests.app.operator.diary_pages import ANSWERS, KEY, NEW, TYPED
from tests.support import factories
from tests.support.browser import Browser

ADDRESS = f"/diary/{KEY}"


def error_at(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">([^<]*)<', page)
    return found[1] if found else ""


def opened(operator: Browser, **changed: str) -> None:
    answer = operator.post(NEW, {**TYPED, **changed, "open": "1"})
    assert answer.headers["Location"] == "/operator/diaries"


def known(app: Flask) -> set[str]:
    with market_of(app).db.unit_of_work(write=False):
        return set(every_template())


def test_the_preview_shows_what_people_would_see_with_its_plan_and_odds(
    operator: Browser, lite_app: Flask
) -> None:
    page = operator.post(NEW, TYPED)
    assert page.status_code == 200
    for text in ("Which bread do people eat?", "I would rather not say", "Le pain", "was_it_good"):
        assert text in page.text
    assert "Of 100 guesses whether one did, at most 52 are right" in page.text
    assert "At most 3 of 3 cells" in page.text
    assert re.search(r"which_bread</th><td class=\"num\">± \d", page.text)
    # Nothing of it is public, nor anywhere else.
    assert KEY not in known(lite_app)
    assert Browser(lite_app).get(ADDRESS).status_code == 404
    assert "Bread" not in Browser(lite_app).get("/give").text


def test_the_preview_carries_what_was_typed_to_opening_and_back(operator: Browser) -> None:
    page = operator.post(NEW, TYPED).text
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    for name, value in TYPED.items():
        assert kept[name].split() == value.replace("\r", "").split(), name
    back = operator.post(NEW, {**TYPED, "title_fr": "", "back": "1"})
    assert back.status_code == 200
    assert "Baguette | Baguette" in back.text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title_fr", " ", "both languages"),
        ("minimum_people", "199", "from 200"),
        ("epsilon", "0.6", "from 0.1 to 0.5"),
        ("epsilon", "", "Write a number"),
        ("k", "0", "from 1"),
        ("questions-0-title_fr", "", "both languages"),
        ("questions-0-options", "Yes | Oui", "Write 2 to 12 answers"),
        ("questions-0-options", "Yes\nNo", "Line 1: write it as English | French"),
        (
            "questions-0-options",
            "a | b\nc | d | 3",
            "Line 2: write it as English | French, w",
        ),
        ("questions-1-options", "a | b | 1\nc | d", "Line 2: write it as English | French | whole"),
        ("questions-1-options", "a | b | 1\nc | d | -2", "Line 2"),
        ("questions-1-role", "sum", ""),
        ("questions-1-high", "5", "write at least 100"),
        ("title_en", "Shopping", "another one"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    operator: Browser, field: str, typed: str, said: str
) -> None:
    answer = operator.post(NEW, {**TYPED, field: typed, "open": "1"})
    assert answer.status_code == 422
    if field == "questions-1-role":
        field, said = "questions-1-high", "Write a number"
    assert said in error_at(answer.text, field)
    assert 'value="Which bread do people eat?"' in answer.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"questions-1-title_en": "", "questions-1-title_fr": "", "questions-1-options": ""}, "2"),
        (
            {"questions-0-role": "share", "questions-0-options": "a | b | 1\nc | d | 2"},
            "Use at least one question as a column",
        ),
    ],
)
def test_what_concerns_the_whole_is_said_above(
    operator: Browser, changed: dict[str, str], said: str
) -> None:
    answer = operator.post(NEW, {**TYPED, **changed})
    assert answer.status_code == 422
    assert re.search(rf'role="alert"><p>[^<]*{said}', answer.text)


def test_once_open_it_is_a_diary_as_any_other(operator: Browser, lite_app: Flask) -> None:
    opened(operator)
    person = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    assert ADDRESS in person.get("/give").text
    assert person.post(ADDRESS, ANSWERS).headers["Location"] == "/giving/look"
    places = re.findall(r'name="place" value="([^"]+)"', person.get("/giving/look").text)
    agreed = {"place": places, "keep": places, "level": "research"}
    assert person.post("/giving/look", agreed).headers["Location"] == "/giving/done"
    own = person.get(f"/my-traces/{KEY}").text
    assert "Whole grain" in own
    person.post("/language/fr")
    assert "Le pain" in person.get("/my-traces").text
    assert "Pain complet" in person.get(ADDRESS).text
    with market_of(lite_app).db.unit_of_work(write=False):
        collection = collection_of(KEY)
    page = Browser(lite_app).get(f"/collections/{collection}")
    assert page.status_code == 200
    assert "Which bread do people eat?" in page.text


def test_a_closed_diary_takes_nothing_more_and_what_is_ones_own_can_still_be_erased(
    operator: Browser, lite_app: Flask
) -> None:
    opened(operator)
    person = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    person.post(ADDRESS, ANSWERS)
    places = re.findall(r'name="place" value="([^"]+)"', person.get("/giving/look").text)
    person.post("/giving/look", {"place": places, "keep": places, "level": "research"})
    assert operator.post(f"/operator/diaries/{KEY}/close").status_code == 302
    assert operator.post(f"/operator/diaries/{KEY}/close").status_code == 404
    assert Browser(lite_app).get(ADDRESS).status_code == 404
    assert ADDRESS not in person.get("/give").text
    page = person.get(ADDRESS)
    assert "takes no more entries" in page.text
    assert 'type="radio"' not in page.text
    assert person.post(ADDRESS, ANSWERS).status_code == 422
    assert "It is closed" in person.get("/my-traces").text
    person.post(f"/my-traces/{KEY}/erase")
    assert "Bread" in person.get("/my-traces").text, "what was done is said once"
    assert "Bread" not in person.get("/my-traces").text


def test_another_version_takes_the_place_of_the_one_before(
    operator: Browser, lite_app: Flask
) -> None:
    opened(operator)
    page = operator.post(NEW, TYPED).text
    assert f"version 2, and takes the place of {KEY}" in page
    opened(operator, question_en="Which bread do you eat?")
    visitor = Browser(lite_app)
    assert visitor.get(ADDRESS).status_code == 404
    assert "Which bread do you eat?" in visitor.get(f"{ADDRESS}_2").text
    assert visitor.get("/give").text.count("Bread</a>") == 1


def test_nobody_but_an_operator_opens_or_closes(operator: Browser, lite_app: Flask) -> None:
    opened(operator)
    for who in (Role.PRODUCER, Role.BUYER):
        other = Browser(lite_app, factories.account(lite_app, who))
        assert other.get(NEW).status_code == 403
        changed = {**TYPED, "title_en": "Cheese", "open": "1"}
        assert other.post(NEW, changed).status_code == 403
        assert other.post(f"/operator/diaries/{KEY}/close").status_code == 403
    assert "diary_cheese" not in known(lite_app)
    assert Browser(lite_app).get(ADDRESS).status_code == 200


def test_opening_and_closing_are_in_the_log(lite_app: Flask) -> None:
    actor: Actor = factories.account(lite_app, Role.OPERATOR)
    operator = Browser(lite_app, actor)
    opened(operator)
    operator.post(f"/operator/diaries/{KEY}/close")
    with market_of(lite_app).db.unit_of_work(write=False) as session:
        said = session.connection().exec_driver_sql(
            "SELECT action FROM audit_entry WHERE object_id = 'diary_bread' ORDER BY sequence"
        )
        assert [action for (action,) in said] == ["open-diary", "close-diary"]
