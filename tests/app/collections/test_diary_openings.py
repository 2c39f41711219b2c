import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from app.collections import diary_openings, plans, queries
from app.collections.errors import DiaryRefused
from app.collections.models import CollectionPlan
from app.collections.own_diaries import every_diary
from app.collections.templates import collection_of, every_template, found_templates
from app.core.errors import Forbidden
from app.core.permissions import Actor, Role
from app.market import market_of
from tests.support import factories

WORDS = {"en": "Bread", "fr": "Le pain"}
OPTIONS = [["yes", "Yes", "Oui"], ["no", "No", "Non"]]
FACTS = {
    "k": 24,
    "epsilon": "0.25",
    "minimum_people": 200,
    "title": WORDS,
    "question": WORDS,
    "dropped": WORDS,
    "source": "Invented.",
    "ask": [
        {"key": key, "title": WORDS, "role": "dimension", "options": OPTIONS}
        for key in ("fresh", "sliced")
    ],
}


@pytest.fixture
def operator(app: Flask) -> Actor:
    return factories.account(app, Role.OPERATOR)


def opened(app: Flask, actor: Actor) -> str:
    with market_of(app).db.unit_of_work():
        return diary_openings.open_diary(actor, diary_openings.draw_up(actor, "bread", FACTS))


@pytest.mark.both_databases
def test_the_database_refuses_any_change_but_closing_it_once(app: Flask, operator: Actor) -> None:
    key = opened(app, operator)
    for statement in (
        "UPDATE own_diary SET content = '{}'",
        "UPDATE own_diary SET version = 3",
        "DELETE FROM own_diary",
    ):
        with (
            pytest.raises(DBAPIError, match="written once"),
            market_of(app).db.unit_of_work() as session,
        ):
            session.execute(text(statement))
    with market_of(app).db.unit_of_work():
        diary_openings.close(operator, key)
    with (
        pytest.raises(DBAPIError, match="written once"),
        market_of(app).db.unit_of_work() as session,
    ):
        session.execute(text("UPDATE own_diary SET closed_at = NULL"))


@pytest.mark.both_databases
def test_of_two_operators_who_open_one_name_the_second_is_refused(
    app: Flask, operator: Actor
) -> None:
    with market_of(app).db.unit_of_work(write=False):
        drawn = diary_openings.draw_up(operator, "bread", FACTS)
    opened(app, operator)
    with market_of(app).db.unit_of_work(), pytest.raises(DiaryRefused) as refused:
        diary_openings.open_diary(operator, drawn)
    assert refused.value.place == ("title",)
    with market_of(app).db.unit_of_work(write=False):
        assert [view.diary.key for view in diary_openings.written(operator)] == ["diary_bread"]


def test_it_is_known_at_once_with_its_collection_and_its_plan(
    lite_app: Flask,
) -> None:
    operator = factories.account(lite_app, Role.OPERATOR)
    with market_of(lite_app).db.unit_of_work() as session:
        # Read before: what this unit of work knows is read again.
        assert "diary_bread" not in every_template()
        drawn = diary_openings.draw_up(operator, "bread", FACTS)
        key = diary_openings.open_diary(operator, drawn)
        assert every_template()[key].title.fr == "Le pain"
        collection = collection_of(key)
        assert collection is not None
        assert session.get(CollectionPlan, collection) is not None
        rules = queries.rules(collection)
        assert plans.shown(rules) == drawn.plan
        assert (rules.epsilon, rules.minimum_people) == (0.25, 200)
        assert rules.schema == drawn.rules.schema
    with market_of(lite_app).db.unit_of_work():
        assert key not in found_templates()
        diary_openings.close(operator, key)
        assert collection_of(key) is None
        assert key in every_diary()
        # What is closed is not founded anew.
        assert key not in found_templates()
        assert collection_of(key) is None


def test_what_contradicts_itself_is_refused_and_nothing_is_kept(lite_app: Flask) -> None:
    operator = factories.account(lite_app, Role.OPERATOR)
    with market_of(lite_app).db.unit_of_work(write=False):
        with pytest.raises(DiaryRefused) as refused:
            diary_openings.draw_up(operator, "bread", {**FACTS, "epsilon": "2"})
        assert refused.value.place == ("epsilon",)
        assert diary_openings.written(operator) == ()


def test_nobody_but_an_operator_writes_a_diary(lite_app: Flask) -> None:
    other = factories.account(lite_app, Role.PRODUCER)
    with market_of(lite_app).db.unit_of_work():
        with pytest.raises(Forbidden):
            diary_openings.draw_up(other, "bread", FACTS)
        with pytest.raises(Forbidden):
            diary_openings.close(other, "diary_bread")
        with pytest.raises(Forbidden):
            diary_openings.written(other)


def test_the_diaries_of_a_market_are_asked_of_its_database_once_in_a_unit_of_work(
    lite_app: Flask,
) -> None:
    db = market_of(lite_app).db
    asked: list[str] = []
    event.listen(
        db.engine,
        "before_cursor_execute",
        lambda *told: asked.append(told[2]) if "own_diary" in told[2] else None,
    )
    with db.unit_of_work(write=False):
        for _ in range(3):
            every_template()
    assert len(asked) == 1
