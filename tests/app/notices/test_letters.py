"""The e-mails: at most one a day, none twice, stopped by one click."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import worker
from app.contributions import queries as contributions
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.letters.letter import Letter, message
from app.market import market_of
from app.notices import letters, links, queries
from app.notices.kinds import SWITCHED, Kind
from tests.app.notices.conftest import CLOSED, counted
from tests.support import factories
from tests.support.browser import Browser

SITE = "https://moisson.example"


def composed(app: Flask, who: Actor, **when: str) -> Letter | None:
    with app.app_context(), market_of(app).db.unit_of_work(write=False):
        return letters.compose({"user": who.user_id, **when}, SITE)


def day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


@pytest.mark.both_databases
def test_what_happened_yesterday_is_one_e_mail_and_is_sent_once(
    open_app: Flask, person: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    counted(open_app)
    capsys.readouterr()
    morning = CLOSED.replace(hour=letters.MORNING) + timedelta(days=1)
    with fixed_at(morning - timedelta(hours=1)):
        letters.schedule(market_of(open_app).db)
        assert factories.run_jobs(open_app) == 0
    with fixed_at(morning):
        for _ in range(2):
            letters.schedule(market_of(open_app).db)
            factories.run_jobs(open_app)
        letters.tell_day(market_of(open_app).db, day(CLOSED))
        factories.run_jobs(open_app)
    said = capsys.readouterr().out
    assert said.count("--- e-mail to") == 1
    assert "statistics of about" in said


def test_nobody_is_told_of_what_others_gave(open_app: Flask, person: Actor) -> None:
    counted(open_app)
    other = factories.account(open_app, Role.PRODUCER)
    with fixed_at(CLOSED + timedelta(days=1)):
        assert composed(open_app, person, day=day(CLOSED)) is not None
        assert composed(open_app, other, day=day(CLOSED)) is None


def test_an_announcement_has_a_link_that_skips_or_stops_by_one_press(
    open_app: Flask, person: Actor
) -> None:
    letter = composed(open_app, person, day=day(CLOSED - timedelta(days=7)))
    assert letter is not None
    (line,) = letter.values["lines"]
    assert "goes in on 10 Mar 2026" in line["text"]
    browser, address = Browser(open_app), line["leave"].removeprefix(SITE)
    page = browser.get(address)
    assert "Skip February 2026" in page.text
    assert tile(open_app, person) == (False, False)
    assert "is skipped" in browser.post(address, {"verb": "skip"}).text
    assert tile(open_app, person) == (True, False)
    assert "Stopped" in browser.post(address, {"verb": "stop"}).text
    assert tile(open_app, person) == (True, True)
    assert browser.post(address, {"verb": "erase"}).status_code == 404
    assert browser.get(address[:-3]).status_code == 404


def tile(app: Flask, who: Actor) -> tuple[bool, bool]:
    with market_of(app).db.unit_of_work(write=False):
        (found,) = contributions.tiles(who)
        return found.skipped, found.stopped


def test_one_request_of_an_e_mail_program_ends_e_mails_of_these_kinds(
    open_app: Flask, person: Actor
) -> None:
    """RFC 8058: a POST without a token of a form, and nothing changes by looking."""
    letter = composed(open_app, person, day=day(CLOSED - timedelta(days=7)))
    assert letter is not None
    with open_app.app_context():
        headers = message(letter, market_of(open_app).settings)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix(SITE)
    client = open_app.test_client()
    assert "Stop these e-mails?" in client.get(address).text
    assert Kind.SOON in wanted(open_app, person)
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert wanted(open_app, person) == set(SWITCHED) - {Kind.SOLD, Kind.SOON}
    assert composed(open_app, person, day=day(CLOSED - timedelta(days=7))) is None


def wanted(app: Flask, who: Actor) -> frozenset[Kind]:
    with market_of(app).db.unit_of_work(write=False):
        return queries.by_email(who.user_id)


def test_a_letter_of_the_month_has_five_lines_in_the_readers_language(
    open_app: Flask, person: Actor
) -> None:
    counted(open_app)
    with fixed_at(CLOSED + timedelta(days=3)):
        letter = composed(open_app, person, month="2026-03")
        assert letter is not None
        assert len(letter.values["lines"]) == 5
        assert "Counted and published with you: 1 month" in letter.values["lines"][1]
        Browser(open_app, person).post("/language/fr")
        french = composed(open_app, person, month="2026-03")
        assert french is not None
        assert "Publié avec vous" in french.values["lines"][1]


def test_whoever_gives_nothing_has_no_address_that_is_confirmed_or_said_no_gets_no_letter(
    open_app: Flask, person: Actor
) -> None:
    giver_of_nothing = factories.account(open_app, Role.PRODUCER)
    assert composed(open_app, giver_of_nothing, month="2026-03") is None
    with market_of(open_app).db.unit_of_work():
        stop = links.unsubscribe("", person.user_id, {Kind.MONTHLY})
    assert open_app.test_client().post(stop).status_code == 200
    assert composed(open_app, person, month="2026-03") is None


def test_the_schedule_tells_contributors(open_app: Flask) -> None:
    assert "tell contributors" in {task.name for task in worker.schedule(market_of(open_app)).tasks}
