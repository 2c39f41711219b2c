"""What a contributor finds on the page "News", and how many of it are new."""

from datetime import timedelta

import pytest
from flask import Flask

from app.contributions import service as contributions
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.notices import queries, service
from app.notices.events import notices
from app.notices.kinds import SWITCHED, Kind
from tests.app.notices.conftest import CLOSED, GIVEN, counted
from tests.support import factories
from tests.support.browser import Browser

LONG_AGO = GIVEN - timedelta(days=300)


def kinds(app: Flask, who: Actor) -> list[Kind]:
    with market_of(app).db.unit_of_work(write=False):
        return [each.kind for each in notices(who, LONG_AGO)]


def test_a_month_is_announced_a_week_before_it_goes_in(open_app: Flask, person: Actor) -> None:
    with fixed_at(CLOSED - timedelta(days=8)):
        assert kinds(open_app, person) == []
    assert kinds(open_app, person) == [Kind.SOON]
    page = Browser(open_app, person).get("/notices").text
    assert "your February 2026 goes in on 10 Mar 2026" in page


def test_whoever_needs_a_newer_file_is_told_until_when(open_app: Flask, person: Actor) -> None:
    with fixed_at(CLOSED + timedelta(days=25)):
        assert (
            "import a newer file before 10 Apr 2026"
            in Browser(open_app, person).get("/notices").text
        )


def test_what_was_skipped_or_stopped_is_not_announced(open_app: Flask, person: Actor) -> None:
    for verb in (contributions.skip, contributions.stop):
        with market_of(open_app).db.unit_of_work():
            verb(person, checking(market_of(open_app)), "listening")
        assert kinds(open_app, person) == []


@pytest.mark.both_databases
def test_what_was_published_is_told_with_its_odds_and_counted_until_it_is_read(
    open_app: Flask, person: Actor
) -> None:
    counted(open_app)
    other = factories.account(open_app, Role.PRODUCER)
    with fixed_at(CLOSED + timedelta(days=1)):
        browser = Browser(open_app, person)
        assert "My data (1 new)" in browser.get("/my-traces").text
        page = browser.get("/notices").text
        assert "right at most 5" in page
        assert "times in 100 (50 by chance)" in page
        assert page.count("tag ok") == 1
        assert "new)" not in browser.get("/my-traces").text
        assert browser.get("/notices").text.count("tag ok") == 0
        assert Kind.MEASURED not in kinds(open_app, other)


@pytest.mark.both_databases
def test_nothing_is_written_for_a_contributor_when_something_happens(
    open_app: Flask, person: Actor
) -> None:
    counted(open_app)
    with fixed_at(CLOSED + timedelta(days=1)), market_of(open_app).db.unit_of_work(write=False):
        (measured,) = (n for n in notices(person, LONG_AGO) if n.kind is Kind.MEASURED)
        assert measured.path.startswith("/catalogue/")
        assert queries.unseen(person) == 1


@pytest.mark.both_databases
def test_each_kind_can_be_switched_and_choices_go_with_the_account(
    open_app: Flask, person: Actor
) -> None:
    db = market_of(open_app).db
    with db.unit_of_work(write=False):
        assert queries.by_email(person.user_id) == set(SWITCHED) - {Kind.SOLD}
    Browser(open_app, person).post("/notices", {"kind": ["paid", "nonsense"]})
    with db.unit_of_work():
        assert queries.by_email(person.user_id) == {Kind.PAID}
        service.forget(person.user_id)
        assert queries.by_email(person.user_id) == set(SWITCHED) - {Kind.SOLD}
