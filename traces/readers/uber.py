"""Uber: what drivers did, minute by minute, and what they were paid.

The list of states tells when somebody waited, drove to a pickup and carried people. The list of
dispatches tells how many trips were completed; in months without states it tells of the minutes
too, where it has all three columns of them. Stamps named "utc" are in UTC. Stamps named "local" are
times on the wall, though some end in a "Z" that is not true.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import pairwise

from traces.amounts import minor_units, parse_amount
from traces.dates import instant, parse_instant, parse_local
from traces.findings import Findings
from traces.local_time import Moment, kind_of, month_of
from traces.reasons import Reason
from traces.recognising import Match
from traces.tables import Row

#: A longer interval is a mistake of the file.
LONGEST = 24 * 3_600_000
#: So is a single payment of more cents.
DEAREST = 1_000_000
#: Cents over milliseconds, times this, are euros over hours.
_PER_HOUR = 36_000

_STATES = ("open", "enroute", "ontrip")
#: Columns of dispatches, each of them within the one before.
_SPANS = ("online", "active", "riding")
_FALSE_ZONE = re.compile(r"\s*(?:Z|\+00:?00)(?: UTC)?\s*\Z", re.IGNORECASE)

#: A month and the kind of its days.
_Part = tuple[str, str]


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Read all lists, then put work and pay together."""
    driver = _Driver(findings)
    ways = {"states": driver.state, "dispatches": driver.dispatch, "payments": driver.payment}
    for match in matches:
        way = ways[match.format.options["list"]]
        for row in findings.rows(match):
            reason = way(row, match.format.options)
            if reason is not None:
                findings.drop(reason)
    driver.finish()


class _Driver:
    """Adds up the lists of one driver."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._online: Counter[_Part] = Counter()
        self._dispatched: list[tuple[int, int, Mapping[str, Decimal]]] = []
        self._cents: Counter[_Part] = Counter()
        self._payments: Counter[_Part] = Counter()

    def state(self, row: Row, options: Mapping[str, str]) -> Reason | None:
        """Add an interval in one state; return why it is dropped."""
        start = self._start(row)
        length, state = parse_amount(row["duration"], "."), row["state"].strip().casefold()
        if start is None or length is None:
            return Reason.UNREADABLE
        if state not in _STATES or not 0 <= length <= LONGEST:
            return Reason.OUT_OF_DOMAIN
        end = start + int(length)
        if end == start:
            return Reason.TOO_SHORT
        if implausible := self._findings.implausible(start):
            return implausible
        if self._findings.repeated("state", start, end, state):
            return Reason.DUPLICATE
        self._findings.tally("gig_time").add_time(start, end, state)
        for moment, begin, cut in self._findings.clock.pieces(start, end):
            self._online[_part(moment.day)] += cut - begin
        self._findings.keep()
        return None

    def dispatch(self, row: Row, options: Mapping[str, str]) -> Reason | None:
        """Add the trips of an interval, and remember its minutes."""
        start, end = self._start(row), parse_instant(row["end"], UTC)
        trips = parse_amount(row["trips"])
        told = {name: parse_amount(row[name]) for name in _SPANS if row[name].strip()}
        spans = {name: span for name, span in told.items() if span is not None}
        if start is None or end is None or trips is None or len(spans) < len(told):
            return Reason.UNREADABLE
        longest = Decimal(LONGEST) / 60_000
        ordered = all(
            more >= less for more, less in pairwise([longest, *spans.values(), Decimal(0)])
        )
        if not (0 < end - start <= LONGEST and 0 <= trips <= 500 and ordered):
            return Reason.OUT_OF_DOMAIN
        if implausible := self._findings.implausible(start):
            return implausible
        if self._findings.repeated("dispatch", start, end, trips, *spans.items(), row["flow"]):
            return Reason.DUPLICATE
        self._findings.tally("gig_trips").spread(start, end, round(trips * 1000))
        self._dispatched.append((start, end, spans))
        self._findings.keep()
        return None

    def payment(self, row: Row, options: Mapping[str, str]) -> Reason | None:
        """Remember a payment; what only moves to the driver's bank is none."""
        wall = parse_local(_FALSE_ZONE.sub("", row["when"]))
        amount = parse_amount(row["amount"])
        kind = f"{row['classification']} {row['category']}".casefold()
        if wall is None or amount is None:
            return Reason.UNREADABLE
        if row["currency"].strip().upper() not in self._findings.currencies("gig_pay"):
            return Reason.OTHER_CURRENCY
        if any(word in kind for word in options["transfers"].split("|")):
            return Reason.OWN_TRANSFER
        if abs(minor_units(amount)) > DEAREST:
            return Reason.OUT_OF_DOMAIN
        moment = instant(wall, self._findings.declared.place)
        if implausible := self._findings.implausible(moment):
            return implausible
        if self._findings.repeated("payment", *row.cells):
            return Reason.DUPLICATE
        self._cents[_part(wall.date())] += minor_units(amount)
        self._payments[_part(wall.date())] += 1
        return None

    def finish(self) -> None:
        """Use the minutes of dispatches where there are no states; divide pay by hours online."""
        covered = {month for month, _ in self._online}
        clock, spent = self._findings.clock, self._findings.tally("gig_time")
        for start, end, spans in self._dispatched:
            if month_of(clock.at(start).day) not in covered:
                for state, amount in _minutes(spans).items():
                    spent.spread(start, end, round(amount * 60_000), state)
                self._online[_part(clock.at(start).day)] += round(spans.get("online", 0) * 60_000)
        pay = self._findings.tally("gig_pay")
        for part, count in self._payments.items():
            if self._online[part] > 0:
                net = {"net": self._cents[part] * _PER_HOUR}
                pay.add(Moment(_day_of(part)), net, weight=self._online[part])
                self._findings.kept += count
            else:
                self._findings.drop(Reason.UNMATCHED, count)

    def _start(self, row: Row) -> int | None:
        """Return the instant at which a row begins: in UTC, else on the driver's wall."""
        if row["start"].strip():
            return parse_instant(row["start"], UTC)
        wall = parse_local(_FALSE_ZONE.sub("", row["start_local"]))
        return None if wall is None else instant(wall, self._findings.declared.place)


def _minutes(spans: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """Return the minutes of each state; none where a list does not tell them all apart."""
    if len(spans) < len(_SPANS):
        return {}
    online, active, riding = (spans[name] for name in _SPANS)
    return {"open": online - active, "enroute": active - riding, "ontrip": riding}


def _part(day: date) -> _Part:
    return month_of(day), kind_of(day, "daytype")


def _day_of(part: _Part) -> date:
    """Return the first day of a kind in a month."""
    month, kind = part
    day = date.fromisoformat(f"{month}-01")
    while kind_of(day, "daytype") != kind:
        day += timedelta(days=1)
    return day
