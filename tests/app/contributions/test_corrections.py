import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from flask import Flask

from app.contributions import diary_entries
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from tests.app.contributions.test_diaries import ADDRESS, ANSWERS, begun, months
from tests.support import factories
from tests.support.browser import Browser


@pytest.fixture
def person(open_app: Flask) -> Actor:
    return factories.account(open_app, Role.PRODUCER)


def address(browser: Browser) -> str:
    found = re.search(r'href="(/diary/entry/[0-9a-f]+)"', browser.get(ADDRESS).text)
    assert found is not None
    return found[1]


def kept(app: Flask, who: Actor) -> tuple[diary_entries.EntryView, ...]:
    with market_of(app).db.unit_of_work(write=False):
        return diary_entries.entries(who, checking(market_of(app)), "diary_shopping")


def objects(app: Flask) -> int:
    with market_of(app).db.unit_of_work(write=False) as session:
        return session.connection().exec_driver_sql("SELECT COUNT(*) FROM vault_key").scalar_one()


def test_an_entry_opens_filled_in_and_what_is_saved_replaces_it(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    before, place = objects(open_app), address(browser)
    page = browser.get(place).text
    for ask, answer in ANSWERS.items():
        assert f'name="{ask}" value="{answer}" checked' in page
    saved = browser.post(place, {**ANSWERS, "spent": "from_25"})
    assert saved.headers["Location"] == ADDRESS
    (entry,) = kept(open_app, person)
    assert entry.answers["spent"] == "from_25"
    (cells,) = months(open_app, person).values()
    assert [(c.values, c.numbers) for c in cells] == [(("market", "no"), (1, 37, 100))]
    # What was there before is gone from the vault.
    assert objects(open_app) == before


def test_a_correction_to_another_month_counts_both_months_again(
    open_app: Flask, person: Actor
) -> None:
    with fixed_at(datetime(2026, 3, 5, tzinfo=UTC)):
        browser = begun(open_app, person)
        browser.post(ADDRESS, ANSWERS)
        assert {m: c[0].numbers[0] for m, c in months(open_app, person).items()} == {"2026-03": 2}
        moved = browser.post(address(browser), {**ANSWERS, "day": "2026-02-28"})
        assert moved.status_code == 302
        counted = {m: c[0].numbers[0] for m, c in months(open_app, person).items()}
    assert counted == {"2026-02": 1, "2026-03": 1}


def test_an_entry_is_corrected_by_its_owner_alone(open_app: Flask, person: Actor) -> None:
    place = address(begun(open_app, person))
    stranger = Browser(open_app, factories.account(open_app, Role.PRODUCER))
    assert stranger.get(place).status_code == 404
    assert stranger.post(place, {**ANSWERS, "spent": "from_25"}).status_code == 404
    assert Browser(open_app).post(place, ANSWERS).headers["Location"].startswith("/login")
    (entry,) = kept(open_app, person)
    assert entry.answers["spent"] == "from_10"


def test_an_entry_of_a_closed_month_is_refused_with_words(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    place = address(browser)
    with (
        patch.object(diary_entries, "open_period", lambda: "2999-01"),
        patch.object(diary_entries, "day_of", lambda _text: "2999-01-02"),
    ):
        answer = browser.post(place, {**ANSWERS, "spent": "from_25"})
    assert answer.status_code == 422
    assert "counted already" in answer.text
    (entry,) = kept(open_app, person)
    assert entry.answers["spent"] == "from_10"


def test_a_correction_that_was_never_offered_changes_nothing(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    answer = browser.post(address(browser), {**ANSWERS, "shop": "ZZCANARYZZ"})
    assert answer.status_code == 422
    assert "ZZCANARYZZ" not in answer.text
    (entry,) = kept(open_app, person)
    assert entry.answers["shop"] == "market"


def test_what_is_erased_on_my_data_takes_its_entries_along(open_app: Flask, person: Actor) -> None:
    browser = begun(open_app, person)
    browser.post("/my-traces/diary_shopping/erase")
    assert kept(open_app, person) == ()


@pytest.mark.both_databases
def test_entries_written_while_another_is_corrected_all_count(
    open_app: Flask, person: Actor
) -> None:
    browser = begun(open_app, person)
    place = address(browser)
    browsers = [Browser(open_app, person) for _ in range(4)]
    sent = [(place, {**ANSWERS, "spent": "from_25"}), *[(ADDRESS, ANSWERS)] * 3]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda each: each[0].post(*each[1]), zip(browsers, sent, strict=True))
        )
    assert [answer.status_code for answer in answers] == [302] * 4
    (cells,) = months(open_app, person).values()
    assert [c.numbers for c in cells] == [(4, 37 + 3 * 17, 100)]
