"""What a page of the shop costs: the page of figures, and a small market that is really served."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.shop import FEW, SEARCHES, _figures, publish

ROOT = Path(__file__).resolve().parents[2]
MANY = 1_000
AIMS = {
    "search_100k_vs_100",
    "search_ms",
    "home_ms",
    "release_ms",
    "bundle_100_tables_ms",
    "milliseconds_per_page_2_cores",
}


def found(slower: float) -> dict[str, dict[int, float]]:
    searches = {f"search {asked}": {FEW: 10.0, MANY: 10.0 * slower} for asked in SEARCHES}
    other = {FEW: 5.0, MANY: 6.0}
    return {"home": other, "release": other, "bundle": {FEW: 20.0, MANY: 22.0}, **searches}


def test_the_slower_database_is_told_and_the_page_says_what_the_figures_say(
    tmp_path: Path,
) -> None:
    both = {"sqlite": found(1.1), "postgresql": found(1.2)}
    publish(_figures(both, {"sqlite": 8.0, "postgresql": 9.5}, MANY), MANY, tmp_path)
    told = {one["name"]: one["value"] for one in json.loads((tmp_path / "shop.json").read_text())}
    assert told.keys() >= AIMS
    assert told["search_100k_vs_100"] == 1.2
    assert (told["search_ms"], told["bundle_100_tables_ms"]) == (12.0, 22.0)
    assert told["milliseconds_per_page_2_cores"] == 9.5
    assert "| search_100k_vs_100 | 1.2 | ratio |" in (tmp_path / "shop.md").read_text()


@pytest.mark.exhaustive
def test_a_small_market_is_served_on_both_databases(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.shop", "--quick", "--folder", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    told = {one["name"]: one["value"] for one in json.loads((tmp_path / "shop.json").read_text())}
    assert all(told[name] > 0 for name in AIMS)
