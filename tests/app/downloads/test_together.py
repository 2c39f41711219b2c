"""What a buyer's tables say together: none is more exact than what was bought, and all agree."""

import csv
import io
import zipfile

import numpy as np
import pytest

from app.catalog import queries as catalog
from app.catalog.products import ProductKey, table
from app.core.permissions import Actor, Role
from app.downloads import together
from app.orders import holdings
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade

EDITIONS = 3


@pytest.fixture(scope="module")
def made(trade: Trade) -> list[factories.Published]:
    """Three editions of one collection."""
    first = factories.published(trade.app)
    found = [first]
    for _ in range(EDITIONS - 1):
        dataset_id, _ = factories.listed(trade.app, first.producer, first.collection_id)
        (edition_id,) = factories.stage(trade.app).close(first.producer, first.collection_id)
        found.append(
            factories.Published(edition_id, first.collection_id, dataset_id, first.producer)
        )
    return found


def key_of(trade: Trade, made: factories.Published, marginal: set[str], tier: str) -> ProductKey:
    with trade.db.unit_of_work(write=False):
        for key in made.keys(tier):
            if {*catalog.found(key)[1].marginal} == marginal:
                return key
    raise LookupError(marginal)


def inside(trade: Trade, buyer: Actor, key: ProductKey) -> dict[str, list[dict[str, str]]]:
    """The CSV files of a downloaded archive, read."""
    answer = Browser(trade.app, buyer).get(f"/downloads/{key}/table.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        about = archive.read("README.txt").decode()
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        assert all(name in about for name in names)
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode()))) for name in names
        }


def test_who_owns_one_table_gets_nothing_beside_it(
    trade: Trade, made: list[factories.Published]
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    key = key_of(trade, made[0], {"day", "place"}, "bronze")
    trade.bought(buyer, [key])
    assert set(inside(trade, buyer, key)) == {"table.csv", "dictionary.csv"}


def test_a_coarse_table_is_rebuilt_from_finer_ones_and_agrees_with_them(
    trade: Trade, made: list[factories.Published]
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    coarse = key_of(trade, made[0], {"day", "place"}, "bronze")
    fine = key_of(trade, made[0], {"day"}, "gold")
    trade.bought(buyer, [coarse, fine])
    files = inside(trade, buyer, coarse)
    margin = {
        line["day"]: float(line["value"])
        for line in inside(trade, buyer, fine)["table.csv"]
        if line["statistic"] == "contributions"
    }
    sums, plain_sums = dict.fromkeys(margin, 0.0), dict.fromkeys(margin, 0.0)
    for name, into in (("rebuilt.csv", sums), ("table.csv", plain_sums)):
        for line in files[name]:
            if line["statistic"] == "contributions":
                into[line["day"]] += float(line["value"])
    assert sums == pytest.approx(margin, abs=1e-5)
    assert plain_sums != pytest.approx(margin, abs=1e-5)
    widths = [
        float(line["noise_interval_95_high"]) - float(line["value"])
        for name in ("rebuilt.csv", "table.csv")
        for line in files[name][:1]
    ]
    assert widths[0] < widths[1]


def test_the_rebuilt_table_is_what_its_owner_could_add_up(
    trade: Trade, made: list[factories.Published]
) -> None:
    """Residuals of the bronze table, margins of the finer ones: nothing else of the release."""
    buyer = factories.account(trade.app, Role.BUYER)
    keys = [
        key_of(trade, made[0], {"day", "place"}, "bronze"),
        key_of(trade, made[0], {"day"}, "gold"),
        key_of(trade, made[0], {"place"}, "silver"),
    ]
    trade.bought(buyer, keys)
    with trade.db.unit_of_work(write=False):
        (view, coarse), day, place = (catalog.found(key) for key in keys)
        owned = holdings.owned(buyer.user_id)
        found = together.rebuilt(view, coarse, owned)
        tables = [table(view, one).contributions() for one in (coarse, day[1], place[1])]
    assert found is not None
    cells = tables[0]
    if coarse.marginal != ("day", "place"):
        cells = cells.T
    bronze = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    total = tables[1].sum()
    by_day = (tables[1] - tables[1].mean())[:, None] / cells.shape[1]
    by_place = (tables[2] - tables[2].mean()) / cells.shape[0]
    expected = bronze + by_day + by_place + total / cells.size
    ours = found.contributions() if coarse.marginal == ("day", "place") else found.contributions().T
    assert ours == pytest.approx(expected)


def test_a_table_of_three_editions_comes_with_all_of_them_smoothed(
    trade: Trade, made: list[factories.Published]
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    tiers = ("gold", "bronze", "silver")
    keys = [
        key_of(trade, one, {"day", "place", "spend"}, tier)
        for one, tier in zip(made, tiers, strict=True)
    ]
    trade.bought(buyer, keys)
    found_files = inside(trade, buyer, keys[0])
    lines = found_files["editions.csv"]
    assert set(lines[0]) <= {line["column"] for line in found_files["dictionary.csv"]}
    with trade.db.unit_of_work(write=False):
        found = [catalog.found(key) for key in keys]
        released = [table(*one) for one in found]
    assert [line["tier"] for line in lines[:: len(lines) // EDITIONS]] == [*tiers]
    counts = [line for line in lines if line["statistic"] == "contributions"]
    values = np.array([float(line["value"]) for line in counts])
    assert values == pytest.approx(
        np.concatenate([one.contributions().ravel() for one in released])
    )
    assert {line["statistic"] for line in lines} == {"contributions", "sum"}
    for line in lines:
        assert float(line["noise_interval_95_low"]) < float(line["value"])


def test_editions_that_somebody_else_owns_are_not_seen(
    trade: Trade, made: list[factories.Published]
) -> None:
    buyer, other = (factories.account(trade.app, Role.BUYER) for _ in range(2))
    mine = [key_of(trade, one, {"day"}, "bronze") for one in made[:2]]
    trade.bought(buyer, mine)
    trade.bought(other, [key_of(trade, made[2], {"day"}, "bronze")])
    assert "editions.csv" not in inside(trade, buyer, mine[0])
