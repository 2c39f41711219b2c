"""Two clicks, or two tabs, at once; and an account that is erased while something comes in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from app.contributions import diary_entries, drafts, service
from app.contributions.cells import Cell, Entry, Read
from app.contributions.drafts import Draft
from app.contributions.models import Contribution, DiaryDraft, DiaryEntry
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.datasets.models import Dataset
from app.datasets.service import checking
from app.datasets.states import DatasetState
from app.market import market_of
from app.releases.periods import open_period
from app.users import service as users_service
from tests.app.contributions.test_corrections import ADDRESS, ANSWERS
from tests.app.contributions.test_giving import places, plays, sent
from tests.support import factories
from tests.support.browser import Browser

CLICKS = 4
DIARY = "diary_shopping"


@pytest.fixture
def person(open_app: Flask) -> Actor:
    return factories.account(open_app, Role.PRODUCER)


def clicked(app: Flask, who: Actor, click: Callable[[Browser], int]) -> list[int]:
    """The answers to the same click in several tabs, at once."""
    browsers = [Browser(app, who) for _ in range(CLICKS)]
    with ThreadPoolExecutor(CLICKS) as pool:
        return list(pool.map(click, browsers))


def posts(address: str, **fields: object) -> Callable[[Browser], int]:
    return lambda browser: browser.post(address, fields).status_code


@pytest.mark.both_databases
def test_a_month_given_in_several_tabs_waits_once(open_app: Flask, person: Actor) -> None:
    def give(browser: Browser) -> int:
        sent(browser, plays(open_period()))
        every = places(browser.get("/giving/look").text)
        agreed = {"place": every, "keep": every, "level": "everything"}
        return browser.post("/giving/look", agreed).status_code

    # Once with consent to write down, which makes one wait for another, and once without.
    for _ in range(2):
        assert clicked(open_app, person, give) == [302] * CLICKS
        with market_of(open_app).db.unit_of_work():
            waits = select(Dataset.collection_id).where(Dataset.state == DatasetState.LISTED)
            found = session().scalars(waits).all()
            assert len(found) == len(set(found)) == 2
            service.erase_all(person, checking(market_of(open_app)))


@pytest.mark.both_databases
def test_the_same_click_in_several_tabs_is_one(open_app: Flask, person: Actor) -> None:
    app = open_app
    assert (
        clicked(app, person, lambda browser: browser.get("/notices").status_code) == [200] * CLICKS
    )
    assert clicked(app, person, posts("/notices", kind=["sold", "paid"])) == [302] * CLICKS
    assert clicked(app, person, posts(ADDRESS, **ANSWERS, draft="1")) == [302] * CLICKS
    assert clicked(app, person, posts("/rights/pause", paused="yes")) == [302] * CLICKS
    begun(app, person)
    assert clicked(app, person, posts(f"{ADDRESS}/remind", on="yes")) == [302] * CLICKS


def begun(app: Flask, who: Actor) -> None:
    """Somebody who gives a diary."""
    diary = diary_entries.diary_of(DIARY)
    entry = Entry(DIARY, f"{open_period()}-28", diary.checked(ANSWERS))
    with market_of(app).db.unit_of_work():
        read = diary_entries.read_of(diary, [entry], b"key")
        service.join(who, checking(market_of(app)), read, factories.EVERY_PURPOSE)


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["a month", "an entry", "a draft"])
def test_nothing_comes_in_after_an_account_was_closed(
    open_app: Flask, person: Actor, what: str
) -> None:
    db, doors = market_of(open_app).db, checking(market_of(open_app))
    month = {"listening": {open_period(): (Cell(("weekday", "09-12"), (30,)),)}}
    entry = Entry(DIARY, f"{open_period()}-28", diary_entries.diary_of(DIARY).checked({}))
    late: dict[str, Callable[[], None]] = {
        "a month": lambda: service.join(
            person, doors, Read("spotify", month), factories.EVERY_PURPOSE
        ),
        "an entry": lambda: diary_entries.keep(person, doors, entry),
        "a draft": lambda: drafts.keep(person, doors, Draft(DIARY, "", {})),
    }
    with db.unit_of_work():
        users_service.close(person)
    with pytest.raises(NotFound), db.unit_of_work():
        late[what]()
    with db.unit_of_work(write=False):
        for table in (Contribution, DiaryEntry, DiaryDraft):
            assert session().scalars(select(table)).all() == []
