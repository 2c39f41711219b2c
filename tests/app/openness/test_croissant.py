import base64
import json
from pathlib import Path
from typing import Any

import mlcroissant
import pytest

from app.catalog.products import product
from app.core.permissions import Role
from app.downloads import files
from app.market import market_of
from app.openness.croissant import croissant
from app.openness.description import Description
from app.releases.queries import ReleaseView
from app.users import access_tokens
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade

URL = "https://market.example.org/downloads/x/table.csv"


def written(folder: Path, about: Description, place: int, url: str = URL) -> Path:
    product = about.tables[place].finest
    path = folder / "croissant.json"
    path.write_bytes(croissant(about, product, url, "cited so"))
    return path


def test_every_kind_of_table_is_valid_croissant(about: Description, tmp_path: Path) -> None:
    for place in (0, 2, len(about.tables) - 1):
        found = mlcroissant.Dataset(jsonld=written(tmp_path, about, place))
        assert not found.metadata.ctx.issues.errors
        assert not found.metadata.ctx.issues.warnings


def test_the_validator_refuses_a_table_without_a_file(about: Description, tmp_path: Path) -> None:
    path = written(tmp_path, about, 0)
    broken = json.loads(path.read_text())
    del broken["distribution"][0]["contentUrl"]
    path.write_text(json.dumps(broken))
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(jsonld=path)


def test_what_the_specification_asks_for_and_the_validator_forgets_is_there(
    about: Description,
) -> None:
    found = json.loads(croissant(about, about.tables[0].finest, URL, "cited so"))
    for name in (
        *("@context", "@type", "conformsTo", "description", "license", "name", "url", "creator"),
        *("datePublished", "distribution", "keywords", "publisher", "version", "citeAs"),
        *("rai:personalSensitiveInformation", "rai:dataLimitations", "usageInfo"),
    ):
        assert found[name], name
    assert found["creator"]["name"] == "Moisson"
    assert len(found["usageInfo"]) == len(found["license"]) == 3


def test_a_table_is_not_told_by_its_size_or_its_hash(about: Description) -> None:
    """A small table's figures could be found by trying which fit its hash."""
    for table in about.tables:
        for level in table.levels:
            found = json.loads(croissant(about, level, URL, ""))
            (file,) = found["distribution"]
            assert not {"sha256", "md5", "contentSize"} & set(file)
            assert file["contentUrl"] == URL


def test_a_buyer_reads_their_file_with_it(
    about: Description, view: ReleaseView, tmp_path: Path
) -> None:
    product = about.tables[0].finest
    (tmp_path / "table.csv").write_bytes(files.table_csv(view, product))
    dataset = mlcroissant.Dataset(jsonld=written(tmp_path, about, 0, "table.csv"))
    rows: list[dict[str, Any]] = list(dataset.records("figures"))
    lines = files.table_csv(view, product).decode().splitlines()
    assert len(rows) == len(lines) - 1
    first = rows[0]
    assert first["figures/day"].decode() == "Mon"
    assert first["figures/value"] == pytest.approx(float(lines[1].split(",")[4]))


def test_the_file_is_there_for_its_buyers_token_alone(
    trade: Trade, made: factories.Published, view: ReleaseView
) -> None:
    """As mlcroissant asks for it: with the token as a password."""
    with trade.db.unit_of_work(write=False):
        key = made.keys("gold")[0]
    buyer = factories.account(trade.app, Role.BUYER)
    trade.bought(buyer, [key])
    with trade.db.unit_of_work():
        token = access_tokens.make(buyer, "test", frozenset(access_tokens.Scope), edition_id="")
    browser = Browser(trade.app)
    described = browser.get(f"/catalogue/{made.edition_id}/{key}/croissant.json").get_json(True)
    (file,) = described["distribution"]
    path = file["contentUrl"].removeprefix(market_of(trade.app).settings.base_url)
    assert browser.get(path).status_code == 401
    basic = base64.b64encode(f"anybody:{token}".encode()).decode()
    answer = browser.get(path, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200
    assert answer.data == files.table_csv(view, product(view, key))
    assert answer.mimetype == file["encodingFormat"]
