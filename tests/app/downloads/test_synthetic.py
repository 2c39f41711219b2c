import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app import worker
from app.catalog.products import ProductKey
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.downloads import synthetic
from app.downloads.models import SyntheticFile
from app.jobs import queries as jobs_queries
from app.jobs.models import Job, JobState
from privacy.errors import NotInstalled, PlanError
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, trading


@pytest.fixture
def trade(database_url: str, tmp_path: Path) -> Iterator[Trade]:
    """The market with its stand-in, once on each engine."""
    with trading(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return factories.published(trade.app)


@pytest.fixture
def keys(trade: Trade, made: factories.Published) -> list[ProductKey]:
    with trade.db.unit_of_work(write=False):
        return made.keys()


@pytest.fixture
def buyer(trade: Trade) -> Actor:
    return factories.account(trade.app, Role.BUYER)


def wanted(trade: Trade, actor: Actor, edition_id: str) -> str:
    with trade.db.unit_of_work():
        return synthetic.ask(actor, edition_id)


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_from_the_order_to_the_rows(
    trade: Trade, made: factories.Published, keys: list[ProductKey], buyer: Actor
) -> None:
    order_id = trade.bought(buyer, keys)
    browser = Browser(trade.app, buyer)
    address = f"/downloads/editions/{made.edition_id}/synthetic"
    assert f'action="{address}"' in browser.get(f"/orders/{order_id}").text
    page = browser.post(address).headers["Location"]
    waiting = browser.get(page)
    assert "Being made" in waiting.text
    assert "Look again" in waiting.text
    assert browser.get(f"{page}/rows.zip").headers["Location"] == page
    assert factories.run_jobs(trade.app) == 1
    ready = browser.get(page)
    assert "Download (zip)" in ready.text
    assert "day × place" in ready.text
    answers = [browser.get(f"{page}/rows.zip") for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[0].headers["Cache-Control"] == "private, no-store"
    content = files_of(answers[0].data)
    assert set(content) == {"synthetic.csv", "quality.csv", "privacy.json", "README.txt"}
    rows = list(csv.DictReader(io.StringIO(content["synthetic.csv"].decode())))
    facts = json.loads(content["privacy.json"])
    assert len(rows) == facts["synthetic_rows"]["rows"] > 600
    assert set(rows[0]) == {"day", "place", "spend"}
    assert {row["day"] for row in rows} == set(factories.DAYS)
    assert all(re.fullmatch(r"\d+\.\d\d", row["spend"]) for row in rows)
    assert max(float(row["spend"]) for row in rows) <= 50
    assert b"describe no person" in content["README.txt"]
    quality = list(csv.DictReader(io.StringIO(content["quality.csv"].decode())))
    assert {line["table"] for line in quality} >= {"day × place", "day × spend"}
    inside = sum(int(line["inside_noise_interval_95"]) for line in quality)
    assert inside >= 0.8 * sum(int(line["cells"]) for line in quality)


def test_the_page_speaks_french(
    trade: Trade, made: factories.Published, keys: list[ProductKey], buyer: Actor
) -> None:
    trade.bought(buyer, keys[:3])
    key = wanted(trade, buyer, made.edition_id)
    browser = Browser(trade.app, buyer)
    browser.post("/language/fr")
    page = f"/downloads/synthetic/{key}"
    assert "Lignes synthétiques" in browser.get(page).text
    assert "En préparation" in browser.get(page, headers={"HX-Request": "true"}).text
    factories.run_jobs(trade.app)
    fragment = browser.get(page, headers={"HX-Request": "true"}).text
    assert "Télécharger (zip)" in fragment
    assert "<html" not in fragment


@pytest.mark.both_databases
def test_the_same_tables_are_made_once_whoever_asks(
    trade: Trade, made: factories.Published, keys: list[ProductKey], buyer: Actor
) -> None:
    other = factories.account(trade.app, Role.BUYER)
    trade.bought(buyer, keys[:2])
    trade.bought(other, keys[:1])
    trade.bought(other, keys[1:2])
    one = wanted(trade, buyer, made.edition_id)
    assert wanted(trade, buyer, made.edition_id) == one
    assert wanted(trade, other, made.edition_id) == one
    assert factories.run_jobs(trade.app) == 1
    assert wanted(trade, other, made.edition_id) == one
    assert factories.run_jobs(trade.app) == 0
    with trade.db.unit_of_work(write=False):
        assert synthetic.fetch(buyer, one) == synthetic.fetch(other, one) is not None
    trade.bought(other, keys[2:3])
    assert wanted(trade, other, made.edition_id) != one


def test_a_job_that_begins_twice_leaves_the_first_file_alone(
    trade: Trade, made: factories.Published, keys: list[ProductKey], buyer: Actor
) -> None:
    trade.bought(buyer, keys[:1])
    key = wanted(trade, buyer, made.edition_id)
    factories.run_jobs(trade.app)
    with trade.db.unit_of_work() as s:
        s.get_one(SyntheticFile, key).content = b"first"

    def never(*_: object) -> object:
        raise AssertionError("it was made already")

    synthetic.make(synthetic.Synthesising(trade.db, never), key, lambda _: None)  # type: ignore[arg-type]
    with trade.db.unit_of_work(write=False):
        assert synthetic.fetch(buyer, key) == b"first"


def test_only_who_owns_every_table_reaches_them_and_nobody_after_a_refund(
    trade: Trade, made: factories.Published, keys: list[ProductKey], buyer: Actor
) -> None:
    first = trade.bought(buyer, keys[:1])
    second = trade.bought(buyer, keys[1:2])
    key = wanted(trade, buyer, made.edition_id)
    factories.run_jobs(trade.app)
    some = factories.account(trade.app, Role.BUYER)
    trade.bought(some, keys[:1])
    pages = (f"/downloads/synthetic/{key}", f"/downloads/synthetic/{key}/rows.zip")
    for page in pages:
        assert Browser(trade.app, buyer).get(page).status_code == 200
        assert Browser(trade.app, some).get(page).status_code == 404
        assert Browser(trade.app, made.producer).get(page).status_code == 404
    trade.refund(second)
    for page in pages:
        assert Browser(trade.app, buyer).get(page).status_code == 404
    assert wanted(trade, buyer, made.edition_id) != key
    trade.refund(first)
    with pytest.raises(NotFound):
        wanted(trade, buyer, made.edition_id)
    answer = Browser(trade.app, buyer).post(f"/downloads/editions/{made.edition_id}/synthetic")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("refusal", "answer", "french"),
    [
        (PlanError, "too many columns", "trop de colonnes"),
        (NotInstalled, "not available on this installation", "pas disponibles sur cette"),
    ],
)
def test_rows_that_cannot_be_made_end_with_an_answer(
    trade: Trade,
    made: factories.Published,
    keys: list[ProductKey],
    buyer: Actor,
    refusal: type[Exception],
    answer: str,
    french: str,
) -> None:
    trade.bought(buyer, keys[:1])
    key = wanted(trade, buyer, made.edition_id)

    def refuse(*_: object) -> object:
        raise refusal("the library's own words")

    runner = worker.runner(trade.app)
    refusing = synthetic.Synthesising(trade.db, refuse)  # type: ignore[arg-type]
    synthetic.install_worker(runner.handlers, refusing)
    runner.run_due()
    with trade.db.unit_of_work(write=False):
        job = jobs_queries.with_key(f"{synthetic.JOB}:{key}")
        assert job is not None
        assert job.state == "failed"
        assert answer in job.message
        assert session().get_one(SyntheticFile, key).content is None
    browser = Browser(trade.app, buyer)
    page = browser.get(f"/downloads/synthetic/{key}").text
    assert answer in page
    assert "Try again" in page
    browser.post("/language/fr")
    assert french in browser.get(f"/downloads/synthetic/{key}").text


def test_an_error_is_not_shown(
    trade: Trade, made: factories.Published, keys: list[ProductKey], buyer: Actor
) -> None:
    trade.bought(buyer, keys[:1])
    key = wanted(trade, buyer, made.edition_id)
    with trade.db.unit_of_work() as s:
        job = s.scalars(select(Job).where(Job.key == f"{synthetic.JOB}:{key}")).one()
        job.state, job.message = JobState.FAILED, "FloatingPointError"
    page = Browser(trade.app, buyer).get(f"/downloads/synthetic/{key}").text
    assert "broke off" in page
    assert "FloatingPointError" not in page


def test_where_the_library_is_missing_nothing_is_offered(
    trade: Trade,
    made: factories.Published,
    keys: list[ProductKey],
    buyer: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order_id = trade.bought(buyer, keys[:1])
    asked = wanted(trade, buyer, made.edition_id)
    with trade.db.unit_of_work() as s:
        s.scalars(select(Job).where(Job.kind == synthetic.JOB)).one().state = JobState.FAILED
    monkeypatch.setitem(sys.modules, "mbi", None)
    browser = Browser(trade.app, buyer)
    address = f"/downloads/editions/{made.edition_id}/synthetic"
    page = browser.get(f"/orders/{order_id}").text
    assert f'action="{address}"' not in page
    assert "not available on this installation" in page
    assert "Try again" not in browser.get(f"/downloads/synthetic/{asked}").text
    refused = browser.post(address)
    assert refused.status_code == 409
    assert "not available on this installation" in refused.text


def test_the_web_process_does_not_load_the_library() -> None:
    code = (
        "import sys, app, app.wiring, app.downloads.views\n"
        "print(sorted({'jax', 'mbi', 'privacy.synthetic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
