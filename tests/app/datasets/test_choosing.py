"""A file with several tables: its owner says which one, and nobody else learns their names."""

import io
import random
import zipfile

from flask import Flask

from app.core.permissions import Actor, Role
from app.datasets import queries, receiving, service
from app.datasets.states import DatasetState
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser
from tests.support.workbooks import workbook

TWO = {
    "Mars": [["day", "paid"], ["Mon", 1], ["Tue", 2]],
    "Avril": [["day", "paid"], ["Wed", 3]],
}


def upload(app: Flask, who: Actor, content: bytes) -> str:
    with market_of(app).db.unit_of_work():
        doors = service.checking(market_of(app))
        return service.upload(who, doors, io.BytesIO(content), "my rows")


def seen(app: Flask, who: Actor, dataset_id: str) -> queries.DatasetView:
    with market_of(app).db.unit_of_work(write=False):
        return queries.dataset(who, dataset_id)


def vault_objects(app: Flask) -> int:
    return len([p for p in (market_of(app).settings.instance / "vault").iterdir() if p.is_dir()])


def test_one_of_two_sheets_is_chosen_and_read(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = upload(lite_app, producer, workbook(TWO))
    assert seen(lite_app, producer, dataset_id).state is DatasetState.CHOOSING
    page = browser.get(f"/datasets/{dataset_id}").text
    assert "Mars" in page
    assert "Avril" in page
    assert browser.get(f"/datasets/{dataset_id}/simple").status_code == 302
    wrong = browser.post(f"/datasets/{dataset_id}/table", {"table": "2"})
    assert wrong.status_code == 409
    assert browser.post(f"/datasets/{dataset_id}/table", {"table": "1"}).status_code == 302
    factories.run_jobs(lite_app)
    found = seen(lite_app, producer, dataset_id)
    assert (found.state, found.row_count) == (DatasetState.UPLOADED, 1)
    assert vault_objects(lite_app) == 2
    assert browser.post(f"/datasets/{dataset_id}/table", {"table": "0"}).status_code == 409


def large() -> bytes:
    """A zip beyond what is read at once, of two tables."""
    numbers = random.Random(1)  # noqa: S311 (rows that do not pack well)
    rows = "day;paid\n" + "".join(f"Mon;{numbers.random()}\n" for _ in range(40_000))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.csv", rows)
        archive.writestr("two.csv", "day;paid\nTue;2,5\n")
    return held.getvalue()


def test_a_large_zip_is_asked_about_by_the_worker(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    content = large()
    assert len(content) > receiving.SMALL
    dataset_id = upload(lite_app, producer, content)
    assert seen(lite_app, producer, dataset_id).state is DatasetState.READING
    factories.run_jobs(lite_app)
    assert seen(lite_app, producer, dataset_id).state is DatasetState.CHOOSING
    assert "two.csv" in browser.get(f"/datasets/{dataset_id}").text
    browser.post(f"/datasets/{dataset_id}/table", {"table": "0"})
    factories.run_jobs(lite_app)
    found = seen(lite_app, producer, dataset_id)
    assert (found.state, found.row_count) == (DatasetState.UPLOADED, 40_000)


def test_a_small_zip_that_unpacks_to_much_is_left_to_the_worker(
    lite_app: Flask, producer: Actor
) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", b"day,paid\n" + b"Mon,1\n" * 500_000)
    assert len(held.getvalue()) < receiving.SMALL
    dataset_id = upload(lite_app, producer, held.getvalue())
    assert seen(lite_app, producer, dataset_id).state is DatasetState.READING
    factories.run_jobs(lite_app)
    assert seen(lite_app, producer, dataset_id).row_count == 500_000


def test_nobody_else_sees_the_names_and_erasing_leaves_nothing(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = upload(lite_app, producer, workbook(TWO))
    stranger = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    assert stranger.get(f"/datasets/{dataset_id}").status_code in (403, 404)
    assert stranger.post(f"/datasets/{dataset_id}/table", {"table": "0"}).status_code in (403, 404)
    with market_of(lite_app).db.unit_of_work(write=False) as session:
        kept = session.connection().exec_driver_sql("select * from dataset").fetchall()
    assert "Avril" not in str(kept)
    browser.post(f"/datasets/{dataset_id}/erase")
    assert vault_objects(lite_app) == 0


def test_a_sealed_file_can_be_gone_back_in(lite_app: Flask) -> None:
    vault = service.checking(market_of(lite_app)).vault
    content = bytes(n % 251 for n in range(5_000_000))
    receiving.seal(vault, "a" * 32, content[:9], io.BytesIO(content[9:]), service.Limits())
    stream = receiving.unsealed(vault, "a" * 32)
    assert stream.seek(0, io.SEEK_END) == len(content)
    for place in (4_999_990, 3, 2_000_000, 1_999_999, 0):
        stream.seek(place)
        assert stream.read(7) == content[place : place + 7]
    assert stream.read() == content[7:]
