"""What others see does not change with raw rows: only releases and public facts reach a page."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.core.permissions import Actor, Role
from app.datasets import service as datasets
from app.datasets.service import checking
from app.market import market_of
from app.releases import service as releases
from tests.conftest import environment
from tests.support import factories
from tests.support.browser import Browser
from tests.support.compiled import compile_once

#: Same people offering, other rows: how many, whose, what, and whether they fit.
FEW = factories.csv_rows(3, 1)
MANY = factories.csv_rows(500, 2)
BROKEN = b"who,day,place,spend\np,Sunday,nowhere,lots\n"


def pages_of_others(app: Flask, content: bytes) -> dict[str, str]:
    """Every page a visitor, a buyer, another producer and the operator can open."""
    owner = factories.account(app, Role.PRODUCER)
    _, collection_id = factories.listed(app, owner)
    member = factories.account(app, Role.PRODUCER)
    dataset_id = factories.uploaded(app, member, content, collection_id=collection_id)
    joined = factories.Answers(
        "who",
        1,
        tuple(
            factories.ColumnAnswer(column=axis, role="", name=axis)
            for axis in factories.SCHEMA.axes
        ),
        sure="who",
    )
    with market_of(app).db.unit_of_work():
        datasets.answer(member, checking(market_of(app)), dataset_id, joined)
    factories.run_jobs(app)
    if content != BROKEN:
        with market_of(app).db.unit_of_work():
            datasets.publish(member, checking(market_of(app)), dataset_id, factories.EVERY_PURPOSE)
    before = look(app, owner, member, collection_id, dataset_id)
    with market_of(app).db.unit_of_work():
        (edition_id,) = releases.close(owner, collection_id)
    after = look(app, owner, member, collection_id, dataset_id, edition_id)
    return {**before, **{f"closed {place}": text for place, text in after.items()}}


def look(
    app: Flask,
    owner: Actor,
    member: Actor,
    collection_id: str,
    dataset_id: str,
    edition_id: str = "none",
) -> dict[str, str]:
    browsers = {
        "visitor": Browser(app),
        "owner": Browser(app, owner),
        "buyer": Browser(app, factories.account(app, Role.BUYER, name="buyer")),
        "operator": Browser(app, factories.account(app, Role.OPERATOR, name="operator")),
    }
    paths = (
        "/",
        "/catalogue",
        "/catalogue?q=Sunday",
        f"/collections/{collection_id}",
        f"/editions/{edition_id}",
        f"/catalogue/{edition_id}",
        f"/datasets/{dataset_id}",
        f"/datasets/{dataset_id}/columns",
        "/operator/collections",
        "/operator/privacy",
        "/datasets/",
        "/income",
    )
    short = {collection_id: "C", edition_id: "E", dataset_id: "D"}
    seen = {}
    for who, browser in browsers.items():
        for path in paths:
            name = re.sub("|".join(short), lambda found: short[found[0]], path)
            seen[f"{who} {name}"] = plain(browser.get(path).text)
    assert "Lunches" in seen["visitor /collections/C"]
    return seen


def plain(text: str) -> str:
    """Leave out what differs from market to market: identifiers, tokens, times, names."""
    text = re.sub(r'value="[^"]{60,}"', "", text)
    text = re.sub(r"[0-9a-f]{32}|\b[0-9a-f]{8}\b", "", text)
    text = re.sub(r"[a-z]+[0-9]+@example\.org", "", text)
    return re.sub(r"\d{1,2}:\d{2}(:\d{2})?", "", text)


@pytest.fixture
def market(new_database, tmp_path: Path):
    made = []

    def make() -> Flask:
        folder = tmp_path / f"market-{len(made)}"
        app = compile_once(create_app(environment(folder, new_database("sqlite"))))
        made.append(app)
        return app

    yield make
    for app in made:
        market_of(app).db.dispose()


def test_pages_of_others_do_not_depend_on_rows(market) -> None:
    seen = []
    for content in (FEW, MANY):
        app = market()
        with app.app_context():
            seen.append(pages_of_others(app, content))
    for place, text in seen[0].items():
        assert text == seen[1][place], place


def test_errors_told_to_others_do_not_depend_on_rows(market) -> None:
    app = market()
    with app.app_context():
        pages = pages_of_others(app, BROKEN)
    for text in pages.values():
        for cell in ("nowhere", "lots", "Row 2"):
            assert cell not in text
    assert "Sunday" not in "".join(t for place, t in pages.items() if "q=Sunday" not in place)
