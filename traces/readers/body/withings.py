"""Withings: steps by the minute or by the day, and nights."""

from __future__ import annotations

from collections.abc import Iterator

from traces.dates import midnight, parse_date, parse_instant
from traces.findings import Findings
from traces.local_time import Moment
from traces.readers.body.days import Days, whole
from traces.reasons import Reason
from traces.recognising import Match
from traces.tables import Row

#: More numbers in one cell are a mistake of the file.
_MOST = 10_000


def read_raw(match: Match, days: Days, findings: Findings) -> None:
    """Read what a tracker counted: a row has one time, and a list of lengths and of steps."""
    if not match.member.fits((match.format.options["steps"],)):
        findings.drop(Reason.NOT_NEEDED)  # distance, calories: the same columns
        return
    for row in findings.rows(match):
        start = parse_instant(row["start"], findings.declared.place)
        parts = None if start is None else _parts(row)
        if start is None or parts is None:
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(start):
            findings.drop(implausible)
        else:
            for since, steps in parts:
                moment = start + since
                when = findings.clock.at(moment)
                days.add("withings", "steps", when, steps, moment, steps)


def _parts(row: Row) -> list[tuple[int, int]] | None:
    """Return when each part of a row begins, in milliseconds after its start, and its steps."""
    lengths, steps = list(_numbers(row["lengths"])), list(_numbers(row["value"]))
    if not 0 < len(lengths) == len(steps) <= _MOST:
        return None
    made: list[tuple[int, int]] = []
    since = 0
    for length, amount in zip(lengths, steps, strict=True):
        if length is None or amount is None or not 0 <= length <= 86_400:
            return None
        made.append((since, amount))
        since += length * 1000
    return made if since <= 2 * 86_400_000 else None


def _numbers(cell: str) -> Iterator[int | None]:
    """Iterate over the numbers of a cell: "60", or "[60,60]"."""
    for part in cell.strip().strip("[]").split(",", _MOST):
        yield whole(part)


def read_daily(match: Match, days: Days, findings: Findings) -> None:
    """Read the steps of each day."""
    if not match.member.fits((match.format.options["steps"],)):
        findings.drop(Reason.NOT_NEEDED)
        return
    for row in findings.rows(match):
        day, steps = parse_date(row["date"]), whole(row["value"])
        if day is None or steps is None:
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(midnight(day)):
            findings.drop(implausible)
        else:
            days.total("withings-daily", "steps", day, steps, day, steps)


def read_nights(match: Match, days: Days, findings: Findings) -> None:
    """Read nights, which belong to the day on which they end; time awake does not count."""
    place = findings.declared.place
    for row in findings.rows(match):
        start, end = parse_instant(row["from"], place), parse_instant(row["to"], place)
        stages = [whole(row[name] or "0", 1000) for name in ("light", "deep", "rem")]
        known = [stage for stage in stages if stage is not None]
        if start is None or end is None or len(known) < len(stages):
            findings.drop(Reason.UNREADABLE)
        elif implausible := findings.implausible(end):
            findings.drop(implausible)
        elif sum(known) > end - start:
            findings.drop(Reason.OUT_OF_DOMAIN)
        else:
            night = Moment(findings.clock.at(end).day)
            days.add("withings", "sleep", night, sum(known), start, end, sum(known))
