import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from app import create_app
from app.core.db import session
from app.core.permissions import Actor, Role
from app.market import market_of
from app.users import queries, service
from app.users.models import User
from tests.conftest import environment
from tests.support import factories
from tests.support.at_once import at_once
from tests.support.browser import Browser
from tests.support.inbox import read_mail

NEW = {
    "display_name": "Somebody new",
    "email": "new@example.org",
    "password": factories.PASSWORD,
    "producer": "y",
}


def letters(app: Flask) -> list[str]:
    """The e-mails that a worker sends: their heads and texts."""
    factories.run_jobs(app)
    return [said for said, _ in read_mail(market_of(app).settings.instance / "mail")]


def path_in(letter: str) -> str:
    found = re.search(r"http://[^/\s]+(/\S+)", letter)
    assert found is not None
    return found[1]


def email_of(app: Flask, user: Actor) -> str:
    with market_of(app).db.unit_of_work(write=False):
        view = queries.user(user.user_id)
    assert view is not None
    return view.email


def login(app: Flask, email: str, password: str = factories.PASSWORD, query: str = ""):
    return Browser(app).post(f"/login{query}", {"email": email, "password": password})


@pytest.mark.both_databases
def test_one_address_signed_up_twice_at_once_is_one_account(app: Flask) -> None:
    def sign_up() -> None:
        service.sign_up("new@example.org", factories.PASSWORD, "New", {Role.BUYER}, "en")

    assert at_once(market_of(app).db, sign_up) == [None] * 4
    told = letters(app)
    assert len(told) == 4
    assert sum("/verify/" in letter for letter in told) == 1


def test_a_newcomer_signs_up_confirms_and_signs_in(lite_app: Flask) -> None:
    browser = Browser(lite_app)
    assert "mail" in browser.post("/signup", NEW).text
    (letter,) = letters(lite_app)
    assert "To: new@example.org" in letter
    assert browser.get(path_in(letter)).status_code == 302
    with market_of(lite_app).db.unit_of_work(write=False):
        view = queries.by_email("NEW@example.org ")
        assert view is not None
        assert (view.verified, view.roles) == (True, frozenset({Role.PRODUCER}))
    assert login(lite_app, "new@example.org").status_code == 302


def test_nothing_typed_is_lost_but_the_password(lite_app: Flask) -> None:
    answer = Browser(lite_app).post("/signup", NEW | {"password": "short"})
    assert answer.status_code == 422
    assert 'value="Somebody new"' in answer.text
    assert 'value="new@example.org"' in answer.text
    assert "10 to 128 characters" in answer.text
    assert 'value="short"' not in answer.text


def test_an_account_without_a_public_name_saves_its_language(lite_app: Flask) -> None:
    who = factories.account(lite_app, Role.PRODUCER)
    with market_of(lite_app).db.unit_of_work():
        session().get_one(User, who.user_id).display_name = ""
    browser = Browser(lite_app, who)
    answer = browser.post("/account", {"display_name": "", "locale": "fr", "producer": "y"})
    assert answer.headers["Location"] == "/account"
    with market_of(lite_app).db.unit_of_work(write=False):
        view = queries.user(who.user_id)
        assert view is not None
        assert (view.locale, view.display_name) == ("fr", "")


def test_nobody_learns_who_has_an_account(lite_app: Flask) -> None:
    """Known and unknown addresses get the same pages; only the letters differ."""
    known = email_of(lite_app, factories.account(lite_app, Role.BUYER))
    for page, field in (("/signup", NEW), ("/password/forgot", {})):
        answers = {
            Browser(lite_app).post(page, field | {"email": email}).text
            for email in (known, "nobody@example.org")
        }
        assert len({re.sub(r'value="[^"]{60,}"', "", text) for text in answers}) == 1
    wrong = login(lite_app, known, "not the password")
    unknown = login(lite_app, "someone-else@example.org", "not the password")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    said = "This address and this password do not fit together"
    assert said in wrong.text
    assert said in unknown.text
    assert "You already have one" in "".join(letters(lite_app))


def test_passwords_are_kept_as_argon2id(lite_app: Flask) -> None:
    user = factories.account(lite_app, Role.BUYER)
    with market_of(lite_app).db.unit_of_work(write=False):
        kept = session().get_one(User, user.user_id).password_hash
    assert kept.startswith("$argon2id$")
    assert factories.PASSWORD not in kept


def test_a_reset_works_once_and_signs_every_browser_out(lite_app: Flask) -> None:
    user = factories.account(lite_app, Role.BUYER)
    email = email_of(lite_app, user)
    elsewhere = Browser(lite_app, user)
    browser = Browser(lite_app)
    browser.post("/password/forgot", {"email": email})
    path = path_in(letters(lite_app)[-1])
    assert "/password/reset/" in path
    differing = browser.post(path, {"password": "another good one", "again": "another one"})
    assert differing.status_code == 422
    new = {"password": "another good one", "again": "another good one"}
    assert browser.post(path, new).status_code == 302
    assert elsewhere.get("/account").status_code == 302
    assert login(lite_app, email).status_code == 422
    assert login(lite_app, email, "another good one").status_code == 302
    again = browser.post(path, {"password": "a third good one", "again": "a third good one"})
    assert "used or is no longer valid" in again.text or again.status_code in (302, 422)
    assert login(lite_app, email, "a third good one").status_code == 422


