"""A seller's page: their own figures and goals, of nobody else and to nobody else."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from app.collections import queries as collections
from app.core.clock import now
from app.core.db import session
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.earnings import queries as earnings
from app.market import market_of
from app.orders import queries as orders
from app.rights import export
from app.rights import service as rights
from app.sellers import queries, service
from app.sellers.kinds import GoalKind, LookKind
from app.sellers.models import LookCount
from app.sellers.steps import Step, step_of
from app.sellers.weeks import finished
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, published


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return published(trade.app)


def bought(trade: Trade, made: factories.Published, number: int = 0) -> str:
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        key = made.keys()[number]
    return trade.bought(buyer, [key])


def looked(trade: Trade, made: factories.Published, count: int, ago: timedelta, kind: Any) -> None:
    """So many looks at an edition, so long before the present week."""
    day = (finished(now()).until - ago).date().isoformat()
    with trade.db.unit_of_work():
        service.add_looks({(made.collection_id, day, made.edition_id, kind): count})


def main_part(text: str) -> str:
    found = re.search(r"<main.*</main>", text, re.S)
    assert found
    return re.sub(r'name="csrf_token"[^>]*', "", found[0])


def pages(trade: Trade, made: factories.Published) -> list[str]:
    browser = Browser(trade.app, made.producer)
    return [
        main_part(browser.get(path).text) for path in ("/selling", f"/selling/{made.collection_id}")
    ]


DAY = timedelta(days=1)


def test_a_look_more_within_a_step_changes_nothing_on_any_page_and_one_across_does(
    trade: Trade, made: factories.Published
) -> None:
    looked(trade, made, 12, 3 * DAY, LookKind.PAGE)
    looked(trade, made, 4, 3 * DAY, LookKind.PREVIEW)
    before = pages(trade, made)
    assert all("10 to 29" in text and "fewer than 10" in text for text in before)
    looked(trade, made, 1, 3 * DAY, LookKind.PAGE)
    looked(trade, made, 1, 3 * DAY, LookKind.PREVIEW)
    assert pages(trade, made) == before
    looked(trade, made, 17, 3 * DAY, LookKind.PAGE)
    assert all("30 to 99" in text for text in pages(trade, made))


def test_the_present_week_and_what_is_older_than_twelve_is_not_shown(
    trade: Trade, made: factories.Published
) -> None:
    before = pages(trade, made)
    looked(trade, made, 500, timedelta(0), LookKind.PAGE)
    looked(trade, made, 500, timedelta(weeks=12, days=1), LookKind.PAGE)
    assert pages(trade, made) == before
    looked(trade, made, 500, timedelta(weeks=12), LookKind.PAGE)
    assert pages(trade, made) != before


def test_sales_are_those_of_the_income_page_and_what_was_given_back_is_left_out(
    trade: Trade, made: factories.Published
) -> None:
    bought(trade, made)
    gone = bought(trade, made, 1)

    def sold() -> tuple[int, int]:
        with trade.db.unit_of_work(write=False):
            found = queries.overview(made.producer.user_id)
            (line,) = found.lines
            assert line.months == found.months
            assert line.earned.micros == sum(earnings.earned(made.producer.user_id).values())
            return line.sold, line.earned.micros

    both = sold()
    assert both[0] == 2
    trade.refund(gone)
    one = sold()
    assert one[0] == 1
    assert 0 < one[1] < both[1]


def test_orders_of_the_present_week_do_not_count_as_begun_or_paid_yet(
    trade: Trade, made: factories.Published
) -> None:
    bought(trade, made)
    span = now() - timedelta(weeks=1), now() + timedelta(hours=1)
    with trade.db.unit_of_work(write=False):
        (line,) = queries.overview(made.producer.user_id).lines
        assert line.traffic is not None
        assert (line.traffic.begun, line.traffic.paid) == (step_of(0), 0)
        of = [made.edition_id]
        assert orders.begun_by_others(of, made.producer.user_id, *span) == {made.edition_id: 1}
        assert orders.sold_to_others(of, made.producer.user_id, *span) == {made.edition_id: 1}
        assert orders.sold_by_collection(*span) == {made.collection_id: 1}


def test_a_founder_without_a_share_sees_paid_orders_in_steps_and_no_sales(
    trade: Trade, made: factories.Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(trade, made)
    monkeypatch.setattr(earnings, "shares_of", lambda _user: {})
    with trade.db.unit_of_work(write=False):
        (line,) = queries.overview(made.producer.user_id).lines
    assert line.traffic is not None
    assert line.traffic.paid == Step(0, 10)
    assert line.sold == 0


def test_whoever_joined_with_a_file_sees_their_sales_and_no_looks(
    trade: Trade, made: factories.Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(trade, made)
    joined = factories.account(trade.app, Role.PRODUCER)
    monkeypatch.setattr(earnings, "shares_of", lambda _user: {made.edition_id: 3})
    with trade.db.unit_of_work(write=False):
        (line,) = queries.overview(joined.user_id).lines
        assert (line.founded, line.traffic, line.sold) == (False, None, 1)
        with pytest.raises(NotFound):
            queries.detail(joined.user_id, made.collection_id)


def test_nobody_but_the_founder_opens_the_figures_of_a_collection(
    trade: Trade, made: factories.Published
) -> None:
    page = f"/selling/{made.collection_id}"
    assert Browser(trade.app, made.producer).get(page).status_code == 200
    for roles in ((Role.PRODUCER,), (Role.BUYER,), (Role.OPERATOR,), ()):
        other = Browser(trade.app, factories.account(trade.app, *roles))
        assert other.get(page).status_code == 404
        assert "My sales in figures" not in other.get(f"/collections/{made.collection_id}").text
    assert Browser(trade.app).get(page).status_code == 302
    own = Browser(trade.app, made.producer)
    assert page in own.get(f"/collections/{made.collection_id}").text
    assert 'href="/selling"' in own.get("/datasets/").text


def test_nothing_of_a_buyer_is_on_the_pages(trade: Trade, made: factories.Published) -> None:
    order_id = bought(trade, made)
    with trade.db.unit_of_work(write=False):
        buyer_id = orders.latest(1)[0].buyer_id
    for text in pages(trade, made):
        assert buyer_id not in text
        assert order_id not in text
        assert order_id[:8] not in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_are_whole_in_both_languages(
    trade: Trade, made: factories.Published, language: str
) -> None:
    browser = Browser(trade.app, made.producer)
    browser.post(f"/language/{language}")
    word = {"en": "Paid per look", "fr": "Payées par consultation"}[language]
    for path in ("/selling", f"/selling/{made.collection_id}"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert word in answer.text
        assert ("fewer than 10" in answer.text) == (language == "en")


def test_a_page_asks_the_database_the_same_number_of_questions_whatever_is_sold(
    trade: Trade, made: factories.Published
) -> None:
    asked: list[str] = []

    def questions() -> list[int]:
        counted = []
        browser = Browser(trade.app, made.producer)
        for path in ("/selling", f"/selling/{made.collection_id}"):
            asked.clear()
            browser.get(path)
            counted.append(sum(one.startswith("SELECT") for one in asked))
        return counted

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(trade.db.engine, "before_cursor_execute", note)
    try:
        questions()  # what a process reads once
        before = questions()
        factories.published(trade.app, made.producer)
        for number in range(2):
            bought(trade, made, number)
        looked(trade, made, 50, DAY, LookKind.PAGE)
        after = questions()
    finally:
        event.remove(trade.db.engine, "before_cursor_execute", note)
    assert after == before
    assert max(after) <= 30


def goals(trade: Trade, who: Actor) -> list[tuple[str, int, int]]:
    with trade.db.unit_of_work(write=False):
        return [(one.kind, one.target, one.reached) for one in queries.overview(who.user_id).goals]


def test_goals_are_set_replaced_reached_and_deleted_on_the_page(
    trade: Trade, made: factories.Published
) -> None:
    browser = Browser(trade.app, made.producer)
    send = "/selling/goals/new"
    browser.post(send, {"kind": "sold", "target": "4"})
    browser.post(send, {"kind": "sold", "target": "2"})
    browser.post(send, {"kind": "earned", "target": "12,50"})
    browser.post(send, {"kind": "people", "target": "300", "collection": made.collection_id})
    bought(trade, made)
    found = {kind: (target, reached) for kind, target, reached in goals(trade, made.producer)}
    assert found["sold"] == (2, 1)
    assert found["earned"][0] == 1_250
    assert found["people"][0] == 300
    assert found["people"][1] > 0
    text = browser.get("/selling").text
    assert 'value="50" max="100"' in text
    for wrong in ("0", "-1", "nan", "Infinity", "1e30", "", "many"):
        browser.post(send, {"kind": "sold", "target": wrong})
    browser.post(send, {"kind": "none", "target": "3"})
    browser.post(send, {"kind": "people", "target": "3"})
    assert len(goals(trade, made.producer)) == 3
    dropped = re.findall(r"/selling/goals/(\w{32})/drop", text)
    stranger = Browser(trade.app, factories.account(trade.app, Role.PRODUCER))
    assert stranger.post(f"/selling/goals/{dropped[0]}/drop").status_code == 404
    for goal_id in dropped:
        browser.post(f"/selling/goals/{goal_id}/drop")
    assert goals(trade, made.producer) == []


def test_a_goal_is_of_ones_own_collection_and_of_a_producer(
    trade: Trade, made: factories.Published
) -> None:
    for roles, error in (((Role.PRODUCER,), NotFound), ((Role.BUYER,), Forbidden)):
        other = factories.account(trade.app, *roles)
        with pytest.raises(error), trade.db.unit_of_work():
            service.set_goal(other, GoalKind.SOLD, 3, made.collection_id)
    with pytest.raises(Invalid), trade.db.unit_of_work():
        service.set_goal(made.producer, GoalKind.SOLD, service.MOST_WANTED + 1)


def test_goals_are_in_the_export_and_go_with_the_account_and_so_do_looks(
    trade: Trade, made: factories.Published
) -> None:
    doors = checking(market_of(trade.app))
    with trade.db.unit_of_work():
        service.set_goal(made.producer, GoalKind.EARNED, 900)
    looked(trade, made, 5, DAY, LookKind.PAGE)
    sink = io.BytesIO()
    with trade.db.unit_of_work():
        export.archive(made.producer, doors, sink, lambda _percent: None)
    with zipfile.ZipFile(sink) as file:
        account = json.loads(file.read("account.json"))
    assert [(one["kind"], one["target"]) for one in account["sales_goals"]] == [("earned", 900)]
    with trade.db.unit_of_work():
        rights.erase_account(made.producer, doors, "5e" * 32, waive=True)
    with trade.db.unit_of_work(write=False):
        assert queries.goals_of(made.producer.user_id) == ()
        assert session().scalars(select(LookCount.count)).all() == []
        assert collections.ids_owned_by(made.producer.user_id) == ()


def test_months_end_with_the_present_one_whatever_the_day() -> None:
    for at in (datetime(2026, 12, 31, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)):
        first = queries._first_month(at)
        assert (first.year * 12 + first.month) == at.year * 12 + at.month - queries.MONTHS + 1
        assert first.day == 1
