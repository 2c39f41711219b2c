"""Days of steps, movement and sleep, each from the source that tells most of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from zlib import crc32

from traces.amounts import parse_amount
from traces.findings import Findings
from traces.local_time import Moment, month_of
from traces.readers.keys import Keys
from traces.reasons import Reason

DAY = 24 * 3_600_000
MINUTE = 60_000
#: A template for each measure, so that what somebody's files do not tell of is never nought.
TEMPLATES: Mapping[str, str] = {
    "steps": "daily_steps",
    "active": "daily_active",
    "sleep": "nightly_sleep",
}
#: More than this in one record is a mistake of the file.
MOST: Mapping[str, int] = {"steps": 200_000, "active": DAY, "sleep": DAY}

#: A phone and a watch count the same steps: names of sources are told apart by so many numbers.
_SOURCES = 4096
#: Under the sum, how many records made it: one number for both, as there are many.
_COUNT = 24


class Days:
    """What each day holds, by group: a group is one kind of file of one provider.

    Within a group, each hour counts the source with the largest total; each day then counts the
    group with the largest total. So no step counts twice, in whatever order files come. What is
    kept or dropped is counted by numbers: a day's row with steps and minutes holds two.

    Parameters
    ----------
    findings : Findings
        Where the days go in the end.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._keys = Keys()
        # By group and measure: the sum and count of each hour and source, as whole numbers.
        self._hours: dict[tuple[str, str], dict[int, int]] = {}
        self._totals: dict[tuple[str, str], dict[int, int]] = {}

    def add(
        self, group: str, measure: str, when: Moment, amount: int, *key: object, source: str = ""
    ) -> None:
        """Add an amount to an hour of a source; `key` tells the record from others."""
        if self._fits(group, measure, amount, key):
            held = self._hours.setdefault((group, measure), {})
            hour = when.day.toordinal() * 24 + (when.hour or 0)
            place = hour * _SOURCES + crc32(source.encode("utf-8", "replace")) % _SOURCES
            held[place] = held.get(place, 0) + (amount << _COUNT) + 1

    def total(self, group: str, measure: str, day: date, amount: int, *key: object) -> None:
        """Tell the total of a day; where it is told several times, the largest counts."""
        if self._fits(group, measure, amount, key):
            held = self._totals.setdefault((group, measure), {})
            place = day.toordinal()
            before = held.get(place, 0)
            count = (before & (1 << _COUNT) - 1) + 1
            held[place] = max(before >> _COUNT, amount) << _COUNT | count

    def finish(self) -> None:
        """Put the days into the table."""
        chosen: dict[str, dict[int, int]] = {}
        for (_, measure), days in sorted(self._of_groups(), key=lambda each: each[0]):
            best = chosen.setdefault(measure, {})
            for day, packed in days.items():
                self._lose(min(packed, best.get(day, 0)))
                best[day] = max(packed, best.get(day, 0))
        self._fill(chosen)

    def _of_groups(self) -> Iterator[tuple[tuple[str, str], dict[int, int]]]:
        """Iterate over the days of each group, its hours with the best source of each."""
        yield from self._totals.items()
        while self._hours:
            name, held = self._hours.popitem()
            best: dict[int, int] = {}
            for place, packed in held.items():
                hour = place // _SOURCES
                self._lose(min(packed, best.get(hour, 0)))
                best[hour] = max(packed, best.get(hour, 0))
            days: dict[int, int] = {}
            for hour, packed in best.items():
                days[hour // 24] = days.get(hour // 24, 0) + packed
            yield name, days

    def _fill(self, chosen: Mapping[str, Mapping[int, int]]) -> None:
        for measure, days in chosen.items():
            tally = self._findings.tally(TEMPLATES[measure])
            for day, packed in days.items():
                self._findings.kept += packed & (1 << _COUNT) - 1
                if packed >> _COUNT:
                    tally.add(Moment(date.fromordinal(day)), {measure: packed >> _COUNT})
        self._rest(chosen.get("steps", {}), chosen.get("active", {}))

    def _rest(self, steps: Mapping[int, int], active: Mapping[int, int]) -> None:
        """Count days of steps alone as days without movement, where the days around tell of it.

        They lie between the first and the last day with movement, in a month that has some.
        """
        moved = [day for day, packed in active.items() if packed >> _COUNT]
        first, last = (min(moved), max(moved)) if moved else (0, 0)
        months = {month_of(date.fromordinal(day)) for day in moved}
        for day, packed in steps.items():
            when = Moment(date.fromordinal(day))
            if packed >> _COUNT and first < day < last and when.month in months:
                self._findings.tally(TEMPLATES["active"]).add(when, {"active": 0})

    def _lose(self, packed: int) -> None:
        if count := packed & (1 << _COUNT) - 1:
            self._findings.drop(Reason.DUPLICATE, count)

    def _fits(self, group: str, measure: str, amount: int, key: tuple[object, ...]) -> bool:
        reason: Reason | None = None
        if not 0 <= amount <= MOST[measure]:
            reason = Reason.OUT_OF_DOMAIN
        elif not self._keys.new(group, measure, *key):
            reason = Reason.DUPLICATE
        else:
            return True
        self._findings.drop(reason)
        return False


def number(value: object) -> Decimal | None:
    """Return a number, or the number that a text is; None where it is neither."""
    if isinstance(value, str):
        return parse_amount(value, ".")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(value)


def whole(value: object, scale: int = 1) -> int | None:
    """Return a number times a scale, rounded to a whole one; None where it is none.

    What is far too large stays too large for every bound.
    """
    found = number(value)
    if found is None:
        return None
    return round(max(min(found, Decimal(10**12)), Decimal(-1)) * scale)
