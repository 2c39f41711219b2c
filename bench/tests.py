"""How long the tests take: seconds for each folder, of two runs, from pytest's JUnit files.

```
make test-all ARGS="--junitxml=before.xml"
make test ARGS="--junitxml=after.xml"
.venv/bin/python -m bench.tests before.xml after.xml
```
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
HEADER = """# How long the tests take

Seconds of set-up, test and clean-up, added up over all tests of a folder: with two processes at a
time a run takes a little more than half of it. "Before" is every test on each database, each
with set-up of its own; "after" is `make test`. `make test-all` runs every test still.

| folder | tests before | seconds before | tests after | seconds after |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Run:
    """One run of the tests.

    Attributes
    ----------
    tests, seconds : mapping
        By folder: how many tests ran, and how long they took together.
    minutes : float
        From the run's beginning to its end.
    """

    tests: Mapping[str, int]
    seconds: Mapping[str, float]
    minutes: float

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Read a JUnit file that pytest wrote."""
        tests, seconds = Counter[str](), dict[str, float]()
        suite = ElementTree.parse(path).getroot().find("testsuite")  # noqa: S314
        if suite is None:
            raise ValueError(f"{path} has no test suite")
        for case in suite.iter("testcase"):
            folder = folder_of(case.get("classname", ""))
            tests[folder] += 1
            seconds[folder] = seconds.get(folder, 0.0) + float(case.get("time", "0"))
        return cls(tests, seconds, float(suite.get("time", "0")) / 60)


def folder_of(module: str) -> str:
    """Return the folder of a test's module: of the product one for each feature."""
    parts = module.split(".")
    folders = parts[: 3 if parts[:2] == ["tests", "app"] else 2]
    return "/".join(folders if len(parts) > len(folders) else folders[:-1])


def table(before: Run, after: Run) -> list[dict[str, object]]:
    """Return a row for each folder, and one for all."""
    names = sorted({*before.tests, *after.tests}, key=lambda name: -before.seconds.get(name, 0))
    rows = [_row(name, *(_figures(run, name) for run in (before, after))) for name in names]
    return [*rows, _row("all", *(_figures(run, None) for run in (before, after)))]


def _figures(run: Run, folder: str | None) -> tuple[int, float]:
    if folder is None:
        return sum(run.tests.values()), sum(run.seconds.values())
    return run.tests.get(folder, 0), run.seconds.get(folder, 0.0)


def _row(name: str, before: tuple[int, float], after: tuple[int, float]) -> dict[str, object]:
    return {
        "folder": name,
        "tests_before": before[0],
        "seconds_before": round(before[1], 1),
        "tests_after": after[0],
        "seconds_after": round(after[1], 1),
    }


def main() -> None:
    """Write the table as a page and as JSON; what the JSON says of whole runs is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args()
    before, after = Run.read(given.before), Run.read(given.after)
    rows = table(before, after)
    data = given.folder / "tests.json"
    kept = json.loads(data.read_text()) if data.exists() else {}
    figures = {
        **{name: value for name, value in kept.items() if name.startswith("ci_")},
        "cores": os.cpu_count(),
        "minutes_before": round(before.minutes, 1),
        "minutes_after": round(after.minutes, 1),
        "folders": rows,
    }
    data.write_text(json.dumps(figures, indent=2) + "\n")
    lines = ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows]
    (given.folder / "tests.md").write_text(HEADER + "\n".join(lines) + "\n" + footer(figures))


def footer(figures: Mapping[str, object]) -> str:
    """Return what the page says below the table."""
    whole = ", ".join(
        f"{name} {figures[name]} minutes"
        for name in ("ci_minutes_before", "ci_minutes")
        if name in figures
    )
    return (
        f"\nOn {figures['cores']} cores. The whole of `.ci/run`: {whole}.\n"
        "Repeat with `.venv/bin/python -m bench.tests before.xml after.xml`.\n"
    )


if __name__ == "__main__":
    main()
