"""Where a search finds nothing one can say so: the words are counted, nobody is noted."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import Base
from app.core.permissions import Role
from app.market import market_of
from app.search import queries as lists
from tests.support import factories
from tests.support.browser import Browser


def wishes(app: Flask) -> dict[str, int]:
    with market_of(app).db.unit_of_work(write=False):
        return {one.words: one.times for one in lists.wishes(10)}


@pytest.mark.both_databases
def test_a_wish_is_counted_by_its_words_and_by_nothing_else(app: Flask) -> None:
    visitor = Browser(app)
    page = visitor.get("/catalogue?q=Bike+rides")
    assert "I want this" in page.text
    for text in ("Bike rides", "rides, bike!", "the BIKE rides"):
        assert visitor.post("/wishes", {"q": text}).status_code == 302
    buyer = Browser(app, factories.account(app, Role.BUYER))
    buyer.post("/wishes", {"q": "vélo"})
    assert wishes(app) == {"bike rides": 3, "velo": 1}
    table = Base.metadata.tables["wish"]
    assert [column.name for column in table.columns] == ["words", "times"]
    with market_of(app).db.unit_of_work(write=False) as session:
        assert len(session.execute(select(table)).all()) == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", {}),
        ("the of", {}),
        ("%", {}),
        ("call 0612345678 now", {"call now": 1}),
        ("a1b2 x", {}),
        ("one two three four five six seven", {"five four one seven six three": 1}),
    ],
)
def test_of_a_wish_a_few_words_of_letters_are_kept(
    lite_app: Flask, text: str, kept: dict[str, int]
) -> None:
    assert Browser(lite_app).post("/wishes", {"q": text}).status_code == 302
    assert wishes(lite_app) == kept


def test_what_is_found_needs_no_wish(lite_app: Flask) -> None:
    factories.published(lite_app)
    assert "I want this" not in Browser(lite_app).get("/catalogue?q=lunch").text
    assert "I want this" not in Browser(lite_app).get("/catalogue?topic=health").text


def test_the_operator_sees_what_was_searched_for_in_vain(lite_app: Flask) -> None:
    Browser(lite_app).post("/wishes", {"q": "bakeries"})
    operator = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    assert "bakeries" in operator.get("/operator/collections").text
    assert "bakeries" not in Browser(lite_app).get("/catalogue").text
