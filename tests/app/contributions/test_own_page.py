"""What somebody reads of their own cells on the day they gave them, and nobody else does."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from app.contributions import service
from app.contributions.cells import Cell, Months, Read
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser

SPENT: Months = {
    "2026-09": (Cell(("housing",), (600, 1)), Cell(("groceries",), (200, 10))),
    "2026-10": (
        Cell(("housing",), (450, 1)),
        Cell(("groceries",), (300, 12)),
        Cell(("income",), (2000, 1)),
    ),
}
EVEN: Months = {
    "2026-10": tuple(
        Cell((day, f"{hour:02d}"), (0.5,)) for day in ("weekday", "weekend") for hour in range(24)
    )
}
WEEK: Months = {
    "2026-10": tuple(
        Cell((day,), (10,)) for day in ("monday", "tuesday", "wednesday", "thursday", "sunday")
    )
}
TRIPS: Months = {"2026-10": (Cell(("car", "work"), (10, 300)), Cell(("walk", "errand"), (9, 90)))}
DRIVEN: Months = {
    "2026-10": (Cell(("weekday", "car"), (30, 20)), Cell(("weekday", "unknown"), (5, 3)))
}
HEARD: Months = {
    month: (Cell(("weekday", "09-12"), (minutes,)), Cell(("weekend", "18-21"), (minutes,)))
    for month, minutes in (("2026-09", 40), ("2026-10", 60))
}
GIVEN = {
    "spending": SPENT,
    "home_power": EVEN,
    "home_energy_daily": WEEK,
    "diary_trip": TRIPS,
    "mobility": DRIVEN,
    "listening": HEARD,
}
FRENCH = {"Accept-Language": "fr"}


def give(app: Flask, traces: dict[str, Months]) -> Browser:
    who = factories.account(app, Role.PRODUCER)
    return join(app, who, traces)


def join(app: Flask, who: Actor, traces: dict[str, Months]) -> Browser:
    with market_of(app).db.unit_of_work():
        read = Read("bank", traces)
        service.join(who, checking(market_of(app)), read, factories.EVERY_PURPOSE)
    return Browser(app, who)


@pytest.fixture
def mine(open_app: Flask) -> Browser:
    """A person who gave six kinds of traces a minute ago."""
    return give(open_app, GIVEN)


class _Words(HTMLParser):
    """Collects what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words(browser: Browser, path: str) -> str:
    answer = browser.get(f"/my-traces{path}")
    assert answer.status_code == 200
    parser = _Words()
    parser.feed(answer.text)
    return " ".join(" ".join(parser.found).split())


def test_a_month_stands_beside_those_before_and_its_budget_adds_up(mine: Browser) -> None:
    told = words(mine, "/spending")
    assert "October 2026: €750, 6% less than before." in told
    assert "Largest: Housing, 60% of October 2026." in told
    assert "Housing €450 €600 -25% 1 €450" in told
    assert "Total €750 €800 -6%" in told
    assert "Not in the totals: Money received." in told


def test_the_month_and_the_measure_that_were_chosen_stay(mine: Browser) -> None:
    page = mine.get("/my-traces/spending?month=2026-09&measure=count").text
    assert "September 2026: 11." in page
    assert 'href="/my-traces/spending?month=2026-10&amp;measure=count"' in page
    assert 'href="/my-traces/spending?month=2026-09&amp;measure=amount"' in page


def test_a_month_or_measure_that_is_none_of_mine_is_the_usual_one(mine: Browser) -> None:
    usual = words(mine, "/spending")
    assert words(mine, "/spending?month=1999-01&measure=secrets") == usual


def test_cheap_hours_are_worked_out_at_the_prices_on_record(mine: Browser) -> None:
    told = words(mine, "/home_power")
    # 372 kWh, a third of them in eight hours
    assert "Cheap hours would have cost you €1.61 less: €72.83 instead of €74.44." in told
    assert "33% of your electricity falls in cheap hours." in told
    assert "Counted: 1 month." in told
    assert "since 1 Aug 2026" in told


def test_prices_of_ones_own_are_worked_out_and_kept_nowhere(mine: Browser) -> None:
    own = "flat=0,20&peak=0.30&off_peak=0.10&cheap_from=0&cheap_until=0&also_from=&also_until="
    told = words(mine, f"/home_power?{own}")
    assert "Cheap hours would have cost you €37 more: €112 instead of €74." in told
    assert "€72.83 instead of €74.44" in words(mine, "/home_power")


@pytest.mark.parametrize("price", ["", "dear", "-1", "11", "NaN", "Infinity"])
def test_a_price_that_is_none_is_said_and_the_prices_on_record_stay(
    mine: Browser, price: str
) -> None:
    rest = "peak=0.30&off_peak=0.10&cheap_from=0&cheap_until=0&also_from=&also_until="
    answer = mine.get(f"/my-traces/home_power?flat={price}&{rest}")
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert "€72.83 instead of €74.44" in answer.text


