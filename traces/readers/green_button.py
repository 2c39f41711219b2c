"""Green Button (ESPI): feeds of meter readings, mostly from North America."""

from __future__ import annotations

from decimal import Decimal

from traces.readers.meters import Meters
from traces.reasons import Reason
from traces.recognising import Match
from traces.xml_elements import Element, xml_elements

#: Codes of the standard: units of energy and power, and energy that goes back into the grid.
_UNITS = {"72": "Wh", "38": "W"}
_REVERSE = "19"
_DAY = 86_400_000
#: Powers of ten that the standard knows.
_POWERS = range(-12, 10)


def read(match: Match, meters: Meters) -> None:
    """Read the intervals of a feed; each kind of reading stands before its intervals."""
    kind: Element | None = None
    with meters.findings.open(match) as stream:
        for element in xml_elements(stream, ("ReadingType", "IntervalReading")):
            if element.name == "ReadingType":
                kind = element
            else:
                _add(element, kind, meters)


def _add(reading: Element, kind: Element | None, meters: Meters) -> None:
    findings = meters.findings
    unit = _UNITS.get(kind.said("uom")) if kind else None
    power = _whole(kind.said("powerOfTenMultiplier") or "0") if kind else None
    start = _whole(reading.said("timePeriod", "start"))
    length = _whole(reading.said("timePeriod", "duration"))
    value = _whole(reading.said("value"))
    if kind is not None and kind.said("flowDirection") == _REVERSE:
        findings.drop(Reason.PRODUCTION)
    elif unit is None or power not in _POWERS:
        findings.drop(Reason.FOREIGN_UNIT)
    elif start is None or length is None or value is None or power is None:
        findings.drop(Reason.UNREADABLE)
    elif reason := findings.implausible(start * 1000):
        findings.drop(reason)
    else:
        amount, curve = Decimal(value).scaleb(power), meters.curve("")
        if length * 1000 >= _DAY - 3_600_000:
            meters.day(curve, findings.clock.at(start * 1000).day, amount, unit)
        else:
            meters.span(curve, start * 1000, length * 1000, amount, unit)


def _whole(text: str) -> int | None:
    """Return a whole number of at most 15 figures, or None."""
    plain = text.removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 15):
        return None
    return int(text)
