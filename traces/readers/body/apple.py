"""Apple Health: one XML file of everything, in which a phone and a watch count the same steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal

from traces.dates import parse_instant
from traces.findings import Findings
from traces.local_time import Moment
from traces.readers.body.days import DAY, MINUTE, Days, number, whole
from traces.readers.body.sessions import Sessions
from traces.readers.markup import parse
from traces.reasons import Reason
from traces.recognising import Match

_ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
_SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
_QUANTITIES = {
    "HKQuantityTypeIdentifierStepCount": ("steps", {"count": 1}),
    "HKQuantityTypeIdentifierAppleExerciseTime": ("active", {"min": MINUTE, "s": 1000}),
}
_METRES = {"km": "1000", "m": "1", "mi": "1609.344", "yd": "0.9144", "ft": "0.3048"}
_LENGTHS = {"min": MINUTE, "s": 1000, "hr": 60 * MINUTE, "h": 60 * MINUTE}
#: A night that ends by then belongs to this day: each stage of it ends on its own.
_EVENING = 6 * 60 * MINUTE


def read(match: Match, days: Days, sessions: Sessions, findings: Findings) -> None:
    """Read an export, one tag after another."""
    export = _Export(days, sessions, findings)
    with findings.open(match) as stream:
        parse(stream, export.started, export.ended)


class _Export:
    """Listens to the tags of one export."""

    def __init__(self, days: Days, sessions: Sessions, findings: Findings) -> None:
        self._days = days
        self._sessions = sessions
        self._findings = findings
        self._workout: Mapping[str, str] | None = None
        self._metres = 0

    def started(self, name: str, attributes: Mapping[str, str]) -> None:
        """Read a tag that matters; all others are passed over."""
        if name == "Record":
            kind = attributes.get("type", "")
            if kind in _QUANTITIES:
                self._quantity(attributes, *_QUANTITIES[kind])
            elif kind == _SLEEP:
                self._sleep(attributes)
        elif name == "Workout":
            self._workout = attributes
            self._metres = _metres(attributes, "totalDistance", "totalDistanceUnit")
        elif name == "WorkoutStatistics" and self._workout is not None:
            if "IdentifierDistance" in attributes.get("type", ""):
                self._metres = max(self._metres, _metres(attributes, "sum", "unit"))

    def ended(self, name: str) -> None:
        """Add a workout once all its parts were seen."""
        if name != "Workout" or self._workout is None:
            return
        attributes, self._workout = self._workout, None
        start, end = _span(attributes)
        unit = _LENGTHS.get(attributes.get("durationUnit", ""))
        length = whole(attributes.get("duration", ""), unit) if unit else None
        if start is None or end is None:
            self._findings.drop(Reason.UNREADABLE)
        else:
            sport = attributes.get("workoutActivityType", "")
            length = end - start if length is None else length
            self._sessions.add(0, start, length, self._metres, sport)

    def _quantity(
        self, attributes: Mapping[str, str], measure: str, units: Mapping[str, int]
    ) -> None:
        start, _ = _span(attributes)
        scale = units.get(attributes.get("unit", ""))
        amount = None if scale is None else whole(attributes.get("value", ""), scale)
        if scale is None:
            self._findings.drop(Reason.FOREIGN_UNIT)
        elif start is None or amount is None:
            self._findings.drop(Reason.UNREADABLE)
        elif implausible := self._findings.implausible(start):
            self._findings.drop(implausible)
        else:
            source, end = attributes.get("sourceName", ""), attributes.get("endDate", "")
            when = self._findings.clock.at(start)
            key = (source, start, end, amount)
            self._days.add("apple", measure, when, amount, *key, source=source)

    def _sleep(self, attributes: Mapping[str, str]) -> None:
        value = attributes.get("value", "")
        if not value.startswith(_ASLEEP):
            return  # in bed, or awake
        start, end = _span(attributes)
        if start is None or end is None:
            self._findings.drop(Reason.UNREADABLE)
        elif not 0 <= end - start <= DAY:
            self._findings.drop(Reason.OUT_OF_DOMAIN)
        elif implausible := self._findings.implausible(start):
            self._findings.drop(implausible)
        else:
            source = attributes.get("sourceName", "")
            night = Moment(self._findings.clock.at(end + _EVENING).day)
            self._days.add("apple", "sleep", night, end - start, source, start, end, source=source)


def _span(attributes: Mapping[str, str]) -> tuple[int | None, int | None]:
    start = _instant(attributes.get("startDate", ""))
    end = _instant(attributes.get("endDate", ""))
    return (start, end) if start is not None and end is not None and start <= end else (None, None)


def _instant(text: str) -> int | None:
    """Return the instant of "2025-01-01 08:01:36 +0100", fast without its second space."""
    return parse_instant(text[:19] + text[20:] if text[19:20] == " " else text, UTC)


def _metres(attributes: Mapping[str, str], name: str, unit: str) -> int:
    """Return a distance in metres; 0 where there is none."""
    scale, found = _METRES.get(attributes.get(unit, "")), number(attributes.get(name, ""))
    if scale is None or found is None:
        return 0
    return round(min(max(found * Decimal(scale), Decimal(0)), Decimal(10**9)))