@pytest.mark.parametrize("path", ["/verify/forged", "/verify/a.b.c"])
def test_a_forged_link_confirms_nothing(lite_app: Flask, path: str) -> None:
    user = factories.account(lite_app, Role.PRODUCER, verified=False)
    browser = Browser(lite_app, user)
    assert browser.get(path).status_code == 302
    assert "too old or incomplete" in browser.get("/account").text
    with market_of(lite_app).db.unit_of_work(write=False):
        assert not queries.user(user.user_id).verified


def test_a_verification_link_does_not_reset_a_password(lite_app: Flask) -> None:
    Browser(lite_app).post("/signup", NEW)
    token = path_in(letters(lite_app)[-1]).rsplit("/", 1)[-1]
    new = {"password": "another good one", "again": "another good one"}
    Browser(lite_app).post(f"/password/reset/{token}", new)
    assert login(lite_app, "new@example.org", "another good one").status_code == 422


def test_a_session_can_be_revoked_from_another_browser(lite_app: Flask) -> None:
    user = factories.account(lite_app, Role.BUYER)
    lost, mine = Browser(lite_app, user), Browser(lite_app, user)
    with market_of(lite_app).db.unit_of_work(write=False):
        oldest = queries.open_sessions(user.user_id)[-1].id
    assert mine.post(f"/account/sessions/{oldest}/revoke").status_code == 302
    assert lost.get("/account").status_code == 302
    assert mine.get("/account").status_code == 200
    assert mine.post("/logout").status_code == 302
    assert mine.get("/account").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil",
    ],
)
def test_signing_in_leads_to_this_site_only(lite_app: Flask, target: str) -> None:
    email = email_of(lite_app, factories.account(lite_app, Role.BUYER))
    browser = Browser(lite_app)
    who = {"email": email, "password": factories.PASSWORD}
    answer = browser.post("/login", who, query_string={"next": target})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    language = browser.post("/language/fr", query_string={"next": target})
    assert language.headers["Location"] == "/"


def test_signing_in_leads_back_to_the_page_that_asked(lite_app: Flask) -> None:
    email = email_of(lite_app, factories.account(lite_app, Role.BUYER))
    assert login(lite_app, email, query="?next=/orders").headers["Location"] == "/orders"


def test_nobody_makes_themselves_operator(lite_app: Flask) -> None:
    user = factories.account(lite_app, Role.BUYER)
    fields = {"display_name": "Me", "locale": "fr", "producer": "y", "operator": "y"}
    assert Browser(lite_app, user).post("/account", fields).status_code == 302
    with market_of(lite_app).db.unit_of_work(write=False):
        view = queries.user(user.user_id)
        assert view is not None
        assert (view.roles, view.locale) == (frozenset({Role.PRODUCER}), "fr")


def test_the_language_is_chosen_and_kept(lite_app: Flask) -> None:
    user = factories.account(lite_app, Role.BUYER)
    browser = Browser(lite_app, user)
    browser.post("/language/fr")
    assert '<html lang="fr"' in browser.get("/").text
    assert '<html lang="fr"' in Browser(lite_app, user).get("/").text
    assert browser.post("/language/xx").status_code == 302


def test_many_tries_at_a_password_are_slowed_down(new_database, tmp_path: Path) -> None:
    settings = environment(tmp_path / "limited", new_database("sqlite"))
    market = create_app({**settings, "MOISSON_RATE_LIMITS": "on"})
    try:
        browser = Browser(market)
        who = {"email": "nobody@example.org", "password": "not the password"}
        codes = [browser.post("/login", who).status_code for _ in range(11)]
        assert codes == [422] * 10 + [429]
        answer = browser.post("/login", who)
        assert "too many requests" in answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert browser.get("/login").status_code == 200
        assert browser.get("/healthz").status_code == 200
    finally:
        market_of(market).db.dispose()


def test_pages_carry_the_headers_a_browser_enforces(lite_app: Flask) -> None:
    headers = Browser(lite_app).get("/login").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.both_databases
def test_a_forgotten_password_is_as_much_work_for_an_address_that_nobody_has(
    app: Flask,
) -> None:
    """It took 380 ms for somebody's and 28 for nobody's: a list of who has an account."""
    who = factories.account(app, Role.BUYER)
    db = market_of(app).db
    with db.unit_of_work(write=False):
        email = queries.address_of(who.user_id)
    statements = []
    for address in (email, "nobody@x.example"):
        told: list[str] = []
        with (
            told_to(db.engine, told),
            db.unit_of_work(),
        ):
            service.forgot(address)
        statements.append([text.split("VALUES")[0] for text in told])
    assert statements[0] == statements[1]
    assert len(letters(app)) == 1


@contextmanager
def told_to(engine: Engine, told: list[str]) -> Iterator[None]:
    """Collect what is asked of the database."""

    def note(_c: object, _k: object, statement: str, *_more: object) -> None:
        told.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_who_only_gives_begins_at_what_they_give(lite_app: Flask) -> None:
    for roles, place in (
        ((Role.PRODUCER,), "/my-traces"),
        ((Role.PRODUCER, Role.BUYER), "/"),
        ((Role.BUYER,), "/"),
    ):
        email = email_of(lite_app, factories.account(lite_app, *roles))
        assert login(lite_app, email).headers["Location"] == place
