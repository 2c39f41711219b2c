"""The figures about the tests: added up by folder, and there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.tests import FOLDER, Run, folder_of, table

ROOT = Path(__file__).resolve().parent.parent.parent
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" time="90.0">{cases}</testsuite>
</testsuites>"""


def run(path: Path, **seconds: float) -> Path:
    cases = "".join(
        f'<testcase classname="{module.replace("__", ".")}" name="test_it" time="{time}"/>'
        for module, time in seconds.items()
    )
    path.write_text(JUNIT.format(cases=cases))
    return path


@pytest.mark.parametrize(
    ("module", "folder"),
    [
        ("tests.app.orders.test_service", "tests/app/orders"),
        ("tests.app.datasets.ingest.test_reading", "tests/app/datasets"),
        ("tests.pricing.test_vat", "tests/pricing"),
        ("tests.test_docs", "tests"),
    ],
)
def test_a_feature_is_a_folder_of_its_own(module: str, folder: str) -> None:
    assert folder_of(module) == folder


def test_seconds_are_added_up_and_the_slowest_comes_first(tmp_path: Path) -> None:
    before = Run.read(
        run(
            tmp_path / "before.xml",
            tests__pricing__test_vat=1.0,
            tests__app__orders__test_pages=4.25,
            tests__app__orders__test_service=5.0,
        )
    )
    after = Run.read(run(tmp_path / "after.xml", tests__pricing__test_vat=0.5))
    assert before.minutes == 1.5
    assert [tuple(row.values()) for row in table(before, after)] == [
        ("tests/app/orders", 2, 9.2, 0, 0.0),
        ("tests/pricing", 1, 1.0, 1, 0.5),
        ("all", 3, 10.2, 1, 0.5),
    ]


def test_two_runs_become_a_page_and_what_is_known_of_whole_runs_is_kept(tmp_path: Path) -> None:
    files = [run(tmp_path / name, tests__test_docs=1.0) for name in ("before.xml", "after.xml")]
    (tmp_path / "tests.json").write_text('{"ci_minutes": 9.5, "folders": []}')
    command = [sys.executable, "-m", "bench.tests", *map(str, files), "--folder", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert json.loads((tmp_path / "tests.json").read_text())["ci_minutes"] == 9.5
    page = (tmp_path / "tests.md").read_text()
    assert "| tests | 1 | 1.0 | 1 | 1.0 |" in page
    assert "ci_minutes 9.5" in page


def test_the_figures_that_are_kept_have_these_rows() -> None:
    found = json.loads((FOLDER / "tests.json").read_text())
    assert {"ci_minutes", "ci_minutes_before"} <= set(found)
    assert found["folders"][-1]["folder"] == "all"
    assert f"| {found['folders'][0]['folder']} |" in (FOLDER / "tests.md").read_text()
