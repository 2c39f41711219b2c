"""Google Timeline: how long and how far somebody travelled, by which means.

Activities alone are read: their times, their length and their means. Points, paths, visits, names
of places, home and work are never looked at. A phone's export may tell of the same days as an
older one of Takeout: an activity inside another counts once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, cast

from traces.amounts import parse_amount
from traces.dates import from_epoch, parse_instant
from traces.findings import Findings
from traces.reasons import Reason
from traces.recognising import Match

#: A longer activity, or a farther one, is a mistake of the file: milliseconds and metres.
LONGEST = 24 * 3_600_000
FARTHEST = 20_000_000


class _Activity(NamedTuple):
    """An activity, in the order of sorting: the longest of those that begin together first."""

    start: int
    shortness: int
    metres: int
    mode: str

    @property
    def end(self) -> int:
        return self.start - self.shortness


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Read the activities of all files, then let each time count once."""
    found: list[_Activity] = []
    for match in matches:
        for element in findings.elements(match):
            made = _activity(element, findings)
            if isinstance(made, _Activity):
                found.append(made)
            elif made is not None:
                findings.drop(made)
    until = 0
    for each in sorted(found):
        if 2 * (each.end - until) < each.end - each.start:
            findings.drop(Reason.DUPLICATE)  # more than half of its time is told already
            continue
        until = max(until, each.end)
        tally = findings.tally("mobility")
        tally.add_time(each.start, each.end, "minutes", mode=each.mode)
        tally.spread(each.start, each.end, each.metres, "km", mode=each.mode)
        findings.keep()


def _activity(element: Any, findings: Findings) -> _Activity | Reason | None:
    """Return the activity of an element, why it is dropped, or None where it has none."""
    if not isinstance(element, dict):
        return Reason.UNREADABLE
    inner, times = element.get("activity"), cast("Any", element)
    if inner is None:
        inner = element.get("activitySegment")
        times = inner.get("duration") if isinstance(inner, dict) else element
    if inner is None:
        return None
    if not isinstance(inner, dict) or not isinstance(times, dict):
        return Reason.UNREADABLE
    start, end = _instant(times, "start"), _instant(times, "end")
    metres = _metres(inner.get("distanceMeters", inner.get("distance")))
    if start is None or end is None or metres is None:
        return Reason.UNREADABLE
    if not 0 <= end - start <= LONGEST or not 0 <= metres <= FARTHEST:
        return Reason.OUT_OF_DOMAIN
    if end == start:
        return Reason.TOO_SHORT
    if implausible := findings.implausible(start):
        return implausible
    return _Activity(start, start - end, metres, _mode(inner))


def _instant(times: Mapping[str, Any], side: str) -> int | None:
    """Return when an activity begins or ends: a text, or older milliseconds as a text."""
    for name in (f"{side}Time", f"{side}Timestamp"):
        if isinstance(text := times.get(name), str):
            return parse_instant(text, UTC)
    older = times.get(f"{side}TimestampMs")
    plain = isinstance(older, str) and len(older) < 16 and older.isascii() and older.isdigit()
    return from_epoch(int(older)) if plain and isinstance(older, str) else None


def _metres(value: object) -> int | None:
    """Return a distance, a number or a text; 0 where none is told."""
    if value is None:
        return 0
    if isinstance(value, str):
        number = parse_amount(value, ".")
        return None if number is None else round(min(number, Decimal(FARTHEST + 1)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(max(-1, min(value, FARTHEST + 1)))


def _mode(inner: Mapping[str, Any]) -> str:
    candidate = inner.get("topCandidate")
    told = candidate.get("type") if isinstance(candidate, dict) else inner.get("activityType")
    if not isinstance(told, str):
        return "unknown"
    return _modes().get(told.strip().upper().replace(" ", "_"), "other")


@cache
def _modes() -> Mapping[str, str]:
    text = files("traces.readers").joinpath("modes.toml").read_text("utf-8")
    listed = tomllib.loads(text)["modes"]
    return {name: mode for mode, names in listed.items() for name in names}
