"""Invented months in which every day of a kind is alike, so that what comes out is known."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from traces import Declared

ZONE = "Europe/Paris"
DECLARED = Declared(zone=ZONE, today=date(2025, 12, 31))
BLOCKS = tuple(f"{hour:02d}-{hour + 3:02d}" for hour in range(0, 24, 3))


class Entry(NamedTuple):
    """What happens once on each day of a kind, inside one block of hours."""

    daytype: str
    block: str
    minutes: int
    kind: str

    @property
    def cell(self) -> tuple[str, str]:
        """The values of the dimensions of time."""
        return self.daytype, self.block


def plan(random: Random, kinds: Sequence[str], blocks: int = 8, longest: int = 100) -> list[Entry]:
    """Return what happens on both kinds of day, in some blocks."""
    return [
        Entry(daytype, block, random.randint(1, longest), random.choice(kinds))
        for daytype in ("weekday", "weekend")
        for block in random.sample(BLOCKS, random.randint(1, blocks))
    ]


def days(month: int) -> Iterator[date]:
    """Iterate over the days of a month of 2025."""
    day = date(2025, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)


def daytype(day: date) -> str:
    """Return the kind of a day."""
    return "weekend" if day.weekday() >= 5 else "weekday"


def starts(month: int, entry: Entry) -> Iterator[datetime]:
    """Iterate over the times in UTC at which an entry begins: five minutes into its block."""
    for day in days(month):
        if daytype(day) == entry.daytype:
            hour = int(entry.block[:2])
            wall = datetime(day.year, day.month, day.day, hour, 5, tzinfo=ZoneInfo(ZONE))
            yield wall.astimezone(UTC)


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], delimiter: str = ",", end: str = "\r\n"
) -> bytes:
    """Return a table as a file; a lone half of a letter becomes a question mark."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return held.getvalue().encode("utf-8", "replace")
