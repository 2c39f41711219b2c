"""What one person costs: the page and its figures, and a crowd that is really counted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.people.__main__ import FAMILIES, publish
from bench.people.crowd import Cost
from traces.formats import formats

ROOT = Path(__file__).resolve().parents[2]
CROWDS = [Cost(1_000, 15.0, 9.0, 4.0, 4_000.0, 998), Cost(100_000, 15.0, 9.5, 3.8, 4_050.0, 99_990)]


def test_the_page_says_what_the_figures_say(tmp_path: Path) -> None:
    publish(CROWDS, 56.1, 1024, {"screens": 4, "seconds": 5.37}, tmp_path)
    told = json.loads((tmp_path / "people.json").read_text())
    assert told["cpu_ms_per_person_100k"] == 13.3
    assert told["cpu_growth_100k_vs_1k"] == 1.023
    assert told["bytes_per_person_100k"] == 4050
    assert (told["screens_to_in"], told["seconds_to_in"]) == (4, 5.4)
    page = (tmp_path / "people.md").read_text()
    assert "| 100,000 | 9.5 | 3.8 | 13.3 | 4,050 | 99,990 |" in page


def test_every_family_of_the_list_is_read(tmp_path: Path) -> None:
    publish(CROWDS, 56.1, 1024, {}, tmp_path)
    assert json.loads((tmp_path / "people.json").read_text())["families_missing"] == 0
    assert {key for needed in FAMILIES.values() for key in needed} <= {
        each.family for each in formats().values()
    }


@pytest.mark.exhaustive
def test_a_small_crowd_is_counted_and_its_month_published() -> None:
    command = [sys.executable, "-m", "bench.people", "--one", "250"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    cost = Cost(**json.loads(said.strip().splitlines()[-1]))
    assert abs(cost.released - 250) < 250
    assert cost.join_ms > 0
    assert cost.publish_ms > 0
    assert cost.bytes > 0
