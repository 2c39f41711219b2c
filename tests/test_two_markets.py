"""Two applications live in one process: what one is configured with, the other is not."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from app import create_app
from app.collections.templates import every_template
from app.core.permissions import Role
from app.invoicing import issuer
from app.market import market_of
from app.users import passwords
from app.users import service as users
from tests.app.operator.diary_pages import KEY, NEW, TYPED
from tests.conftest import environment
from tests.support import factories
from tests.support.browser import Browser
from tests.support.inbox import read_mail


def opened(new_database: Callable[[str], str], folder: Path, **more: str) -> Flask:
    return create_app({**environment(folder, new_database("sqlite")), **more})


def test_each_market_has_its_own_jobs_mail_issuer_and_rate_limits(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    one = opened(new_database, tmp_path / "one", MOISSON_ISSUER_NAME="One Ltd")
    two = opened(
        new_database,
        tmp_path / "two",
        MOISSON_ISSUER_NAME="Two SA",
        MOISSON_RATE_LIMITS="on",
        MOISSON_BASE_URL="http://two.example.org",
        MOISSON_ENV="development",
    )
    for app, name in ((one, "One Ltd"), (two, "Two SA"), (one, "One Ltd")):
        with app.app_context(), market_of(app).db.unit_of_work():
            assert issuer.present().name == name
    with market_of(one).db.unit_of_work():
        assert passwords.present() is passwords.CHEAP
        users.sign_up("a@example.org", factories.PASSWORD, "A", {Role.BUYER}, "en")
    with market_of(two).db.unit_of_work():
        assert passwords.present() is passwords.COSTLY
        users.sign_up("b@example.org", factories.PASSWORD, "B", {Role.BUYER}, "fr")
    # Each does its own jobs, whichever was built last, and sends its own e-mails.
    for app in (one, two):
        with app.app_context():
            assert factories.run_jobs(app) == 1
            assert factories.run_jobs(app) == 0
    ((first, _),) = read_mail(tmp_path / "one" / "mail")
    ((second, _),) = read_mail(tmp_path / "two" / "mail")
    assert ("a@example.org" in first, "http://127.0.0.1:8000/verify/" in first) == (True, True)
    assert ("b@example.org" in second, "http://two.example.org/verify/" in second) == (True, True)
    said = [
        [Browser(app).get("/login").status_code, Browser(app).post("/login", {}).status_code]
        for app in (one, two)
    ]
    assert said[0] == said[1]
    for _ in range(12):
        wanted = Browser(one).post("/login", {"email": "x@example.org", "password": "wrong"})
        limited = Browser(two).post("/login", {"email": "x@example.org", "password": "wrong"})
    assert (wanted.status_code, limited.status_code) == (422, 429)
    for app in (one, two):
        market_of(app).close()


def test_each_market_has_its_own_diaries(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    one, two = (opened(new_database, tmp_path / name) for name in ("one", "two"))
    for app, title in ((one, "Bread"), (two, "Cheese")):
        operator = Browser(app, factories.account(app, Role.OPERATOR))
        typed = {**TYPED, "title_en": title, "open": "1"}
        assert operator.post(NEW, typed).status_code == 302
    # One after the other in one process, each as often as the other.
    for app, own, others in ((one, KEY, "diary_cheese"), (two, "diary_cheese", KEY)) * 2:
        with market_of(app).db.unit_of_work(write=False):
            assert own in every_template()
            assert others not in every_template()
        assert Browser(app).get(f"/diary/{own}").status_code == 200
        assert Browser(app).get(f"/diary/{others}").status_code == 404
    for app in (one, two):
        market_of(app).close()
