"""From instants to a person's own calendar: months, kinds of day, hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

HOUR = 3_600_000
#: Every change of clocks since 1995 but a few falls on a quarter of an hour in UTC.
QUARTER = HOUR // 4

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """What a local time is in the public domains; without an hour where only a day is known."""

    day: date
    hour: int | None = None

    @cached_property
    def values(self) -> Mapping[str, str]:
        """The values of the dimensions of time."""
        values = {name: kind_of(self.day, name) for name in ("daytype", "weekday")}
        if self.hour is not None:
            block = self.hour // 3 * 3
            values |= {"hour": f"{self.hour:02d}", "hour_block": f"{block:02d}-{block + 3:02d}"}
        return values

    @cached_property
    def month(self) -> str:
        """The month, "YYYY-MM"."""
        return month_of(self.day)


def month_of(day: date) -> str:
    """Return the month of a day, "YYYY-MM"."""
    return f"{day.year:04d}-{day.month:02d}"


def kind_of(day: date, dimension: str) -> str:
    """Return the weekday, or the kind of day, of a day."""
    if dimension == "weekday":
        return WEEKDAYS[day.weekday()]
    return "weekend" if day.weekday() >= 5 else "weekday"


def days_of(month: str, first: date, last: date) -> Iterator[date]:
    """Iterate over the days of a month that lie between two days, both included."""
    year, number = map(int, month.split("-"))
    day = max(date(year, number, 1), first)
    while day <= last and (day.year, day.month) == (year, number):
        yield day
        day += timedelta(days=1)


class Clock:
    """A clock on the wall of the person's own zone.

    Parameters
    ----------
    zone : ZoneInfo
        Where the person lives.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._at_quarter = lru_cache(maxsize=1 << 14)(self._look)

    def at(self, moment: int) -> Moment:
        """Return the local day and hour of an instant."""
        return self._at_quarter(moment // QUARTER)

    def pieces(self, start: int, end: int) -> Iterator[tuple[Moment, int, int]]:
        """Cut an interval where the local hour may change.

        Yields the moment, and where each piece begins and ends. An hour that comes twice is as long
        as it was; one that is left out has no piece.
        """
        while start < end:
            cut = min(end, (start // QUARTER + 1) * QUARTER)
            yield self.at(start), start, cut
            start = cut

    def _look(self, quarter: int) -> Moment:
        wall = (_EPOCH + timedelta(milliseconds=quarter * QUARTER)).astimezone(self.zone)
        return Moment(wall.date(), wall.hour)
