"""Limits come before everything else, and follow the account and whom it is about."""

from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.core.permissions import Role
from app.market import market_of
from app.users import teams
from app.web.limits import visitor
from tests.conftest import environment
from tests.support import factories
from tests.support.browser import Browser


@pytest.fixture
def strict(new_database, tmp_path: Path) -> Flask:  # type: ignore[no-untyped-def]
    """A market whose limits are on."""
    settings = environment(tmp_path / "instance", new_database("sqlite"))
    return create_app({**settings, "MOISSON_RATE_LIMITS": "on"})


def test_a_form_without_its_token_counts_too(strict: Flask) -> None:
    """715 of them met no limit: the token was looked for first."""
    client = strict.test_client()
    codes = [
        client.post("/signup", data={"email": f"n{n}@example.org"}).status_code for n in range(22)
    ]
    assert codes == [400] * 20 + [429] * 2


def test_a_refusal_says_for_how_long(strict: Flask) -> None:
    client = strict.test_client()
    for _ in range(20):
        client.post("/signup")
    refused = client.post("/signup")
    minutes = -(-int(refused.headers["Retry-After"]) // 60)
    assert 55 <= minutes <= 60
    assert f"Wait {minutes} minutes." in refused.text


def test_an_address_that_is_guessed_at_from_many_places_is_limited(strict: Flask) -> None:
    client = strict.test_client()

    def tried(email: str, n: int) -> int:
        place = {"REMOTE_ADDR": f"192.0.2.{n}"}
        form = {"email": email, "password": "guess"}
        return client.post("/login", data=form, environ_base=place).status_code

    codes = [tried("Victim@example.org ", n) for n in range(102)]
    assert codes == [400] * 100 + [429] * 2
    assert tried("somebody-else@example.org", 200) == 400


def test_whoever_acts_for_a_team_is_served_no_more_often(strict: Flask) -> None:
    owner = factories.account(strict, Role.BUYER)
    with market_of(strict).db.unit_of_work():
        team_id = teams.found(owner, "Readers")
    browser = Browser(strict, owner)

    def asked(n: int) -> int:
        return browser.post("/teams", environ_base={"REMOTE_ADDR": f"192.0.2.{n}"}).status_code

    codes = [asked(n) for n in range(15)]
    browser.post("/acting", {"team": team_id})
    codes += [asked(n) for n in range(15, 22)]
    assert codes == [422] * 20 + [429] * 2


def test_nobody_locks_somebody_else_out_from_one_place(strict: Flask) -> None:
    client = strict.test_client()
    form = {"email": "victim@example.org", "password": "guess"}
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    codes = {client.post("/login", data=form, environ_base=here).status_code for _ in range(99)}
    assert codes == {400, 429}
    assert client.post("/login", data=form, environ_base=there).status_code == 400


def test_a_visitor_sends_no_large_body(lite_app: Flask) -> None:
    """60 megabytes of an anonymous visitor were read whole."""
    client = lite_app.test_client()
    large = b"x" * (2 * 1024 * 1024)
    kind = "application/x-www-form-urlencoded"
    refused = client.post("/datasets/new", data=large, content_type=kind)
    assert refused.status_code == 413
    inside = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    page = inside.get("/datasets/new")
    assert page.headers["Cache-Control"] == "no-store"


def test_a_browser_is_told_to_forget_and_to_keep_apart(lite_app: Flask) -> None:
    visitor = Browser(lite_app).get("/")
    assert visitor.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert visitor.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in visitor.headers["Permissions-Policy"]
    assert visitor.headers.get("Cache-Control") != "no-store"
    inside = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    assert '"cache"' in inside.post("/logout").headers["Clear-Site-Data"]


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ],
)
def test_a_house_is_counted_once_whichever_of_its_addresses_it_uses(
    strict: Flask, address: str, named: str
) -> None:
    with strict.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert visitor() == named
