"""The measurements of money: they run, keep what they do not measure, and are there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.money import report
from bench.money.__main__ import FOLDER
from bench.money.figures import Row

ROOT = Path(__file__).resolve().parent.parent.parent
WANTED = {
    "reconciliation_differences",
    "double_effects",
    "lost_webhooks",
    "webhooks_per_second",
    "webhook_p99_ms",
}
#: What has to be zero, whatever the machine.
NOTHING = ("reconciliation_differences", "double_effects", "lost_webhooks", "wrong_payouts")


def figures(folder: Path) -> dict[str, float]:
    return {row["name"]: row["value"] for row in json.loads((folder / "money.json").read_text())}


@pytest.mark.exhaustive
def test_small_measurements_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.money", "--quick", "--folder", str(tmp_path)]
    done = subprocess.run(
        [*command, "webhooks", "payouts"], cwd=ROOT, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = figures(tmp_path)
    assert set(found) >= WANTED
    assert {found[name] for name in NOTHING} == {0}
    assert "| webhooks_per_second |" in (tmp_path / "money.md").read_text()


def test_the_figures_that_are_kept_have_these_rows() -> None:
    found = figures(FOLDER)
    assert set(found) >= WANTED
    assert {found[name] for name in NOTHING} == {0}
    page = (FOLDER / "money.md").read_text()
    assert all(f"| {name} |" in page for name in found)


def test_a_part_keeps_the_figures_of_the_others(tmp_path: Path) -> None:
    report.publish([Row("a_reconciliation_differences", 1, "", ""), Row("b", 2, "s", "")], tmp_path)
    report.publish([Row("b", 3, "s", ""), Row("b_reconciliation_differences", 4, "", "")], tmp_path)
    assert figures(tmp_path) == {
        "reconciliation_differences": 5,
        "double_effects": 0,
        "a_reconciliation_differences": 1,
        "b": 3,
        "b_reconciliation_differences": 4,
    }
