"""Measure what one person costs; write people.json and people.md into docs/benchmarks.

Run as `python -m bench.people [--people 1000 10000 100000] [--megabytes 1024]`: the crowds one
after the other, each in a process of its own, then the large export. `--journey FILE` takes over
the screens and seconds that a journey of the tests wrote there.
"""

import argparse
import json
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.people.crowd import Cost, measure
from traces.catalogue import templates
from traces.diary import diaries
from traces.formats import formats

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "benchmarks"
SIZES = (1_000, 10_000, 100_000)
#: The families of traces that there have to be, by those of the formats that each needs.
FAMILIES = {
    "electricity": ("enedis", "edf", "conso"),
    "bank": (
        *("ofx", "camt", "mt940", "midata", "revolut", "n26", "bnp", "societe-generale"),
        *("credit-agricole", "credit-mutuel", "boursobank", "bpce", "banque-postale"),
    ),
    "Spotify": ("spotify",),
    "Google activity": ("google",),
    "steps and sleep": ("body",),
    "sport": ("sport",),
    "Netflix": ("netflix",),
    "Uber driver": ("uber",),
    "Amazon orders": ("amazon",),
    "Google Timeline": ("timeline",),
    "Tesco": ("tesco",),
    "sensors": ("sensor",),
}
PAGE = """# What one person costs

From the cells of one month that a person's browser sends to the published edition that they are in:
CPU milliseconds of the server, and bytes on disk after the database was checkpointed, both a
person. Each crowd gives a month of *listening* (what a Spotify export of {plays} plays says) in a
market of its own on the embedded defaults; one unit of work for each person; then the edition is
closed, its people are counted, it is measured and published. Opening accounts is not part of it.
Where scripts are off the server reads the file, too: {read:.0f} ms for such a file.

| people | giving, ms | closing to publication, ms | together, ms | bytes | people released |
|---|---|---|---|---|---|
{lines}

From {least:,} to {most:,} people the milliseconds of one grow by a factor of {growth:.2f}. Where
the bytes are: [ADR 16](../decisions/0016-a-months-cells-in-a-row-of-the-database.md).

An Apple Health export of {megabytes:,} MB is read with a peak of {peak:.0f} MiB, progress included.

From the choice to "it is in" (electricity, the provider's true layout, a browser at 390 px, in
French): {screens} screens, {seconds:.0f} seconds of the machine;
`tests/journeys/test_giving.py` counts
them. {families} families of exports and {diaries} diaries are read; none of the list is missing.

Repeat with `make bench-people`. Measured {date} on {machine}.
"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.people")
    parser.add_argument("--people", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument(
        "--journey", type=Path, help="JSON with the screens and seconds of a journey"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(asdict(measure(given.one))))
        return
    crowds = [_crowd(people) for people in given.people]
    journey = json.loads(given.journey.read_text()) if given.journey else {}
    publish(crowds, _peak(given.megabytes), given.megabytes, journey, given.folder)


def _crowd(people: int) -> Cost:
    """Measure a crowd in a process of its own."""
    command = [sys.executable, "-m", "bench.people", "--one", str(people)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cost = Cost(**json.loads(said.strip().splitlines()[-1]))
    print(cost)
    return cost


def _peak(megabytes: int) -> float:
    """Return the peak of memory of a large Apple Health export, in MiB."""
    command = [sys.executable, "-m", "bench.traces_memory", str(megabytes)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(said.partition("peak")[2].split()[0])


def figures(crowds: list[Cost], peak: float, journey: dict[str, float]) -> dict[str, Any]:
    """Return what people.json holds."""
    first, last = crowds[0], crowds[-1]
    known = {each.family for each in formats().values()}
    missing = [name for name, needed in FAMILIES.items() if not known.issuperset(needed)]
    size = f"{last.people // 1000}k"
    return {
        f"cpu_ms_per_person_{size}": round(last.cpu_ms, 2),
        f"bytes_per_person_{size}": round(last.bytes),
        f"cpu_growth_{size}_vs_{first.people // 1000}k": round(last.cpu_ms / first.cpu_ms, 3),
        "server_reads_file_ms": round(first.read_ms, 1),
        "apple_health_1gb_peak_mib": round(peak, 1),
        "screens_to_in": journey.get("screens", 0),
        "seconds_to_in": round(journey.get("seconds", 0), 1),
        "families": len(FAMILIES) - len(missing),
        "families_missing": len(missing),
        "templates": len(templates()) + len(diaries()),
        "crowds": [asdict(each) for each in crowds],
    }


def publish(
    crowds: list[Cost], peak: float, megabytes: int, journey: dict[str, float], folder: Path
) -> None:
    """Write the figures and the page."""
    found = figures(crowds, peak, journey)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.json").write_text(json.dumps(found, indent=2) + "\n")
    lines = "\n".join(
        f"| {c.people:,} | {c.join_ms:.1f} | {c.publish_ms:.1f} | {c.cpu_ms:.1f} | {c.bytes:,.0f}"
        f" | {c.released:,} |"
        for c in crowds
    )
    page = PAGE.format(
        plays=120,
        read=crowds[0].read_ms,
        lines=lines,
        least=crowds[0].people,
        most=crowds[-1].people,
        growth=crowds[-1].cpu_ms / crowds[0].cpu_ms,
        megabytes=megabytes,
        peak=peak,
        screens=found["screens_to_in"],
        seconds=found["seconds_to_in"],
        families=found["families"],
        diaries=len(diaries()),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{platform.machine()}, Python {platform.python_version()}",
    )
    (folder / "people.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
