"""How long a browser stays signed in, and how long a password counts as just typed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now
from app.core.permissions import Role
from app.market import market_of
from app.users import login, queries
from app.users.models import UserSession
from tests.support import factories
from tests.support.browser import Browser


class Clock:
    """The clock of sessions: each request of a browser is in a context of its own."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.begun = self.moment = now()
        patch.setattr(login, "now", lambda: self.moment)

    def after(self, **time: int) -> None:
        self.moment = self.begun + timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_what_cannot_be_undone_asks_for_the_password_again_after_ten_minutes(
    lite_app: Flask, clock: Clock
) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    assert browser.get("/rights/erase").status_code == 200
    clock.after(minutes=11)
    asked = browser.get("/rights/erase")
    assert asked.status_code == 302
    assert "/login/again" in asked.headers["Location"]
    assert browser.get("/rights/").status_code == 200, "and is signed in still"
    browser.post("/login/again", {"password": factories.PASSWORD})
    assert browser.get("/rights/erase").status_code == 200


def test_a_browser_that_was_away_for_a_week_is_signed_out(lite_app: Flask, clock: Clock) -> None:
    browser, used = (
        Browser(lite_app, factories.account(lite_app, Role.PRODUCER)) for _ in range(2)
    )
    for day in range(1, 31):
        clock.after(days=day)
        assert used.get("/rights/").status_code == 200
    clock.after(days=8)
    assert browser.get("/rights/").status_code == 302
    clock.after(days=30, hours=1)
    assert used.get("/rights/").status_code == 302, "a month is the longest"


def test_who_signs_in_a_month_later_stays_signed_in(lite_app: Flask, clock: Clock) -> None:
    person = factories.account(lite_app, Role.PRODUCER)
    browser = Browser(lite_app, person)
    with market_of(lite_app).db.unit_of_work(write=False):
        view = queries.user(person.user_id)
    assert view is not None
    clock.after(days=40)
    assert browser.get("/rights/").status_code == 302
    browser.post("/login", {"email": view.email, "password": factories.PASSWORD})
    assert browser.get("/rights/").status_code == 200
    with market_of(lite_app).db.unit_of_work(write=False):
        assert len(queries.open_sessions(person.user_id)) == 1


def test_signing_in_again_ends_the_session_before(lite_app: Flask) -> None:
    person = factories.account(lite_app, Role.PRODUCER)
    browser = Browser(lite_app, person)
    with market_of(lite_app).db.unit_of_work(write=False):
        view = queries.user(person.user_id)
    assert view is not None
    browser.post("/login", {"email": view.email, "password": factories.PASSWORD})
    with market_of(lite_app).db.unit_of_work(write=False) as s:
        rows = s.scalars(select(UserSession).where(UserSession.user_id == person.user_id)).all()
        assert sorted(row.revoked_at is None for row in rows) == [False, True]


@pytest.mark.parametrize("odd", ["/a\r\nSet-Cookie: x", "/\nhome", "//evil.example", "/\\evil"])
def test_nobody_is_led_anywhere_odd_after_signing_in(lite_app: Flask, odd: str) -> None:
    person = factories.account(lite_app, Role.PRODUCER)
    with market_of(lite_app).db.unit_of_work(write=False):
        view = queries.user(person.user_id)
    assert view is not None
    fields = {"email": view.email, "password": factories.PASSWORD}
    answer = Browser(lite_app).open("/login", "POST", query_string={"next": odd}, data=fields)
    assert answer.status_code in (302, 400)
    assert answer.headers.get("Location", "/") == "/"


def test_nothing_is_locked_while_a_password_is_checked(
    lite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven wrong passwords at once kept other people's writes waiting for 8 seconds."""
    from app.users import passwords  # noqa: PLC0415

    person = factories.account(lite_app, Role.PRODUCER)
    seen = []
    real = passwords.Passwords.fits

    def fits(self: passwords.Passwords, stored: str | None, password: str) -> bool:
        with market_of(lite_app).db.engine.execution_options(immediate=True).begin():
            seen.append("the write lock was free")
        return real(self, stored, password)

    monkeypatch.setattr(passwords.Passwords, "fits", fits)
    Browser(lite_app, person)
    assert seen == ["the write lock was free"]
