"""Strava: the list of activities, whose header is translated.

Its first columns stand in one order in every language, so they are read by their place. The
distance comes twice: first as people see it, later in metres, which is taken where it is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal

from traces.amounts import parse_amount
from traces.dates import OrderOfDates, parse_instant
from traces.declared import DateOrder, QuestionKind
from traces.findings import Findings
from traces.readers.body.sessions import Sessions
from traces.reasons import Reason
from traces.recognising import Match
from traces.tables import Row

_IDENT, _DATE, _TYPE, _ELAPSED, _DISTANCE = 0, 1, 3, 5, 6


def read(matches: Sequence[Match], sessions: Sessions, findings: Findings) -> None:
    """Read all lists, once the order of their dates is known; times are in UTC."""
    votes = OrderOfDates()
    for match in matches:
        for row in findings.rows(match):
            if "/" in row.at(_DATE):
                votes.see(row.at(_DATE))
    order = votes.decide(findings.declared.order)
    if order is None and votes.options:
        findings.ask(QuestionKind.DATE_ORDER, matches[0].format.id, votes.options)
        return
    for match in matches:
        for row in findings.rows(match):
            _activity(row, order, sessions, findings)


def _activity(row: Row, order: DateOrder | None, sessions: Sessions, findings: Findings) -> None:
    text = row.at(_DATE)
    dotted = "." in text[:3]  # 09.12.2025: the day comes first wherever dots are written
    start = parse_instant(text, UTC, DateOrder.DMY if dotted else order)
    seconds = parse_amount(row.at(_ELAPSED))
    metres = _metres(row)
    if start is None and order is None and "/" in text:
        findings.drop(Reason.AMBIGUOUS_DATE)
    elif start is None or seconds is None or metres is None:
        findings.drop(Reason.UNREADABLE)
    else:
        length = round(min(max(seconds, Decimal(0)), Decimal(10**9)) * 1000)
        sessions.add(0, start, length, metres, row.at(_TYPE))


def _metres(row: Row) -> int | None:
    """Return the distance; 0 where none is told, None where it is not a number."""
    name = row.header.names[_DISTANCE] if len(row.header.names) > _DISTANCE else ""
    exact, seen = row.named(name, 1), row.at(_DISTANCE)
    if exact.strip():
        found, scale = parse_amount(exact), 1
    elif seen.strip():
        found, scale = parse_amount(seen), 1000
    else:
        return 0
    return None if found is None else round(max(min(found, Decimal(10**9)), Decimal(-1)) * scale)
