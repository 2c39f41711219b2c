"""Electricity meters: the grid operator's tables and workbooks, a supplier's, a downloader's.

All files are read together, by meter. A home has one: where files tell of several, the owner says
which. What a home produced is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from traces.amounts import parse_amount
from traces.dates import instant, parse_date, parse_instant, parse_local
from traces.declared import DateOrder
from traces.findings import Findings
from traces.readers import green_button
from traces.readers.choosing import chosen_accounts
from traces.readers.load_curve import KWH, MINUTE, LoadCurve
from traces.readers.meters import Meters
from traces.reasons import Reason
from traces.recognising import Match
from traces.sheets import SheetRow, sheet_rows
from traces.tables import Row
from traces.text import normalise

_UNITS = {"w": "W", "kw": "kW", "wh": "Wh", "kwh": "kWh"}
_UNIT = re.compile(r"\(en (k?wh?)\)")
_METER = re.compile(r"(?<!\d)\d{14}(?!\d)")


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up what one meter used."""
    meters = Meters(findings)
    for match in matches:
        for curve in meters.curves.values():
            curve.begin_file()
        _LAYOUTS[match.format.id](match, meters)
    used = chosen_accounts(meters.curves.keys(), findings, "enedis/curve/v1", all_together=False)
    home = LoadCurve()
    for meter, curve in meters.curves.items():
        if used is not None and meter in used:
            home.merge(curve)
        else:
            findings.drop(Reason.OTHER_ACCOUNT, curve.read)
    home.fill(findings)


def _enedis_table(match: Match, meters: Meters) -> None:
    """Read blocks: the names of the facts, the facts, the names of the columns, the records."""
    facts: Row | None = None
    columns: Sequence[str] = ()
    for row in meters.findings.rows(match):
        first = normalise(row.at(0))
        if first == "identifiant prm":
            facts, columns = None, ()
        elif facts is None:
            facts = row
        elif first in ("horodate", "periode"):
            columns = [normalise(cell) for cell in row.cells] if first == "horodate" else ()
        elif columns:
            _enedis_record(row, facts, columns, meters)
        elif first:
            meters.findings.drop(Reason.TRAILER)


def _enedis_record(row: Row, facts: Row, columns: Sequence[str], meters: Meters) -> None:
    end = parse_instant(row.at(0), meters.findings.clock.zone)
    unit = _UNITS.get(normalise(facts["unit"]))
    kind = normalise(facts["kind"])
    if normalise(facts["flow"]) != "consommation":
        meters.findings.drop(Reason.PRODUCTION)
    elif unit is None:
        meters.findings.drop(Reason.FOREIGN_UNIT)
    elif end is None:
        meters.findings.drop(Reason.UNREADABLE)
    elif "index" in kind:
        _enedis_index(row, end, unit, meters.curve(facts["meter"].strip()), columns, meters)
    elif (
        value := meters.value(row.at(columns.index("valeur") if "valeur" in columns else 1))
    ) is not None:
        curve = meters.curve(facts["meter"].strip())
        minutes = facts["step"].strip()
        if minutes.isascii() and minutes.isdigit() and len(minutes) < 4:
            length = int(minutes) * MINUTE
            meters.span(curve, end - length, length, value, unit)
        elif unit not in ("Wh", "kWh"):
            # A power says nothing without the time it lasted: it is never taken for a day's.
            meters.findings.drop(Reason.UNREADABLE)
        else:
            day = meters.findings.clock.at(end).day
            meters.day(curve, day, value, unit)


