"""Garmin: steps and active minutes of each day, nights, and the list of activities."""

from __future__ import annotations

from datetime import date
from typing import Any

from traces.dates import from_epoch, midnight, parse_date
from traces.findings import Findings
from traces.readers.body.days import MINUTE, Days, number, whole
from traces.readers.body.sessions import Sessions
from traces.reasons import Reason
from traces.recognising import Match

_STAGES = ("deepSleepSeconds", "lightSleepSeconds", "remSleepSeconds")
_EFFORTS = ("moderateIntensityMinutes", "vigorousIntensityMinutes")


def read_days(match: Match, days: Days, findings: Findings) -> None:
    """Read the totals of each day."""
    for row in findings.elements(match):
        told = {"steps": _sum(row, ("totalSteps",), 1), "active": _sum(row, _EFFORTS, MINUTE)}
        _total(row, told, days, findings)


def read_nights(match: Match, days: Days, findings: Findings) -> None:
    """Read the stages of each night, which has the date on which it ends."""
    for row in findings.elements(match):
        _total(row, {"sleep": _sum(row, _STAGES, 1000)}, days, findings)


def _total(row: Any, told: dict[str, int | None], days: Days, findings: Findings) -> None:
    day = _day(row)
    known = {measure: amount for measure, amount in told.items() if amount is not None}
    if day is None:
        findings.drop(Reason.UNREADABLE)
    elif implausible := findings.implausible(midnight(day)):
        findings.drop(implausible)
    elif not known:
        findings.drop(Reason.NO_DATA)
    else:
        for measure, amount in known.items():
            days.total("garmin", measure, day, amount, day, amount)


def _day(row: Any) -> date | None:
    text = row.get("calendarDate") if isinstance(row, dict) else None
    return parse_date(text) if isinstance(text, str) else None


def _sum(row: Any, names: tuple[str, ...], scale: int) -> int | None:
    """Return the sum of some fields of a row, or None where it has none of them."""
    if not isinstance(row, dict):
        return None
    amounts = [whole(row.get(name), scale) for name in names]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def read_activities(match: Match, sessions: Sessions, findings: Findings) -> None:
    """Read the list of activities: milliseconds, and distances in centimetres."""
    for row in findings.elements(match):
        if not isinstance(row, dict):
            findings.drop(Reason.UNREADABLE)
            continue
        began, length = number(row.get("startTimeGmt")), whole(row.get("duration"))
        start = None if began is None else from_epoch(float(began))
        centimetres, sport = whole(row.get("distance")) or 0, row.get("activityType")
        if start is None or length is None:
            findings.drop(Reason.UNREADABLE)
        else:
            metres = round(centimetres / 100)
            sessions.add(0, start, length, metres, sport if isinstance(sport, str) else "")
