"""Fitbit, Google Health and Google Fit.

The older export (JSON) and the newer one (CSV) tell of the same days, the one in local time, the
other in UTC: each is a group of its own, so that a day counts one of them.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from traces.dates import midnight, parse_date, parse_instant, parse_local
from traces.declared import DateOrder
from traces.findings import Findings
from traces.local_time import Moment
from traces.readers.body.days import MINUTE, Days, whole
from traces.reasons import Reason
from traces.recognising import Match

#: Many files of the older export have one layout: the name tells what is counted.
_KINDS = {"steps": ("steps", 1), "active": ("active", MINUTE)}


def read_minutes(match: Match, days: Days, findings: Findings) -> None:
    """Read steps by the minute, or active minutes by the day; times are local, in US order."""
    kind = next((each for each in _KINDS if _named(match, each)), None)
    if kind is None:
        findings.drop(Reason.NOT_NEEDED)
        return
    measure, scale = _KINDS[kind]
    hard = match.member.fits(("*very_active_minutes-*.json",))
    for row in findings.elements(match):
        text = row.get("dateTime") if isinstance(row, dict) else None
        wall = parse_local(text, DateOrder.MDY) if isinstance(text, str) else None
        amount = whole(row.get("value"), scale) if wall else None
        if wall is None or amount is None:
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(midnight(wall.date())):
            findings.drop(implausible)
        else:
            key = (hard, wall.isoformat(), amount)
            days.add("fitbit", measure, Moment(wall.date(), wall.hour), amount, *key)


def _named(match: Match, kind: str) -> bool:
    return match.member.fits(tuple(match.format.options.get(kind, "").split("|")))


def read_sleep(match: Match, days: Days, findings: Findings) -> None:
    """Read nights and naps, which belong to the day on which they end."""
    for row in findings.elements(match):
        day = _day(row, "dateOfSleep")
        amount = whole(row.get("minutesAsleep"), MINUTE) if day else None
        if day is None or amount is None:
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(midnight(day)):
            findings.drop(implausible)
        else:
            days.add("fitbit", "sleep", Moment(day), amount, day, row.get("startTime"), amount)


def _day(row: Any, key: str) -> date | None:
    text = row.get(key) if isinstance(row, dict) else None
    return parse_date(text) if isinstance(text, str) else None


def read_health(match: Match, days: Days, findings: Findings) -> None:
    """Read steps of the newer export; what another service copied there is dropped."""
    for row in findings.rows(match):
        moment, amount = parse_instant(row["time"], UTC), whole(row["steps"])
        source = row["source"].strip()
        if row["time"].strip().casefold() == "no data":
            findings.drop(Reason.NO_DATA)
        elif source.casefold().endswith("health connect"):
            findings.drop(Reason.DUPLICATE)
        elif moment is None or amount is None:
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(moment):
            findings.drop(implausible)
        else:
            when, key = findings.clock.at(moment), (moment, source, amount)
            days.add("google-health", "steps", when, amount, *key, source=source)


def read_fit(match: Match, days: Days, findings: Findings) -> None:
    """Read the steps and active minutes of each day; the columns of places are never asked for."""
    for row in findings.rows(match):
        day = parse_date(row["date"])
        told = {"steps": whole(row["steps"]), "active": whole(row["active"], MINUTE)}
        if day is None or (row["steps"] and told["steps"] is None):
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(midnight(day)):
            findings.drop(implausible)
        elif all(amount is None for amount in told.values()):
            findings.drop(Reason.NO_DATA)
        else:
            for measure, amount in told.items():
                if amount is not None:
                    days.total("google-fit", measure, day, amount, day, amount)
