"""A bought table on its page: chosen, grouped, summed, compared, and taken away in every format."""

import csv
import io
import json
import time
from math import hypot
from urllib.parse import urlencode

import openpyxl
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from jsonstat_validator import validate_jsonstat

from app.catalog import queries as catalog
from app.catalog.products import ProductKey, table
from app.core.permissions import Actor, Role
from app.desk import asked, service
from app.downloads.formats import FORMATS
from privacy.tables.rollup import Along, Figure, roll_up
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade


@pytest.fixture(scope="module")
def made(trade: Trade) -> factories.Published:
    return factories.published(trade.app)


@pytest.fixture(scope="module")
def key(trade: Trade, made: factories.Published) -> ProductKey:
    """The table of both columns with the measure, at bronze."""
    with trade.db.unit_of_work(write=False):
        for one in made.keys("bronze"):
            if len(catalog.found(one)[1].marginal) == 3:
                return one
    raise LookupError


@pytest.fixture(scope="module")
def buyer(trade: Trade, key: ProductKey) -> Actor:
    somebody = factories.account(trade.app, Role.BUYER)
    trade.bought(somebody, [key])
    return somebody


def address(key: ProductKey, kind: str = "", **asked: str) -> str:
    return f"/tables/{key}{kind}?{urlencode(asked)}"


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_page_shows_every_figure_with_its_interval(
    trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    page = Browser(trade.app, buyer).get(f"/tables/{key}")
    assert page.status_code == 200
    text = page.text
    with trade.db.unit_of_work(write=False):
        view, product = catalog.found(key)
        released = table(view, product)
    assert text.count("<tr>") == 1 + released.contributions().size
    assert "<svg" in text
    assert "SHA-256" in text


def test_groups_are_those_of_the_rolled_up_table(
    trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    with trade.db.unit_of_work(write=False):
        view, product = catalog.found(key)
        released = table(view, product)
    axis, other = released.hard
    first, second = released.plan.schema.labels(axis)[:2]
    asked = {
        f"groups.{axis}": f"both:{first},{second}",
        "over": other,
        "statistic": "contributions,sum,mean",
    }
    content = Browser(trade.app, buyer).get(address(key, "/view.csv", **asked)).data
    over = Along(other, tuple((v, (v,)) for v in released.plan.schema.labels(other)), over=True)
    expected = roll_up(
        released,
        (Along(axis, (("both", (first, second)),)), over),
        ("contributions", "sum", "mean"),
        released.soft[0],
    )
    found = lines(content)
    assert [line["statistic"] for line in found] == ["contributions", "sum", "mean"]
    for line, figure in zip(found, expected, strict=True):
        assert line[axis] == "both"
        assert other not in line
        assert line["value"] == format(figure.value, ".9g")
        assert line["noise_sd"] == format(figure.sd, ".9g")
        assert line["cells"] == str(figure.cells)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_what_is_seen_can_be_had_in_every_format_the_same_each_time(
    kind: str, trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    browser = Browser(trade.app, buyer)
    for at in (address(key, f"/view.{kind}", over="day"), f"/downloads/{key}/table.{kind}"):
        answers = [browser.get(at) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].data == answers[1].data
        assert "moisson-" in answers[0].headers["Content-Disposition"]


def test_lines_are_compared_with_one_of_them(trade: Trade, key: ProductKey, buyer: Actor) -> None:
    page = Browser(trade.app, buyer).get(address(key, statistic="contributions", beside="0")).text
    assert "Difference" in page
    assert page.count(" … ") > 10


def test_lines_are_sorted_and_found(trade: Trade, key: ProductKey, buyer: Actor) -> None:
    browser = Browser(trade.app, buyer)
    with trade.db.unit_of_work(write=False):
        view, _ = catalog.found(key)
    label = view.rules.schema.labels("day")[0]
    some = browser.get(address(key, find=label)).text
    assert some.count("<tr>") < browser.get(f"/tables/{key}").text.count("<tr>")
    assert "No line has this word" in browser.get(address(key, find="zzz")).text
    assert browser.get(address(key, sort="-value")).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"over": "moon"},
        {"where.moon": "full"},
        {"where.day": "Someday"},
        {"groups.day": "no colon"},
        {"statistic": "mode"},
        {"statistic": "mean", "measure": "weight"},
        {"beside": "9999"},
        {"statistic": "share", "beside": "0"},
    ],
)
def test_what_the_table_has_not_is_answered_with_what_it_has(
    asked: dict[str, str], trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    answer = Browser(trade.app, buyer).get(address(key, **asked))
    assert answer.status_code == 422
    assert "This table cannot tell that" in answer.text


@pytest.mark.parametrize("name", ["key", "kind", "endpoint", "_external", "_scheme", "_anchor"])
def test_what_else_an_address_holds_is_passed_over(
    name: str, trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    for kind in ("", "/view.csv"):
        at = address(key, kind, over="day")
        answer = Browser(trade.app, buyer).get(f"{at}&{name}=x")
        assert answer.status_code == 200
        assert f"{name}=x" not in answer.text


def test_thousands_of_commas_cost_no_more_than_their_length() -> None:
    known = ("a, b", "c")
    assert asked._split("a, b,c,a,d", known) == ["a, b", "c", "a", "d"]
    begun = time.process_time()
    assert asked._split("," * 4000 + "c", known) == ["c"]
    assert time.process_time() - begun < 1


def test_a_change_of_a_mean_of_nothing_may_be_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def mean(value: float, low: float, high: float, distinct: bool) -> Figure:
        return Figure((), "mean", "spend", "EUR", value, 1.0, low, high, distinct, 1)

    ask = asked.Ask((), ("mean",), "spend")
    sides: dict[str, Figure] = {
        "now": mean(60, 55, 70, True),
        "then": mean(20, 15, 22, True),
        "nothing": mean(0, 0, 100, False),
    }
    monkeypatch.setattr(service, "rolled", lambda one, _ask: (sides[one],))
    (known,) = service.since("now", "then", ask)  # type: ignore[arg-type]
    assert known.figure.low == pytest.approx(40 - hypot(5, 2))
    assert known.figure.high == pytest.approx(40 + hypot(10, 5))
    assert known.figure.distinct
    (unknown,) = service.since("now", "nothing", ask)  # type: ignore[arg-type]
    assert (unknown.figure.low, unknown.figure.high) == (-45, 70)
    assert not unknown.figure.distinct
    assert not unknown.named


def test_what_is_not_owned_is_not_found(trade: Trade, key: ProductKey) -> None:
    stranger = Browser(trade.app, factories.account(trade.app, Role.BUYER))
    for at in (f"/tables/{key}", f"/tables/{key}/view.csv", "/tables/x~0~gold"):
        assert stranger.get(at).status_code == 404


def test_the_same_figures_stand_in_every_format(
    trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    """CSV, JSON, JSON-stat, Parquet, Arrow and Excel: to the last digit."""
    browser = Browser(trade.app, buyer)
    files = {kind: browser.get(f"/downloads/{key}/table.{kind}").data for kind in FORMATS}
    plain = [float(line["value"]) for line in lines(files["csv"])]
    assert [one["value"] for one in json.loads(files["json"])["figures"]] == plain
    for found in (
        pq.read_table(io.BytesIO(files["parquet"])),
        feather.read_table(io.BytesIO(files["arrow"])),
    ):
        assert found.column("value").to_pylist() == plain
        assert found.column("told_apart_from_zero").type == "bool"
        assert b"moisson:facts" in found.schema.metadata
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["figures"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert [row[header.index("value")] for row in rows] == plain
    stat = json.loads(files["json-stat"])
    assert validate_jsonstat(stat)
    metrics = stat["size"][-1]
    assert sorted(stat["value"][::metrics]) == sorted(plain)


def test_a_readers_own_number_is_set_beside_a_line_in_both_languages(
    trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    browser = Browser(trade.app, buyer)
    with trade.db.unit_of_work(write=False):
        view, product = catalog.found(key)
        first = table(view, product).contributions().ravel()[0]
    far = browser.get(address(key, own_line="0", own=f"{first + 10_000:.1f}")).text
    assert "Your number differs" in far
    near = browser.get(address(key, own_line="0", own=f"{first:.1f}".replace(".", ","))).text
    assert "It cannot be told whether your number differs" in near
    wrong = browser.get(address(key, own_line="0", own="many"))
    assert wrong.status_code == 200
    assert "That is no number" in wrong.text
