"""How much memory and time it takes to read a large Apple Health export.

::

    python -m bench.traces_memory 50 1024

writes an export of that many megabytes for each size into a temporary folder, reads it in a
process of its own, and prints its peak, which must not grow with the size: the years are the same,
only the records of an hour are more. One in four records is of steps, as in a real export.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from traces import Declared, Given, read

_HOURS = 10 * 365 * 16
_BEGIN = datetime(2015, 1, 1, 6, tzinfo=UTC)
_KINDS = (
    ("HKQuantityTypeIdentifierStepCount", "count", 40),
    ("HKQuantityTypeIdentifierHeartRate", "count/min", 70),
    ("HKQuantityTypeIdentifierActiveEnergyBurned", "kcal", 2),
    ("HKQuantityTypeIdentifierDistanceWalkingRunning", "km", 1),
)
_HOLDS = "".join(
    f'  <MetadataEntry key="HKMetadataKey{number}" value="{number}"/>\n' for number in range(2)
)


def write(path: Path, megabytes: int) -> None:
    """Write an export of ten years; the larger, the more records there are in an hour."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0"?>\n<!DOCTYPE HealthData [\n<!ATTLIST x\n]>\n<HealthData>\n')
        size, number = 0, 0
        while size < megabytes << 20:
            day, hour = divmod(number // 4 % _HOURS, 16)
            start = _BEGIN + timedelta(days=day, hours=hour, seconds=number // (4 * _HOURS) * 7)
            kind, unit, value = _KINDS[number % 4]
            size += file.write(
                f' <Record type="{kind}" sourceName="Watch" sourceVersion="9.1" unit="{unit}"'
                f' creationDate="{start:%Y-%m-%d %H:%M:%S} +0000"'
                f' startDate="{start:%Y-%m-%d %H:%M:%S} +0000"'
                f' endDate="{start + timedelta(seconds=6):%Y-%m-%d %H:%M:%S} +0000"'
                f' value="{value + number % 9}">\n{_HOLDS} </Record>\n'
            )
            number += 1
        file.write("</HealthData>\n")


def measure(path: Path) -> None:
    """Read an export and print what it took."""
    before = time.perf_counter()
    with path.open("rb") as stream:
        result = read(
            [Given("export.xml", stream)],
            Declared(today=date(2026, 1, 1)),
            key=b"bench",
            wanted=["daily_steps", "daily_active", "nightly_sleep"],
        )
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size / (1 << 20)
    print(f"{size:7.0f} MB  {seconds:6.1f} s  peak {peak:6.1f} MiB  kept {result.kept}")


def main(arguments: list[str]) -> None:
    """Measure each size in a process of its own."""
    if arguments[:1] == ["--read"]:
        measure(Path(arguments[1]))
        return
    for size in map(int, arguments or ["5", "50"]):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "export.xml"
            write(path, size)
            subprocess.run(
                [sys.executable, "-m", "bench.traces_memory", "--read", str(path)], check=True
            )


if __name__ == "__main__":
    main(sys.argv[1:])
