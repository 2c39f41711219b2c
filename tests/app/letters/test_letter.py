"""An e-mail: both its parts, its head, its language, and that none is lost or sent twice."""

import io
from dataclasses import replace
from datetime import timedelta
from email.generator import BytesGenerator
from email.message import EmailMessage

import pytest
from flask import Flask

from app import worker
from app.core.clock import fixed_at, now
from app.core.permissions import Role
from app.jobs import queries as jobs
from app.jobs.runner import Runner
from app.jobs.states import JobState
from app.letters import post
from app.letters.letter import Letter, message
from app.market import market_of
from app.users import letters, queries
from app.users import service as users
from tests.support import factories
from tests.support.inbox import read_mail

URL = "http://127.0.0.1:8000/verify/a-token?x=1&y=2"
VERIFY = Letter("verify", "reader@example.org", "en", "k1", {"url": URL})


def parts(made: EmailMessage) -> tuple[str, str]:
    text, page = made.get_body(("plain",)), made.get_body(("html",))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()


def test_an_email_has_a_text_and_a_page_with_the_same_link(lite_app: Flask) -> None:
    made = message(VERIFY, market_of(lite_app).settings)
    text, page = parts(made)
    assert URL in text
    assert f'href="{URL.replace("&", "&amp;")}"' in page
    assert "<" not in text
    assert made["Subject"] == "Confirm your e-mail address"


def test_its_head_says_when_who_and_which_message(lite_app: Flask) -> None:
    settings = market_of(lite_app).settings
    made = message(VERIFY, settings)
    assert made["Date"]
    assert made["Message-ID"] == "<k1@127.0.0.1>"
    assert message(VERIFY, settings)["Message-ID"] == made["Message-ID"]
    assert (made["From"], made["To"]) == (settings.mail_from, "reader@example.org")
    assert made["List-Unsubscribe"] is None
    told = message(VERIFY, replace(settings, list_unsubscribe="mailto:stop@example.org"))
    assert told["List-Unsubscribe"] == "<mailto:stop@example.org>"


def test_its_addresses_are_sent_as_they_are_however_long(lite_app: Flask) -> None:
    """In encoded words no e-mail program finds them, and its button to unsubscribe is gone."""
    leaving = f"https://market.example.org/unsubscribe/{'a.B-c_9' * 30}"
    key = "notice-letter-" + "0" * 64
    told = replace(VERIFY, unsubscribe=leaving, key=key, locale="fr")
    made = message(told, market_of(lite_app).settings)
    sent = io.BytesIO()
    # As smtplib does.
    BytesGenerator(sent).flatten(made, linesep="\r\n")
    head = sent.getvalue().split(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{leaving}>".encode() in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert f"Message-ID: <{key}@127.0.0.1>".encode() in head
    assert max(map(len, head)) < 998


def test_it_is_in_its_readers_language(lite_app: Flask) -> None:
    made = message(replace(VERIFY, locale="fr"), market_of(lite_app).settings)
    text, page = parts(made)
    assert "Bienvenue" in text
    assert '<html lang="fr">' in page
    assert (made["Subject"], made["Content-Language"]) == ("Confirmez votre adresse e-mail", "fr")


def test_an_email_that_cannot_leave_is_sent_later_and_once(
    lite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a server that does not answer nor a process that dies after the commit loses it."""
    market, sent = market_of(lite_app), []

    def unreachable(_message: EmailMessage) -> None:
        raise post.MailNotSent("ConnectionRefusedError")

    def runner(way: post.Post) -> Runner:
        made = worker.runner(lite_app)
        letters.install_worker(made.handlers, market.db, market.settings, way)
        return made

    with market.db.unit_of_work():
        users.sign_up("late@example.org", factories.PASSWORD, "Late", {Role.BUYER}, "en")
    assert runner(unreachable).run_due() == 1
    with fixed_at(now() + timedelta(hours=1)):
        assert runner(sent.append).run_due() == 1
        assert runner(sent.append).run_due() == 0
    assert [made["To"] for made in sent] == ["late@example.org"]


def test_the_list_of_jobs_holds_no_address_and_no_token(lite_app: Flask) -> None:
    market = market_of(lite_app)
    with market.db.unit_of_work():
        users.sign_up("quiet@example.org", factories.PASSWORD, "Quiet", {Role.BUYER}, "en")
        users.forgot("quiet@example.org")
    with market.db.unit_of_work(write=False) as s:
        kept = str(s.connection().exec_driver_sql("SELECT * FROM job").all())
    assert "account-letter" in kept
    assert "@example.org" not in kept
    factories.run_jobs(lite_app)
    with market.db.unit_of_work(write=False):
        assert {job.state for job in jobs.latest()} == {JobState.DONE}
    (verify, _), (reset, _) = read_mail(market.settings.instance / "mail")
    assert ("/verify/" in verify, "/password/reset/" in reset) == (True, True)


@pytest.fixture
def closed(lite_app: Flask) -> Flask:
    account = factories.account(lite_app, Role.BUYER)
    with market_of(lite_app).db.unit_of_work():
        users.send_verification(account)
        users.close(account)
    return lite_app


def test_an_account_that_was_closed_meanwhile_gets_none(closed: Flask) -> None:
    factories.run_jobs(closed)
    assert not (market_of(closed).settings.instance / "mail").exists()


def test_a_link_to_change_a_password_dies_with_the_old_one_and_with_its_hour(
    lite_app: Flask,
) -> None:
    """However late it is sent: neither a change of password nor a silent server prolongs it."""
    market, account = market_of(lite_app), factories.account(lite_app, Role.BUYER, name="forgets")
    with market.db.unit_of_work(write=False):
        view = queries.user(account.user_id)
    assert view is not None

    def asked() -> None:
        with market.db.unit_of_work():
            users.forgot(view.email)

    asked()
    factories.run_jobs(lite_app)
    ((first, _),) = read_mail(market.settings.instance / "mail")
    asked()
    token = first.split("/password/reset/")[1].split()[0]
    with market.db.unit_of_work():
        users.reset(token, "another long password")
    factories.run_jobs(lite_app)
    asked()
    with fixed_at(now() + timedelta(hours=1, minutes=1)):
        factories.run_jobs(lite_app)
    assert len(read_mail(market.settings.instance / "mail")) == 1


def test_an_email_outlasts_a_server_that_is_silent_for_half_a_day(lite_app: Flask) -> None:
    market, sent = market_of(lite_app), []
    moment = now()

    def runner(way: post.Post) -> Runner:
        made = worker.runner(lite_app)
        letters.install_worker(made.handlers, market.db, market.settings, way)
        return made

    def unreachable(_message: EmailMessage) -> None:
        raise post.MailNotSent("TimeoutError")

    with market.db.unit_of_work():
        users.sign_up("patient@example.org", factories.PASSWORD, "P", {Role.BUYER}, "en")
    for hours in range(9):
        with fixed_at(moment + timedelta(hours=hours)):
            runner(unreachable).run_due()
    with fixed_at(moment + timedelta(hours=12)):
        assert runner(sent.append).run_due() == 1
    assert len(sent) == 1
