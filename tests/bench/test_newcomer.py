"""What a newcomer pays: the tool ends only what it started, and its figures hold the aim."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import newcomer
from bench.newcomer import FOLDER, NoPage, Paid

BEFORE = Paid(1300.0, 80, 120.0, 1.0, 110.0, 9.0)
NOW = Paid(600.0, 60, 60.0, 1.0, 50.0, 9.0)


def test_the_page_tells_before_and_now() -> None:
    page = newcomer.page(newcomer.figures(NOW, BEFORE), "7667db4")
    assert "| run_megabytes | 1,300.0 | 600.0 | 0.46 |" in page
    assert "| run_packages | 80 | 60 | 0.75 |" in page
    assert "Before: commit 7667db4." in page


def test_the_figures_that_are_kept_hold_the_aim() -> None:
    kept = json.loads((FOLDER / "newcomer.json").read_text())
    assert set(kept) == set(newcomer.figures(NOW, BEFORE))
    assert kept["run_megabytes"] <= 700
    assert kept["run_seconds"] <= kept["run_seconds_before"] / 2
    page = (FOLDER / "newcomer.md").read_text()
    assert (
        f"| run_megabytes | {kept['run_megabytes_before']:,} | {kept['run_megabytes']:,} |" in page
    )


def test_megabytes_and_packages_of_an_environment(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("one-1.0", "two-2.0", "pip-3"):
        (site / f"{name}.dist-info").mkdir(parents=True)
    (site / "one.py").write_bytes(b"x" * 2_000_000)
    (site / "link.py").symlink_to(site / "one.py")
    assert newcomer._megabytes(tmp_path) == 2.0
    assert newcomer._packages(tmp_path) == 2


def test_a_market_that_ends_is_not_waited_for_and_nothing_is_left() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    market = subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
    newcomer._end(market)
    assert market.returncode is not None
    with pytest.raises(NoPage):
        newcomer._answered("http://127.0.0.1:1/", market)
