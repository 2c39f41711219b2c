"""The form of a price book: its errors say what to write, and nothing typed is lost."""

import pytest
from flask import Flask

from app.operator.price_books import queries
from tests.app.operator.book_pages import (
    DEARER,
    DEARER_BOOK,
    NEW,
    TYPED,
    errors_at,
    in_force,
    values_of,
)
from tests.support.browser import Browser


def test_the_form_opens_with_the_book_in_force(operator: Browser) -> None:
    held = values_of(operator.get(NEW).text)
    year = queries.now().year
    name = "2026-4" if year == 2026 else f"{year}-1"
    shared = set(TYPED) - {"note"}
    assert {k: held[k] for k in shared} == {k: {**TYPED, "version": name}[k] for k in shared}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("version", "2026-3", "another name"),
        ("version", "", "Give the price book a name"),
        ("version", "a/b", "such as 2026-2"),
        ("version", "new", "such as 2026-2"),
        ("note", " ", "why prices change"),
        ("fixed_micros", "", "Write a number here"),
        ("fixed_micros", "  ", "Write a number here"),
        ("fixed_micros", "-1", "Write a number such as 12.5"),
        ("fixed_micros", "much", "Write a number such as 12.5"),
        ("fixed_micros", "0,5", "Write a number such as 12.5"),
        ("fixed_micros", "NaN", "Write a number such as 12.5"),
        ("fixed_micros", "1e3", "Write a number such as 12.5"),
        ("fixed_micros", "100,000.01", "Write a number from 0 to 100,000"),
        ("floor_micros", "0.1234567", "Write at most 6 decimals"),
        ("minimum_people", "12.5", "Write a whole number"),
        ("minimum_people", "0", "Write a number from 1"),
        ("platform_basis_points", "100", "from 0 to 99.99"),
        ("platform_basis_points", "9.999", "Write at most 2 decimals"),
        ("base", "0", "Write a number from 0.000001"),
        ("detail-2", "", "or empty all that follow it"),
        ("detail-1", "0", "Write a number from 0.000001"),
        ("curve-1-micros", "120.000001", "from 200 to 1,000 points each point would cost more"),
        ("curve-1-micros", "130", "Write at most 120 here"),
        ("curve-1-micros", "23", "More never costs less: write at least 24"),
        ("curve-1-micros", "", "Fill in both numbers of this point"),
        ("curve-1-points", "", "Fill in both numbers of this point"),
        ("curve-1-points", "200", "write more than 200 here"),
        ("curve-3-points", "1.5", "Write a whole number"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    operator: Browser, field: str, typed: str, said: str
) -> None:
    answer = operator.post(NEW, {**DEARER, field: typed})
    assert answer.status_code == 422
    assert said in errors_at(answer.text, field)
    held = values_of(answer.text)
    kept = set(TYPED) - {"note", field}
    assert {name: held[name] for name in kept} == {name: DEARER[name] for name in kept}
    if field != "note":
        assert held[field] == typed.strip()
        assert "Contributors get more." in answer.text
    assert answer.text.count('class="error"') == 1


@pytest.mark.parametrize(
    ("emptied", "field", "said"),
    [
        ("detail-", "detail-0", "at least the first factor"),
        ("curve-", "curve-0-points", "at least one point"),
    ],
)
def test_a_list_is_not_empty(operator: Browser, emptied: str, field: str, said: str) -> None:
    blank = {name: "" if name.startswith(emptied) else text for name, text in DEARER.items()}
    assert said in errors_at(operator.post(NEW, blank).text, field)
    gone = {name: text for name, text in DEARER.items() if not name.startswith(emptied)}
    assert said in errors_at(operator.post(NEW, gone).text, field)


def test_a_book_that_changes_nothing_is_not_tried(operator: Browser) -> None:
    answer = operator.post(NEW, TYPED)
    assert answer.status_code == 422
    assert "Nothing differs" in answer.text


def test_numbers_are_read_in_the_readers_language(lite_app: Flask, operator: Browser) -> None:
    operator.post("/language/fr")
    held = values_of(operator.get(NEW).text)
    assert (held["fixed_micros"], held["detail-0"]) == ("0,1", "0,25")
    french = {**DEARER, "floor_micros": "0,7", "base": "1,1", "curve-1-points": "1 000"}
    assert operator.post(NEW, {**french, "publish": "1"}).status_code == 302
    assert in_force(lite_app) == DEARER_BOOK
