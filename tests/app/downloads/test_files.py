import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from app.catalog import queries as catalog
from app.catalog.charts import charts_of
from app.catalog.products import ProductKey, products, table
from app.core.permissions import Actor, Role
from app.core.spreadsheets import guarded
from app.downloads import files
from app.downloads.facts import as_json, table_facts
from app.releases import service as releases
from privacy.errors import PlanError
from privacy.plan.mechanisms import Mechanism
from privacy.plan.tiers import GOLD
from privacy.release import Release
from privacy.tables import adjusted
from privacy.tables.derived import quantiles, shares
from privacy.tables.table import Estimate, Table
from tests.privacy.tables.test_derived import KNOTS, PLANS, SCHEMA, release_of
from tests.privacy.test_stored import stored
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade


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
            released = every_figure(table(view, product))
        assert len(written) == len(released)
        for line, figure in zip(written, released, strict=True):
            assert line["statistic"] == figure.statistic
            assert {d: line[d] for d in product.dimensions} == dict(figure.coordinates)
            assert line["value"] == format(figure.value, ".9g")
            assert line["noise_interval_95_low"] == format(figure.low, ".9g")
            assert line["noise_interval_95_high"] == format(figure.high, ".9g")
            share = figure.statistic == "share"
            assert line["unit"] == ("" if share else figure.unit or "visit")


def every_figure(released: Table) -> tuple[Estimate, ...]:
    """What was measured, then the shares, then the quartiles of the only measure."""
    known = (*released.estimates(), *shares(released))
    try:
        return known + quantiles(released, *released.soft)
    except (PlanError, TypeError):
        return known


@pytest.fixture(scope="module", params=sorted(PLANS))
def paid(request: pytest.FixtureRequest, trade: Trade, keys: list[ProductKey]) -> Any:
    """A table by day of a measure with eleven knots, and all its lines."""
    with trade.db.unit_of_work(write=False):
        view, _ = catalog.found(keys[0])
    rules = replace(view.rules, schema=SCHEMA)
    view = replace(view, rules=rules, release=release_of(request.param), digest=request.param)
    (product,) = (p for p in products(view, GOLD) if p.marginal == ("day", "paid"))
    return view, product, files.table_csv(view, product)


def test_shares_and_quartiles_follow_what_was_measured(paid: Any) -> None:
    view, product, content = paid
    released = table(view, product)
    measured = released.estimates()
    written = lines(content)
    figures = (*shares(released), *quantiles(released, "paid"))
    assert [line["statistic"] for line in written[len(measured) :]] == [
        *["share"] * 3,
        *["quantile_25"] * 3,
        *["median"] * 3,
        *["quantile_75"] * 3,
    ]
    for line, figure in zip(written[len(measured) :], figures, strict=True):
        assert line["statistic"] == figure.statistic
        assert line["day"] == dict(figure.coordinates)["day"]
        shown = (line["value"], line["noise_interval_95_low"], line["noise_interval_95_high"])
        assert shown == tuple(format(n, ".9g") for n in (figure.value, figure.low, figure.high))
        assert line["unit"] == figure.unit
        assert line["adjusted_value"] == ""
    assert content == files.table_csv(view, product)


def test_contributions_near_a_knot_say_which(paid: Any) -> None:
    _, _, content = paid
    near = [line for line in lines(content) if line["statistic"] == "contributions_near"]
    assert [line["near"] for line in near] == [str(knot) for knot in KNOTS] * 3
    assert {line["near"] for line in lines(content) if line not in near} == {""}


def test_adjusted_values_add_up_and_leave_the_unbiased_ones_alone(paid: Any) -> None:
    view, product, content = paid
    released = table(view, product)
    by_kind: dict[str, list[dict[str, str]]] = {}
    for line in lines(content):
        by_kind.setdefault(line["statistic"], []).append(line)
    counted = [int(line["adjusted_value"]) for line in by_kind["contributions"]]
    assert counted == adjusted.contributions(released).tolist()
    assert sum(counted) == max(0, round(float(released.contributions().sum())))
    assert min(counted) >= 0
    assert [float(line["adjusted_value"]) for line in by_kind["sum"]] == adjusted.sums(
        released, "paid"
    ).tolist()
    for line, count in zip(
        by_kind["contributions"], released.contributions().tolist(), strict=True
    ):
        assert line["value"] == format(count, ".9g")
    for kind in set(by_kind) - {"contributions", "sum"}:
        assert {line["adjusted_value"] for line in by_kind[kind]} == {""}


