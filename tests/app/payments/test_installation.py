"""A database is stamped with one kind of money, and keeps to it."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app import create_app
from app.cli import migrations_config
from app.core.db import Database
from app.core.errors import UnsafeConfiguration
from app.market import market_of
from app.payments import installation
from tests.conftest import environment
from tests.support.browser import Browser

pytestmark = pytest.mark.both_databases

TEST = {"MOISSON_STRIPE_KEY": "sk_test_1"}
LIVE = {
    "MOISSON_ENV": "production",
    "MOISSON_BASE_URL": "https://market.example.org",
    "MOISSON_SECRET_KEY": "ab" * 32,
    "MOISSON_VAULT_KEY": "cd" * 32,
    "MOISSON_EDITION_SECRET": "ef" * 32,
    "MOISSON_STRIPE_KEY": "sk_live_1",
    "MOISSON_STRIPE_WEBHOOK_SECRET": "whsec_x",
    "MOISSON_MAIL_URL": "smtps://mail.example.org",
    "MOISSON_TRUSTED_PROXIES": "1",
    "MOISSON_RATE_LIMITS": "on",
}
MODES: dict[str, dict[str, str]] = {"stand-in": {}, "test": TEST, "live": LIVE}


def start(url: str, folder: Path, **more: str) -> Flask:
    return create_app({**environment(folder / "instance", url), **more})


def stamped(url: str) -> list[str]:
    db = Database(url)
    with db.unit_of_work(write=False) as s:
        found = list(s.scalars(text("SELECT mode FROM installation")))
    db.dispose()
    return found


@pytest.mark.parametrize("mode", MODES)
def test_the_first_start_stamps_and_no_other_mode_starts_again(
    mode: str, database_url: str, tmp_path: Path
) -> None:
    assert stamped(database_url) == []
    for _ in range(2):
        market_of(start(database_url, tmp_path, **MODES[mode])).close()
        assert stamped(database_url) == [mode]
    for other, settings in MODES.items():
        if other != mode:
            with pytest.raises(UnsafeConfiguration) as refusal:
                start(database_url, tmp_path, **settings)
            for said in (f"mode {mode}", f"mode {other}", "another database", "STRIPE_KEY"):
                assert said in str(refusal.value)
    assert stamped(database_url) == [mode]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE installation SET mode = 'live'",
        "UPDATE installation SET stamped_at = CURRENT_TIMESTAMP",
        "DELETE FROM installation",
        "INSERT INTO installation VALUES (2, 'live', CURRENT_TIMESTAMP)",
        "INSERT OR REPLACE INTO installation VALUES (1, 'live', CURRENT_TIMESTAMP)",
        "TRUNCATE installation",
    ],
)
def test_the_database_keeps_the_stamp(app: Flask, db: Database, change: str) -> None:
    url = market_of(app).settings.database_url
    try:
        with db.unit_of_work() as s:
            s.execute(text(change))
    except DatabaseError:
        pass  # SQLite passes a second row over, everything else is refused
    assert stamped(url) == ["stand-in"]


def test_a_stamp_of_no_known_mode_is_refused(database_url: str) -> None:
    db = Database(database_url)
    with pytest.raises(DatabaseError), db.unit_of_work() as s:
        s.execute(text("INSERT INTO installation VALUES (1, 'pretended', CURRENT_TIMESTAMP)"))
    db.dispose()


def test_an_empty_database_is_stamped_once_it_is_migrated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'later.db'}"
    early = start(url, tmp_path)
    assert not (tmp_path / "later.db").exists()
    assert Browser(early).get("/healthz").status_code == 200
    command.upgrade(migrations_config(url), "head")
    assert stamped(url) == []
    assert Browser(early).get("/").status_code == 200
    assert stamped(url) == ["stand-in"]
    market_of(early).db.dispose()


def test_what_started_before_the_migration_is_refused_as_well(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'later.db'}"
    early = start(url, tmp_path, **TEST)
    command.upgrade(migrations_config(url), "head")
    market_of(start(url, tmp_path)).close()
    db: Database = market_of(early).db
    for _ in range(2):
        with pytest.raises(UnsafeConfiguration), db.unit_of_work():
            pytest.fail("no unit of work is opened")
    db.dispose()


def test_a_market_without_its_database_builds_and_lives(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    lonely = start(url, tmp_path)
    assert Browser(lonely).get("/healthz").status_code == 200
    market_of(lonely).db.dispose()


def test_two_that_start_at_once_agree(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    together, found = threading.Barrier(8), []
    real = installation.now
    # All have read that there is no stamp when the first of them writes one.
    monkeypatch.setattr(installation, "now", lambda: (together.wait(10), real())[1])

    def begin(mode: installation.Mode) -> None:
        db = Database(database_url)
        found.append(installation.stamp(db, mode))
        db.dispose()

    threads = [
        threading.Thread(target=begin, args=("stand-in" if n % 2 else "test",)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert found == stamped(database_url) * 8


@pytest.mark.parametrize(
    ("settings", "english"),
    [({}, "Demonstration: payments go"), (TEST, "Rehearsal: payments go")],
    ids=["stand-in", "test"],
)
def test_every_page_says_that_no_real_money_moves(
    settings: dict[str, str],
    english: str,
    new_database: Callable[[str], str],
    tmp_path: Path,
) -> None:
    market = start(new_database("sqlite"), tmp_path, **settings)

    def broken() -> str:
        raise RuntimeError

    market.view_functions["pages.terms"] = broken
    market.config["PROPAGATE_EXCEPTIONS"] = False
    browser = Browser(market)
    for path in ("/", "/catalogue", "/login", "/nowhere", "/words-and-purposes"):
        for language in ("en", "fr"):
            page = browser.get(path, headers={"Accept-Language": language})
            assert 'class="banner"' in page.text, (path, language)
            assert language == "fr" or english in page.text
    market_of(market).db.dispose()


def test_a_printed_page_keeps_the_banner() -> None:
    css = (Path(installation.__file__).parent.parent / "static" / "moisson.css").read_text()
    (printed,) = [line for line in css.splitlines() if line.startswith("@media print")]
    assert ".banner" not in printed
    assert ".top," not in printed


def test_real_money_has_no_banner(new_database: Callable[[str], str], tmp_path: Path) -> None:
    market = start(new_database("sqlite"), tmp_path, **LIVE)
    page = Browser(market).get("/", base_url="https://market.example.org")
    assert page.status_code == 200
    assert 'class="banner"' not in page.text
    market_of(market).db.dispose()