def _enedis_index(
    row: Row,
    moment: int,
    unit: str,
    curve: LoadCurve,
    columns: Sequence[str],
    meters: Meters,
) -> None:
    """Add what the meter's index showed: its total, or all registers of the supplier together."""
    findings = meters.findings
    names = ["eas t"] if "eas t" in columns else [n for n in columns if n.startswith("eas f")]
    texts = [row.at(columns.index(name)) for name in names]
    if not any(text.strip() for text in texts):
        findings.drop(Reason.MISSING)
        return
    values = [parse_amount(text) for text in texts if text.strip()]
    total = sum((value for value in values if value is not None), Decimal(0))
    if None in values or unit not in ("Wh", "kWh") or not 0 <= total < 10**12:
        findings.drop(Reason.UNREADABLE)
    elif reason := findings.implausible(moment):
        findings.drop(reason)
    else:
        curve.point(moment, int(total * (KWH if unit == "kWh" else KWH // 1000)))


def _workbook(match: Match, meters: Meters) -> None:
    meters.findings.file = match.file
    sheet = _Sheet("", "")
    for row in sheet_rows(match.member):
        if row.sheet != sheet.name:
            sheet = _Sheet(row.sheet, "")
        sheet = sheet.after(row)
        if sheet.unit and not sheet.at_header:
            _of_sheet(row, sheet, meters)


class _Sheet:
    """What is known of a sheet so far: its meter, and the places of its columns."""

    def __init__(self, name: str, meter: str, places: Mapping[str, int] | None = None) -> None:
        self.name = name
        self.meter = meter
        self.places = places or {}
        self.unit = ""
        self.at_header = False

    def after(self, row: SheetRow) -> _Sheet:
        """Return what is known after one more row."""
        texts = [normalise(cell) if isinstance(cell, str) else "" for cell in row.cells]
        found = {
            key: texts.index(name)
            for key, name in (("start", "debut"), ("end", "fin"), ("day", "date"))
            if name in texts
        }
        for place, text in enumerate(texts):
            if text.startswith("valeur") and (unit := _UNIT.search(text)) and found:
                made = _Sheet(self.name, self.meter, found | {"value": place})
                made.unit, made.at_header = _UNITS[unit[1]], True
                return made
        self.at_header = False
        if not self.unit:
            cells = " ".join(
                format(cell, "f") if isinstance(cell, Decimal) else cell or "" for cell in row.cells
            )
            if meter := _METER.search(cells):
                self.meter = meter[0]
        return self


def _of_sheet(row: SheetRow, sheet: _Sheet, meters: Meters) -> None:
    """Add one row below the header."""
    findings = meters.findings
    if "production" in normalise(sheet.name):
        findings.drop(Reason.PRODUCTION)
        return
    value = meters.value(row.at(sheet.places["value"]))
    if value is None:
        return
    curve = meters.curve(sheet.meter)
    start = _time(row, sheet.places.get("start", sheet.places.get("day", 0)))
    end = _time(row, sheet.places["end"]) if "end" in sheet.places else None
    if start is None or ("end" in sheet.places and end is None):
        findings.drop(Reason.UNREADABLE)
    elif end is not None:
        meters.span(curve, start, _length(start, end, meters), value, sheet.unit)
    else:
        meters.day(curve, start.date(), value, sheet.unit)


def _time(row: SheetRow, place: int) -> datetime | None:
    held = row.at(place)
    return parse_local(held, DateOrder.DMY) if isinstance(held, str) else row.time(place)


def _length(start: datetime, end: datetime, meters: Meters) -> int:
    """Return how long a span on the wall was: the shortest that a change of clocks allows."""
    zone = meters.findings.clock.zone
    begins = {instant(start, zone), instant(start.replace(fold=1), zone)}
    ends = {instant(end, zone), instant(end.replace(fold=1), zone)}
    lengths = [late - early for early in begins for late in ends if late > early]
    return min(lengths, default=0)


def _edf(match: Match, meters: Meters) -> None:
    """Read days, each a line of its own above its half hours."""
    length = int(match.format.options["minutes"]) * MINUTE
    curve = meters.curve("")
    day: date | None = None
    for row in meters.findings.rows(match):
        if not row["value"].strip() and (found := parse_date(row["time"], DateOrder.DMY)):
            day = found
            continue
        value = meters.value(row["value"])
        if value is None:
            continue
        hour = None if day is None else parse_local(f"{day.isoformat()} {row['time'].strip()}")
        if hour is None or not row["time"].strip():
            meters.findings.drop(Reason.UNREADABLE)
        else:
            meters.span(curve, hour, length, value, match.format.unit)


def _conso(match: Match, meters: Meters) -> None:
    curve = meters.curve("")
    for row in meters.findings.rows(match):
        value = meters.value(row["value"], match.format.decimal)
        if value is None:
            continue
        walls = parse_local(row["start"]), parse_local(row["end"])
        zone = meters.findings.clock.zone
        instants = parse_instant(row["start"], zone), parse_instant(row["end"], zone)
        unit = match.format.unit
        if walls[0] and walls[1]:
            meters.span(curve, walls[0], _length(walls[0], walls[1], meters), value, unit)
        elif instants[0] is not None and instants[1] is not None:
            meters.span(curve, instants[0], instants[1] - instants[0], value, unit)
        else:
            meters.findings.drop(Reason.UNREADABLE)


_LAYOUTS = {
    "enedis/curve/v1": _enedis_table,
    "enedis/index/v1": _enedis_table,
    "enedis/hours-workbook/v1": _workbook,
    "enedis/days-workbook/v1": _workbook,
    "enedis/both-workbook/v1": _workbook,
    "edf/power/v1": _edf,
    "conso/curve/v1": _conso,
    "green-button/espi/v1": green_button.read,
}