def test_the_facts_name_the_noise_and_how_intervals_are_made(paid: Any) -> None:
    view, product, _ = paid
    facts = json.loads(as_json(table_facts(view, product)))
    assert facts["mechanism"] == view.release.plan.mechanism
    made = facts["intervals_are_made_so"]
    gaussian = facts["mechanism"] == "rounded-gaussian"
    assert ("1.96 standard deviations" in made["contributions, sum"]) is gaussian
    assert ("exact quantile" in made["contributions, sum"]) is not gaussian
    assert "Fieller" in made["mean, share"]
    assert "one gap between knots" in made["quantile"]
    assert "biased upwards" in files.readme(view, product).decode()
    assert "belongs to value" in facts["adjusted_value"]


def test_the_preview_draws_the_median_of_a_measure_with_several_knots(paid: Any) -> None:
    view, product, _ = paid
    released = table(view, product)
    drawn = {chart.statistic: chart for chart in charts_of(released)}
    medians = [e for e in quantiles(released, "paid") if e.statistic == "median"]
    assert [bar.value for bar in drawn["median"].bars] == [e.value for e in medians]
    assert [bar.high for bar in drawn["median"].bars] == [e.high for e in medians]


def test_the_archive_holds_table_dictionary_and_privacy_facts(
    trade: Trade, keys: list[ProductKey], buyer: Actor
) -> None:
    browser = Browser(trade.app, buyer)
    key = keys[-1]
    with zipfile.ZipFile(io.BytesIO(browser.get(f"/downloads/{key}/table.zip").data)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    told = {"table.csv", "dictionary.csv", "privacy.json", "README.txt", "datapackage.json"}
    assert told < set(content)
    package = json.loads(content["datapackage.json"])
    assert {one["path"] for one in package["resources"]} == told - {"datapackage.json"}
    (table_said,) = (one for one in package["resources"] if one["path"] == "table.csv")
    assert table_said["hash"] == f"sha256:{hashlib.sha256(content['table.csv']).hexdigest()}"
    assert content["table.csv"] == browser.get(f"/downloads/{key}/table.csv").data
    dictionary = lines(content["dictionary.csv"])
    assert {line["column"] for line in dictionary} >= {"day", "place"}
    columns = [line for line in dictionary if line["kind"] != "figure"]
    assert all(line["source"] == "the restaurants" for line in columns)
    table = lines(content["table.csv"])
    assert set(table[0]) == {line["column"] for line in dictionary} - {"spend"}
    facts = json.loads(content["privacy.json"])
    assert (facts["epsilon"], facts["delta"]) == (1.0, 1e-6)
    assert facts["contribution_bound_cells"] == 2
    assert facts["at_most_right_guesses_of_100"] == 54.8, "54.71, rounded up"
    assert b"noise interval" in content["README.txt"]
    with trade.db.unit_of_work(write=False):
        release = catalog.found(key)[0].release
    left_out, told = release.left_out(), facts["contributions_left_out_by_the_bound"]
    assert left_out is not None
    assert told["about"] == round(left_out.value)
    assert told["noise_interval_95"] == [round(left_out.low), round(left_out.high)]
    assert told["of_each_person_at_most_counted"] == 4


@pytest.mark.parametrize("kind", [one.value for one in Mechanism if one.kind])
def test_every_kind_of_noise_can_be_downloaded_and_says_what_it_is(
    kind: str, trade: Trade, keys: list[ProductKey]
) -> None:
    with trade.db.unit_of_work(write=False):
        view, _ = catalog.found(keys[0])
    release = Release.from_bytes(stored(kind))
    rules = replace(view.rules, schema=release.plan.schema)
    view = replace(view, rules=rules, release=release, digest=f"stored {kind}")
    (product,) = (p for p in products(view, GOLD) if p.marginal == ("day", "hour"))
    with zipfile.ZipFile(io.BytesIO(files.archive(view, product))) as archive:
        facts = json.loads(archive.read("privacy.json"))
        assert len(lines(archive.read("table.csv"))) == 9 * 2, "counts and shares"
    assert facts["mechanism"] == kind
    word = {"geometric": "geometric", "k-norm": "K-norm"}.get(kind, "Gaussian")
    assert word in facts["noise"]
    assert set(facts["intervals_are_made_so"]) == {"contributions, sum", "mean, share", "quantile"}


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
    for key in ("x", "a~b~c", "0~99~gold", f"{'0' * 32}~0~gold", "~~"):
        assert browser.get(f"/downloads/{key}/table.csv").status_code == 404
    assert browser.get("/downloads/%00~0~gold/table.csv").status_code == 400


def test_an_order_that_is_not_paid_gives_nothing(trade: Trade, keys: list[ProductKey]) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    trade.check_out(buyer, trade.place(buyer, keys[:1]))
    assert Browser(trade.app, buyer).get(f"/downloads/{keys[0]}/table.csv").status_code == 404


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_begins_like_a_formula(start: str) -> None:
    assert guarded(f"{start}1+1") == f"'{start}1+1"
    assert guarded(f"a{start}") == f"a{start}"


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
            (edition_id,) = releases.close(producer, collection_id)
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
                        if line["statistic"] in ("contributions", "sum")
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
