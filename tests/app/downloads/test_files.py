import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from app.catalog import queries as catalog
from app.catalog.products import ProductKey, table
from app.core.permissions import Actor, Role
from app.downloads import files
from tests import factories
from tests.app.payouts.trading import Trade, trading
from tests.browser import Browser


@pytest.fixture(scope="module")
def trade(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    folder = tmp_path_factory.mktemp("downloads")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder) as running:
        yield running


@pytest.fixture(scope="module")
def made(trade: Trade) -> factories.Published:
    return factories.published(trade.app)


@pytest.fixture(scope="module")
def keys(trade: Trade, made: factories.Published) -> list[ProductKey]:
    with trade.db.unit_of_work(write=False):
        return made.keys()


@pytest.fixture(scope="module")
def buyer(trade: Trade, keys: list[ProductKey]) -> Actor:
    """Owns every table at gold."""
    somebody = factories.account(trade.app, Role.BUYER)
    trade.bought(somebody, keys)
    return somebody


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_download_is_the_same_bytes_each_time(
    trade: Trade, keys: list[ProductKey], buyer: Actor
) -> None:
    for kind in ("csv", "zip"):
        answers = [
            Browser(trade.app, buyer).get(f"/downloads/{keys[-1]}/table.{kind}") for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].data == answers[1].data
        assert answers[0].headers["Cache-Control"] == "private, no-store"
        assert f".{kind}" in answers[0].headers["Content-Disposition"]


def test_every_line_agrees_with_the_released_table(
    trade: Trade, keys: list[ProductKey], buyer: Actor
) -> None:
    browser = Browser(trade.app, buyer)
    for key in keys:
        written = lines(browser.get(f"/downloads/{key}/table.csv").data)
        with trade.db.unit_of_work(write=False):
            view, product = catalog.found(key)
            released = table(view, product).estimates()
        assert len(written) == len(released)
        for line, figure in zip(written, released, strict=True):
            assert line["statistic"] == figure.statistic
            assert {d: line[d] for d in product.dimensions} == dict(figure.coordinates)
            assert line["value"] == format(figure.value, ".9g")
            assert line["noise_interval_95_low"] == format(figure.low, ".9g")
            assert line["noise_interval_95_high"] == format(figure.high, ".9g")
            assert line["unit"] == (figure.unit or "visit")


def test_the_archive_holds_table_dictionary_and_privacy_facts(
    trade: Trade, keys: list[ProductKey], buyer: Actor
) -> None:
    browser = Browser(trade.app, buyer)
    key = keys[-1]
    with zipfile.ZipFile(io.BytesIO(browser.get(f"/downloads/{key}/table.zip").data)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    assert set(content) == {"table.csv", "dictionary.csv", "privacy.json", "README.txt"}
    assert content["table.csv"] == browser.get(f"/downloads/{key}/table.csv").data
    dictionary = lines(content["dictionary.csv"])
    assert {line["column"] for line in dictionary} >= {"day", "place"}
    assert all(line["source"] == "the restaurants" for line in dictionary)
    facts = json.loads(content["privacy.json"])
    assert (facts["epsilon"], facts["delta"]) == (1.0, 1e-6)
    assert facts["contribution_bound_cells"] == 2
    assert 73 <= facts["at_most_right_guesses_of_100"] <= 73.2
    assert b"noise interval" in content["README.txt"]


def test_what_is_not_owned_or_was_refunded_is_not_found(
    trade: Trade, keys: list[ProductKey]
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    browser = Browser(trade.app, buyer)
    order_id = trade.bought(buyer, keys[:1])
    path = f"/downloads/{keys[0]}/table.csv"
    assert browser.get(path).status_code == 200
    for other in (keys[1], replace(keys[0], tier="silver")):
        assert browser.get(f"/downloads/{other}/table.csv").status_code == 404
        assert browser.get(f"/downloads/{other}/table.zip").status_code == 404
    trade.refund(order_id)
    assert browser.get(path).status_code == 404


def test_a_key_that_is_no_key_is_not_found(trade: Trade, buyer: Actor) -> None:
    browser = Browser(trade.app, buyer)
    for key in ("x", "a~b~c", "0~99~gold", f"{'0' * 32}~0~gold", "~~", "%00~0~gold"):
        assert browser.get(f"/downloads/{key}/table.csv").status_code == 404


def test_an_order_that_is_not_paid_gives_nothing(trade: Trade, keys: list[ProductKey]) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    trade.check_out(buyer, trade.place(buyer, keys[:1]))
    assert Browser(trade.app, buyer).get(f"/downloads/{keys[0]}/table.csv").status_code == 404


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_begins_like_a_formula(start: str) -> None:
    assert files.guarded(f"{start}1+1") == f"'{start}1+1"
    assert files.guarded(f"a{start}") == f"a{start}"


@pytest.mark.statistics
def test_the_truth_lies_within_the_downloaded_intervals_as_often_as_they_claim(
    trade: Trade,
) -> None:
    """Upload to download, 12 times: contributions and sums of every cell of two tables.

    A share of 0.95 of the figures should hold the truth. Figures of one release depend on one
    another, so the spread over releases gives the standard error; 5 of them and 2 % for what the
    normal distribution gets wrong on 12 numbers: a false alarm in about 10^4 runs.
    """
    content = factories.csv_rows(400, 2)
    counts, sums = truth(content)
    held = []
    for _ in range(12):
        producer = factories.account(trade.app, Role.PRODUCER)
        _, collection_id = factories.listed(trade.app, producer, content=content)
        with trade.db.unit_of_work():
            (edition_id,) = factories.releases.close(producer, collection_id)
        factories.run_jobs(trade.app)
        made = factories.Published(edition_id, collection_id, "", producer)
        with trade.db.unit_of_work(write=False):
            for key in made.keys():
                view, product = catalog.found(key)
                if set(product.marginal) in (
                    {"day", "place"},
                    {"day", "spend"},
                    {"place", "spend"},
                ):
                    held += [
                        inside(line, product.dimensions, counts, sums)
                        for line in lines(files.table_csv(view, product))
                        if line["statistic"] != "mean"
                    ]
    per_release = np.array(held, float).reshape(12, -1).mean(axis=1)
    error = per_release.std(ddof=1) / len(per_release) ** 0.5
    assert abs(per_release.mean() - 0.95) < 5 * error + 0.02, per_release


def truth(content: bytes) -> tuple[dict[object, int], dict[object, float]]:
    """Straight from the file: everybody has two rows in different cells, as the bound allows."""
    counts: dict[object, int] = {}
    sums: dict[object, float] = {}
    for row in lines(content):
        spend = float(min(Decimal(row["spend"]), Decimal(50)))
        day, place = ("day", row["day"]), ("place", row["place"])
        for cell in (frozenset({day}), frozenset({place}), frozenset({day, place})):
            counts[cell] = counts.get(cell, 0) + 1
            sums[cell] = sums.get(cell, 0.0) + spend
    return counts, sums


def inside(
    line: dict[str, str],
    dimensions: tuple[str, ...],
    counts: dict[object, int],
    sums: dict[object, float],
) -> bool:
    cell = frozenset((name, line[name]) for name in dimensions)
    known = sums if line["statistic"] == "sum" else counts
    low, high = float(line["noise_interval_95_low"]), float(line["noise_interval_95_high"])
    return low <= known.get(cell, 0) <= high
