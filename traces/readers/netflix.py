"""Netflix: what a profile watched, with times; and the quick list, with dates alone.

A row of the activity is one viewing; its time is the start, in UTC. Several people share an
account, so the owner says which profile is theirs; nobody's name leaves this module but in that
question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date

from traces.dates import OrderOfDates, midnight, parse_date, parse_instant
from traces.declared import DateOrder, QuestionKind
from traces.findings import Findings
from traces.local_time import Moment
from traces.reasons import Reason
from traces.recognising import Match
from traces.tables import Row

#: A longer viewing is a mistake of the file.
LONGEST = 24 * 3_600_000
#: More profiles are never asked about: an account has a handful.
MOST_PROFILES = 50

_LENGTH = re.compile(r"\s*([0-9]{1,3}):([0-9]{2}):([0-9]{2})\s*\Z")
_DEVICES = ("tv", "tablet", "phone", "computer")


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the viewings of the owner's own profile."""
    profiles = sorted(_profiles(matches, findings))
    wanted = findings.declared.profile
    if len(profiles) == 1 and wanted is None:
        wanted = profiles[0]
    if profiles and wanted not in profiles:
        findings.ask(QuestionKind.PROFILE, matches[0].format.id, tuple(profiles))
        return
    for match in matches:
        for row in findings.rows(match):
            _view(row, match, wanted or "", findings)


def _profiles(matches: Sequence[Match], findings: Findings) -> set[str]:
    """Return the names of the profiles, a bounded number of them, and the declared one."""
    found: set[str] = set()
    for match in matches:
        for row in findings.rows(match):
            name = row["profile"].strip()
            mine = name == findings.declared.profile
            if name and row.complete and (mine or len(found) < MOST_PROFILES):
                found.add(name)
    return found


def _view(row: Row, match: Match, profile: str, findings: Findings) -> None:
    start, length = parse_instant(row["start"], UTC), _milliseconds(row["duration"])
    reason: Reason | None = None
    if not row.complete:
        reason = Reason.UNREADABLE
    elif row["profile"].strip() != profile:
        reason = Reason.OTHER_PROFILE
    elif row["extra"].strip():
        reason = Reason.TRAILER
    elif start is None or length is None:
        reason = Reason.UNREADABLE
    elif length == 0:
        reason = Reason.TOO_SHORT
    elif length > LONGEST:
        reason = Reason.OUT_OF_DOMAIN
    elif implausible := findings.implausible(start):
        reason = implausible
    elif findings.repeated(*row.cells):
        reason = Reason.DUPLICATE
    else:
        device = _device(row["device"], match)
        findings.tally("viewing").add_time(start, start + length)
        findings.tally("viewing_device").add_time(start, start + length, device=device)
        findings.keep()
        return
    findings.drop(reason)


def _milliseconds(text: str) -> int | None:
    found = _LENGTH.match(text)
    if found is None:
        return None
    hours, minutes, seconds = map(int, found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def _device(text: str, match: Match) -> str:
    """Return the kind of a device, by the words of its name."""
    plain = text.casefold()
    for kind in _DEVICES:
        words = match.format.options.get(kind, "").split("|")
        if any(re.search(rf"(?<![a-z]){re.escape(word)}", plain) for word in words if word):
            return kind
    return "other"


def read_history(matches: Sequence[Match], findings: Findings) -> None:
    """Count the titles of each day, once the order of the dates is known.

    All files together decide the order. Where they differ, each decides for itself.
    """
    votes = [_votes([match], findings) for match in matches]
    together = _votes(matches, findings)
    order = together.decide(findings.declared.order)
    if order is None and together.options:
        findings.ask(QuestionKind.DATE_ORDER, matches[0].format.id, together.options)
        return
    for match, alone in zip(matches, votes, strict=True):
        own = order or alone.decide(findings.declared.order)
        for row in findings.rows(match):
            _title(row, own, findings)


def _votes(matches: Sequence[Match], findings: Findings) -> OrderOfDates:
    votes = OrderOfDates()
    for match in matches:
        for row in findings.rows(match):
            votes.see(row["date"])
    return votes


def _title(row: Row, order: DateOrder | None, findings: Findings) -> None:
    reason: Reason | None = None
    day: date | None = parse_date(row["date"], order)
    if len(row.header.names) != 2:
        reason = Reason.UNKNOWN_HEADER
    elif not row.complete or (day is None and order is not None):
        reason = Reason.UNREADABLE
    elif day is None:
        reason = Reason.AMBIGUOUS_DATE
    elif implausible := findings.implausible(midnight(day)):
        reason = implausible
    elif findings.repeated(day, row["title"]):
        reason = Reason.DUPLICATE
    else:
        findings.tally("viewing_titles").add(Moment(day), {"titles": 1})
        findings.keep()
        return
    findings.drop(reason)