def test_a_price_of_a_million_digits_costs_nobody_their_memory(mine: Browser) -> None:
    rest = "peak=1e-999999999&off_peak=0&cheap_from=0&cheap_until=0&also_from=&also_until="
    assert "less: €0 instead of €74" in words(mine, f"/home_power?flat=0.2001&{rest}")
    assert mine.get("/my-traces/diary_trip?car=1e-999999999&bus=11&train=11").status_code == 200


@pytest.mark.parametrize("hour", ["24", "-1", "x", ""])
def test_an_hour_that_is_none_is_refused_without_a_crash(mine: Browser, hour: str) -> None:
    rest = f"flat=0.2&peak=0.3&off_peak=0.1&cheap_until=6&also_from={hour or 'y'}&also_until="
    answer = mine.get(f"/my-traces/home_power?cheap_from={hour}&{rest}")
    assert answer.status_code == 200
    assert "€72.83 instead of €74.44" in answer.text


def test_days_without_hours_have_one_price_and_the_share_that_pays(mine: Browser) -> None:
    told = words(mine, "/home_energy_daily")
    assert "At one price: €62." in told
    assert "Cheap hours pay from 25% of your electricity on" in told
    assert "instead of" not in told


def test_what_is_emitted_is_told_with_its_source(mine: Browser) -> None:
    assert "October 2026: 8.07 kg of CO₂." in words(mine, "/home_power")
    driven = words(mine, "/mobility")
    assert "Car or motorcycle 440 218 95.7" in driven
    assert "Not known 66 – not counted" in driven
    for path in ("home_power", "mobility", "diary_trip"):
        page = mine.get(f"/my-traces/{path}").text
        assert "Sources:" in page
        assert re.search(r'<a href="https://[^"]+" rel="noreferrer">(RTE|ADEME)', page)


def test_a_diary_of_trips_is_told_by_speeds_of_ones_own(mine: Browser) -> None:
    assert "By car 180 218 39.2" in words(mine, "/diary_trip")
    assert "By car 300 218 65.3" in words(mine, "/diary_trip?car=60&bus=11&train=11")
    page = mine.get("/my-traces/diary_trip?car=fast&bus=11&train=11").text
    assert 'aria-invalid="true"' in page


def test_habits_are_told_in_sentences_and_drawn(mine: Browser) -> None:
    told = words(mine, "/listening")
    assert "October 2026: 60 min per day, 50% more than before." in told
    assert "Monday to Friday: 60 min per day. Saturday and Sunday: 60 min per day." in told
    assert "Three hours of the day (minutes per day, October 2026)" in told
    assert "00-03 0 03-06 0 06-09 0 09-12 42.6 12-15 0" in told
    page = mine.get("/my-traces/listening").text
    assert page.count("<figure") == 3
    assert page.count("The same numbers as a table") == 2
    assert " style=" not in page


def test_my_data_says_one_line_on_each(mine: Browser) -> None:
    told = words(mine, "")
    assert "October 2026: €750, 6% less than before." in told
    assert "October 2026: 12 kWh per day." in told
    assert "October 2026: 390 min." in told


def test_the_pages_are_whole_in_french(mine: Browser) -> None:
    for template in GIVEN:
        english = mine.get(f"/my-traces/{template}").text
        assert mine.get(f"/my-traces/{template}", headers=FRENCH).status_code == 200
        mine.post("/language/fr")
        french = mine.get(f"/my-traces/{template}").text
        assert french.count("<figure") == english.count("<figure")
        assert 'lang="fr"' in french
        assert "octobre 2026" in french
        mine.post("/language/en")


def test_what_somebody_else_gave_moves_nothing_of_mine(open_app: Flask, mine: Browser) -> None:
    pages = ["", *(f"/{template}" for template in GIVEN)]
    before = [words(mine, page) for page in pages]
    other = {key: {"2026-10": months["2026-10"][:1]} for key, months in GIVEN.items()}
    give(open_app, other)
    assert [words(mine, page) for page in pages] == before


def test_nobody_else_opens_them(open_app: Flask, mine: Browser) -> None:
    del mine
    stranger = Browser(open_app, factories.account(open_app, Role.PRODUCER))
    operator = Browser(open_app, factories.account(open_app, Role.OPERATOR))
    for template in GIVEN:
        for browser in (stranger, operator):
            answer = browser.get(f"/my-traces/{template}?flat=0.2&car=30")
            assert answer.status_code in (403, 404)
            assert "October 2026" not in answer.text
    assert "October 2026" not in stranger.get("/my-traces").text


def test_a_category_of_somebody_else_is_on_no_page_of_mine(open_app: Flask) -> None:
    give(open_app, {"spending": {"2026-10": (Cell(("education",), (1370, 3)),)}})
    told = words(give(open_app, {"spending": {"2026-10": SPENT["2026-10"]}}), "/spending")
    assert "Education" not in told
    assert "1,370" not in told
