from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.contributions import diary_entries, reminders, service
from app.contributions.cells import Entry
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.letters.letter import Letter, message
from app.market import market_of
from app.notices import evening
from tests.support import factories
from tests.support.browser import Browser

SITE = "https://market.example.org"
#: Seven in the evening in Paris, in winter and in summer.
WINTER = datetime(2026, 3, 5, 18, tzinfo=UTC)
SUMMER = datetime(2026, 7, 5, 17, tzinfo=UTC)
ANSWERS = {"shop": "market", "loyalty_card": "no", "spent": "from_10", "own_bag": "yes"}
ADDRESS = "/diary/diary_shopping"


@pytest.fixture
def keeper(open_app: Flask) -> Actor:
    """Somebody who keeps two diaries, and is reminded of none."""
    who = factories.account(open_app, Role.PRODUCER)
    with market_of(open_app).db.unit_of_work():
        for key, answers in (
            ("diary_shopping", ANSWERS),
            ("diary_trip", {"mode": "walk", "minutes": "ten"}),
        ):
            diary = diary_entries.diary_of(key)
            entry = Entry(key, "2026-03-01", diary.checked(answers))
            doors = checking(market_of(open_app))
            read = diary_entries.read_of(diary, [entry], b"key")
            service.join(who, doors, read, factories.EVERY_PURPOSE)
            diary_entries.keep(who, doors, entry)
    return who


def wanted(app: Flask, who: Actor) -> frozenset[str]:
    with market_of(app).db.unit_of_work(write=False):
        return reminders.wanted(who.user_id)


def composed(app: Flask, who: Actor, day: str) -> Letter | None:
    with app.app_context(), market_of(app).db.unit_of_work(write=False):
        return evening.compose({"user": who.user_id, "day": day}, SITE)


def evenings(app: Flask, at: datetime, times: int = 1) -> None:
    with fixed_at(at):
        for _ in range(times):
            evening.schedule(market_of(app).db)
            factories.run_jobs(app)


def test_nobody_is_reminded_before_they_ask_for_it(
    open_app: Flask, keeper: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wanted(open_app, keeper) == frozenset()
    evenings(open_app, WINTER)
    assert "Half a minute" not in capsys.readouterr().out


@pytest.mark.parametrize("at", [WINTER, SUMMER], ids=["winter", "summer"])
def test_one_e_mail_an_evening_for_all_diaries_and_never_twice(
    open_app: Flask, keeper: Actor, capsys: pytest.CaptureFixture[str], at: datetime
) -> None:
    browser = Browser(open_app, keeper)
    for key in ("diary_shopping", "diary_trip"):
        assert browser.post(f"/diary/{key}/remind", {"on": "yes"}).status_code == 302
    assert "You are reminded of this diary." in browser.get(ADDRESS).text
    capsys.readouterr()
    evenings(open_app, at - timedelta(hours=1))
    assert "--- e-mail to" not in capsys.readouterr().out
    evenings(open_app, at, times=2)
    with fixed_at(at + timedelta(hours=1)):
        evening.remind(market_of(open_app).db, f"{at:%Y-%m-%d}")
        factories.run_jobs(open_app)
    said = capsys.readouterr().out
    assert said.count("--- e-mail to") == 1
    assert ADDRESS in said
    assert "/diary/diary_trip" in said
    evenings(open_app, at + timedelta(days=1))
    assert capsys.readouterr().out.count("--- e-mail to") == 1


def test_a_day_with_an_entry_of_every_diary_has_no_e_mail(open_app: Flask, keeper: Actor) -> None:
    browser = Browser(open_app, keeper)
    browser.post(f"{ADDRESS}/remind", {"on": "yes"})
    with fixed_at(WINTER):
        letter = composed(open_app, keeper, f"{WINTER:%Y-%m-%d}")
        assert letter is not None
        assert [line["url"] for line in letter.values["lines"]] == [f"{SITE}{ADDRESS}"]
        browser.post(ADDRESS, {**ANSWERS, "day": f"{WINTER:%Y-%m-%d}"})
        assert composed(open_app, keeper, f"{WINTER:%Y-%m-%d}") is None


def test_a_reminder_is_not_sent_once_its_day_is_over(open_app: Flask, keeper: Actor) -> None:
    Browser(open_app, keeper).post(f"{ADDRESS}/remind", {"on": "yes"})
    with fixed_at(WINTER + timedelta(hours=6)):
        assert composed(open_app, keeper, f"{WINTER:%Y-%m-%d}") is None


def test_one_request_of_an_e_mail_program_ends_the_reminders(
    open_app: Flask, keeper: Actor
) -> None:
    Browser(open_app, keeper).post(f"{ADDRESS}/remind", {"on": "yes"})
    with fixed_at(WINTER):
        letter = composed(open_app, keeper, f"{WINTER:%Y-%m-%d}")
    assert letter is not None
    with open_app.app_context():
        headers = message(letter, market_of(open_app).settings)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix(SITE)
    client = open_app.test_client()
    assert "Evening reminders of your diaries" in client.get(address).text
    assert wanted(open_app, keeper) == {"diary_shopping"}
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert wanted(open_app, keeper) == frozenset()


def test_reminders_are_switched_on_the_page_of_news_too(open_app: Flask, keeper: Actor) -> None:
    browser = Browser(open_app, keeper)
    assert 'name="diary" value="diary_trip">' in browser.get("/notices").text
    browser.post("/notices", {"diary": ["diary_trip", "diary_work", "none"]})
    # Of what somebody does not keep they are not reminded.
    assert wanted(open_app, keeper) == {"diary_trip"}
    assert 'value="diary_trip" checked' in browser.get("/notices").text
    browser.post("/notices", {})
    assert wanted(open_app, keeper) == frozenset()


def test_what_is_stopped_is_not_reminded_of(open_app: Flask, keeper: Actor) -> None:
    browser = Browser(open_app, keeper)
    browser.post(f"{ADDRESS}/remind", {"on": "yes"})
    browser.post("/my-traces/diary_shopping/stop")
    with fixed_at(WINTER):
        assert composed(open_app, keeper, f"{WINTER:%Y-%m-%d}") is None


def test_reminders_go_with_the_account(open_app: Flask, keeper: Actor) -> None:
    browser = Browser(open_app, keeper)
    browser.post(f"{ADDRESS}/remind", {"on": "yes"})
    assert browser.post("/rights/erase", {"sure": "y"}).status_code == 302
    assert wanted(open_app, keeper) == frozenset()


@pytest.mark.both_databases
def test_a_worker_that_was_killed_after_asking_reminds_nobody_twice(
    open_app: Flask, keeper: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    Browser(open_app, keeper).post(f"{ADDRESS}/remind", {"on": "yes"})
    factories.run_jobs(open_app)
    capsys.readouterr()
    db, day = market_of(open_app).db, f"{WINTER:%Y-%m-%d}"
    with fixed_at(WINTER):
        evening.schedule(db)
        # Killed between asking for the e-mails and finishing its own job: that is done again.
        evening.remind(db, day)
        factories.run_jobs(open_app)
        evening.remind(db, day)
        factories.run_jobs(open_app)
    assert capsys.readouterr().out.count("--- e-mail to") == 1
