"""What an earlier edition says about how many contributions of a person to keep."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from app.catalog.lessons import MOST_ROWS, Lesson, for_founder, of_collection
from app.core.permissions import Role
from app.market import market_of
from app.releases import bounds as release_bounds
from app.releases import queries as releases
from privacy.bounds import Bounds, Choice
from tests.app.catalog.test_search import text_of
from tests.support import factories
from tests.support.browser import Browser

HEADING = "How many cells for each person?"
NAMES = {"noise": "noise", "left out": "left out", "both": "both"}


@pytest.fixture
def learnt(app: Flask) -> factories.Published:
    """A published edition of a collection about leisure, and what it says."""
    made = factories.published(app)
    release_bounds.keep_missing(market_of(app).db)
    return made


def lesson_of(app: Flask, made: factories.Published) -> Lesson:
    with market_of(app).db.unit_of_work(write=False):
        found = of_collection(releases.release(made.edition_id).rules)
    assert found is not None
    return found


def of_bounds(errors: list[float], own: int, app: Flask, made: factories.Published) -> Lesson:
    """A lesson of bounds with these errors, of noise alone."""
    choices = tuple(Choice(k, 0.0, 0.0, 0.0, sd, 3) for k, sd in enumerate(errors, 1))
    return replace(lesson_of(app, made), bounds=Bounds(own, ("day",), choices, whole=True))


def test_the_founder_reads_what_each_bound_would_have_done(
    app: Flask, learnt: factories.Published
) -> None:
    page = Browser(app, learnt.producer).get(f"/collections/{learnt.collection_id}").text
    told, text = lesson_of(app, learnt).bounds, text_of(page)
    assert HEADING in text
    assert "From Lunches, edition 1" in text
    assert f"With 2 cells for each person, {_left(told.own)} and a figure is off by" in text
    assert "More than 4 cells of a person were never counted" in text
    rows = re.findall(r'<tr><th scope="row">(\d+)(.*?)</tr>', page[page.index('id="bound"') :])
    assert [int(bound) for bound, _ in rows] == [1, 2, 3, 4]
    assert [bound for bound, row in rows if "best" in row] == [str(told.best.bound)]
    assert [bound for bound, row in rows if "this edition" in row] == ["2"]


def _left(choice: Choice) -> str:
    if choice.left_out < 0.5:
        return "nothing that was counted is left out"
    return f"about {choice.left_out:,.0f} contributions are left out"


def test_so_does_the_operator_who_makes_templates_and_nobody_else(
    app: Flask, learnt: factories.Published
) -> None:
    address = f"/collections/{learnt.collection_id}"
    assert HEADING in Browser(app, factories.account(app, Role.OPERATOR)).get(address).text
    for other in (None, factories.account(app, Role.BUYER), factories.account(app, Role.PRODUCER)):
        browser = Browser(app) if other is None else Browser(app, other)
        assert HEADING not in browser.get(address).text


def test_who_founds_a_collection_reads_it_beside_the_question(
    app: Flask, learnt: factories.Published
) -> None:
    founder = factories.account(app, Role.PRODUCER)
    asked = Browser(app, founder).get(f"/datasets/{factories.uploaded(app, founder)}/columns").text
    rules = factories.checked(app, founder)
    named = Browser(app, founder).get(f"/datasets/{rules}/collection").text
    for page in (asked, named):
        assert "From Lunches, edition 1" in text_of(page)
        assert "Yours may differ." in page


def test_who_joins_a_collection_chooses_no_bound_and_reads_nothing(
    app: Flask, learnt: factories.Published
) -> None:
    other = factories.account(app, Role.PRODUCER)
    joining = factories.uploaded(app, other, collection_id=learnt.collection_id)
    page = Browser(app, other).get(f"/datasets/{joining}/columns")
    assert page.status_code == 200
    assert "From Lunches" not in page.text


def test_a_founder_learns_from_their_own_and_from_the_same_topic(
    app: Flask, learnt: factories.Published
) -> None:
    with market_of(app).db.unit_of_work(write=False):
        stranger, owner = "nobody", learnt.producer.user_id
        assert len(for_founder(stranger, "leisure")) == 1
        assert len(for_founder(stranger, "")) == 1
        assert for_founder(stranger, "health") == ()
        assert len(for_founder(owner, "health")) == 1
        assert len(for_founder(owner, "leisure")) == 1


def test_few_of_many_bounds_are_shown_and_always_the_own_and_the_best(
    app: Flask, learnt: factories.Published
) -> None:
    lesson = of_bounds([100.0] * 36 + [5.0] + [100.0] * 63, 29, app, learnt)
    shown = [choice.bound for choice in lesson.shown]
    assert {1, 29, 37, 100} <= set(shown)
    assert len(shown) <= MOST_ROWS + 2
    assert shown == sorted(shown)


def test_a_chart_marks_the_best_and_begins_where_bounds_are_not_far_worse(
    app: Flask, learnt: factories.Published
) -> None:
    plot = of_bounds([900.0, 80.0, 10.0, 11.0, 12.0], 4, app, learnt).chart(NAMES)
    assert [text for _, text in plot.x_ticks] == ["3", "4", "5"]
    assert [line.name for line in plot.lines] == ["noise", "left out", "both"]
    assert [[p.text for p in line.points] for line in plot.lines][2] == ["here", "", ""]
    drawn = of_bounds([900.0, 80.0, 10.0], 1, app, learnt).chart(NAMES)
    assert [text for _, text in drawn.x_ticks] == ["1", "2", "3"]
