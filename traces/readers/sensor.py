"""Sensors of electricity: tables and JSON of time, value and unit; histories of Home Assistant.

The unit stands in the file, in the name of a column, or is asked; so is the sensor, where there are
several. A power or an energy stands from its own time on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from traces.amounts import parse_amount
from traces.dates import OrderOfDates, from_epoch, midnight, parse_date, parse_instant
from traces.declared import DateOrder, QuestionKind
from traces.findings import Findings
from traces.formats import Kind
from traces.readers.series import Series
from traces.reasons import Reason
from traces.recognising import Match
from traces.text import normalise

UNITS = ("W", "Wh", "kW", "kWh")
_UNITS = {unit.casefold(): unit for unit in UNITS} | {"watt": "W", "watts": "W"}
_IN_NAME = re.compile(r"(?:^|[^a-z])(k?wh?)(?:/hh)?(?:[^a-z]|$)")
_GAPS = ("", "unavailable", "unknown", "none", "null", "nan", "na")
_NOON = 12 * 3_600_000
#: No meter of a home shows more, in W or Wh.
_LARGEST = 10**12


@dataclass(frozen=True)
class _Reading:
    """One reading as the file has it; no `repr` shows it."""

    sensor: str = field(repr=False)
    time: object = field(repr=False)
    value: object = field(repr=False)
    unit: str = field(repr=False)


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up what one sensor read, in all files."""
    sensors = _Sensors(findings)
    votes = OrderOfDates()
    for match in matches:
        for reading in _readings(match, findings):
            sensors.learn(reading)
            if isinstance(reading.time, str):
                votes.see(reading.time)
    order = votes.decide(findings.declared.order)
    if order is None and votes.options and matches:
        options = tuple(each for each in votes.options if each != DateOrder.YMD)
        findings.ask(QuestionKind.DATE_ORDER, matches[0].format.id, options)
        return
    for match in matches:
        holds = match.format.options.get("holds") == "yes"
        for reading in _readings(match, findings):
            sensors.add(reading, order, holds)
    if matches:
        sensors.close(matches[0].format.id)


def _readings(match: Match, findings: Findings) -> Iterator[_Reading]:
    """Iterate over the readings of a file, whatever its layout."""
    if match.format.kind is Kind.TABLE:
        for row in findings.rows(match):
            unit = row["unit"]
            if "unit" not in row.header.places:
                named = _IN_NAME.search(row.header.names[row.header.places["value"]])
                unit = named[1] if named else ""
            yield _Reading(row["sensor"].strip(), row["time"].strip(), row["value"], unit)
        return
    names = match.format.options
    for element in findings.elements(match):
        each: dict[str, Any] = element if isinstance(element, dict) else {}
        more = each.get("attributes")
        given = (more if isinstance(more, dict) else each).get(names["unit"])
        sensor = each.get(names["sensor"])
        yield _Reading(
            sensor if isinstance(sensor, str) else "",
            each.get(names["time"]),
            each.get(names["value"]),
            given if isinstance(given, str) else "",
        )


class _Sensors:
    """The sensors met so far, by name and by whether they measure energy."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._units: dict[str, str] = {}
        self._series: dict[tuple[str, bool], Series] = {}
        self._open: set[str] = set()

    def learn(self, reading: _Reading) -> None:
        """Remember the unit of a sensor: some histories write it with the first reading alone."""
        if reading.unit:
            known = self._units.get(reading.sensor, reading.unit)
            self._units[reading.sensor] = min(known, reading.unit)

    def add(self, reading: _Reading, order: DateOrder | None, holds: bool) -> None:
        """Add a reading, or count why not."""
        findings = self._findings
        named = reading.unit or (self._units.get(reading.sensor, "") if reading.sensor else "")
        unit = _UNITS.get(normalise(named or findings.declared.unit or ""))
        moment, day = _when(reading.time, order, findings)
        value, gap = _value(reading.value)
        if named and unit is None:
            findings.drop(Reason.FOREIGN_UNIT)
        elif moment is None or (value is None and not gap) or (holds and not reading.sensor):
            findings.drop(Reason.UNREADABLE)
        elif reason := findings.implausible(moment):
            findings.drop(reason)
        elif unit is None:
            self._open.add(reading.sensor)
        else:
            series = self._series_of(reading.sensor, unit.endswith("h"), holds)
            amount = self._plausible(value, unit)
            if day is None:
                series.add(moment, amount)
            elif amount is not None and unit.endswith("h"):
                series.day(day, amount)
            elif amount is not None:
                findings.drop(Reason.OUT_OF_DOMAIN)  # the power of a day tells no hours

    def _plausible(self, value: Decimal | None, unit: str) -> Decimal | None:
        """Return an amount in W or Wh, or None with its reason counted."""
        amount = None if value is None else value * (1000 if unit.startswith("k") else 1)
        if amount is None:
            self._findings.drop(Reason.MISSING)
        elif amount < 0:
            self._findings.drop(Reason.PRODUCTION)
        elif amount >= _LARGEST:
            self._findings.drop(Reason.OUT_OF_DOMAIN)
        else:
            return amount
        return None

    def _series_of(self, sensor: str, energy: bool, holds: bool) -> Series:
        return self._series.setdefault((sensor, energy), Series(energy, holds))

    def close(self, format_id: str) -> None:
        """Ask what is open; else put the readings of one sensor into the tables."""
        findings = self._findings
        full = {key: each for key, each in self._series.items() if len(each)}
        names = {name or ("energy" if energy else "power") for name, energy in full} | self._open
        wanted = findings.declared.profile
        if len(names) > 1 and wanted not in names:
            findings.ask(QuestionKind.PROFILE, format_id, tuple(sorted(names)))
            return
        if self._open and (len(names) == 1 or wanted in self._open):
            findings.ask(QuestionKind.UNIT, format_id, UNITS)
            return
        for (name, energy), series in full.items():
            label = name or ("energy" if energy else "power")
            if len(names) > 1 and label != wanted:
                findings.drop(Reason.OTHER_PROFILE, len(series))
            elif not energy and (name, True) in full and name:
                findings.drop(Reason.FOREIGN_UNIT, len(series))  # its energy is there too
            else:
                series.fill(findings)


def _when(
    time: object, order: DateOrder | None, findings: Findings
) -> tuple[int | None, date | None]:
    """Return an instant, and the day where the file says no more than that."""
    moment = _moment(time)
    if not isinstance(time, str) or moment is not None:
        return moment, None
    moment = parse_instant(time, findings.clock.zone, order)
    day = parse_date(time, order) if moment is None and len(time) <= 10 else None
    return (moment, None) if day is None else (midnight(day) + _NOON, day)


def _moment(time: object) -> int | None:
    """Return an instant that is written as a number since 1970."""
    if isinstance(time, int | float):
        return from_epoch(time)
    if isinstance(time, str) and time.isascii() and time.isdigit() and 9 <= len(time) <= 16:
        return from_epoch(int(time))
    return None


def _value(value: object) -> tuple[Decimal | None, bool]:
    """Return a number, or None; and whether the sensor itself says that it had none."""
    if isinstance(value, bool):
        return None, False
    if value is None or (isinstance(value, str) and value.strip().casefold() in _GAPS):
        return None, True
    if isinstance(value, int | float):
        value = f"{value:f}" if abs(value) < 10**15 else ""
    return (parse_amount(value) if isinstance(value, str) else None), False
