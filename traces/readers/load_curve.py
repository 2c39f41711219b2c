"""What one electricity meter used: spans of time and whole days, each counted once.

Files of one meter overlap, repeat themselves, and come in several steps. Where spans overlap, the
shortest counts. A day counts for the energy of a day where a file gives it, or where spans fill it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from traces.dates import instant
from traces.errors import TooLarge
from traces.findings import Findings
from traces.local_time import Moment
from traces.reasons import Reason

MINUTE = 60_000
#: Steps that meters record, in minutes; other lengths are a mistake of the file.
STEPS = frozenset(minutes * MINUTE for minutes in (5, 10, 15, 20, 30, 60))
#: The strongest connection that homes have, in watts.
STRONGEST = 36_000
#: Joules of a kilowatt-hour.
KWH = 3_600_000
#: Spans that are held at most: ten years of half hours, or three of ten minutes.
_MOST = 200_000

#: When a span began and ended, and its joules.
Span = tuple[int, int, int]


def joules_of(value: Decimal, unit: str, length: int) -> int | None:
    """Return the energy of a span; None where it cannot be what a home used.

    Parameters
    ----------
    value : Decimal
        A mean power or an energy.
    unit : str
        W, kW, Wh or kWh.
    length : int
        Milliseconds of the span.
    """
    if length <= 0 or not 0 <= value < 10**9:
        return None
    factor = 1000 if unit.startswith("k") else 1
    energy = value * factor * (3600 if unit.endswith("h") else Decimal(length) / 1000)
    whole = int(energy.to_integral_value(ROUND_HALF_UP))
    return whole if whole * 1000 <= STRONGEST * length else None


class LoadCurve:
    """What the files of one meter say."""

    def __init__(self) -> None:
        #: Records that could be read.
        self.read = 0
        self._spans: dict[tuple[int, int], int] = {}
        self._walls: dict[tuple[datetime, int], Counter[int]] = {}
        self._days: dict[date, int] = {}
        self._points: dict[int, int] = {}
        self._of_file: Counter[tuple[datetime, int, int]] = Counter()

    def begin_file(self) -> None:
        """Say that another file begins: what it repeats of the last one is no second hour."""
        self._of_file.clear()

    def span(self, start: int, end: int, joules: int) -> None:
        """Add a span whose instants are known. Of two values the larger counts."""
        self.read += 1
        self._spans[start, end] = max(joules, self._spans.get((start, end), 0))
        self._hold()

    def wall(self, start: datetime, length: int, joules: int) -> None:
        """Add a span whose start is known on the wall: an hour in autumn comes twice."""
        self.read += 1
        key = (start, length, joules)
        self._of_file[key] += 1
        held = self._walls.setdefault((start, length), Counter())
        held[joules] = max(held[joules], self._of_file[key])
        self._hold()

    def day(self, day: date, joules: int) -> None:
        """Add the energy of a day. Of two values the larger counts."""
        self.read += 1
        self._days[day] = max(joules, self._days.get(day, 0))
        self._hold()

    def point(self, moment: int, joules: int) -> None:
        """Add what the meter's index showed at an instant, all registers together."""
        self.read += 1
        self._points[moment] = max(joules, self._points.get(moment, 0))
        self._hold()

    def merge(self, other: LoadCurve) -> None:
        """Add what other files say of the same meter."""
        self.read += other.read
        for name in ("_spans", "_days", "_points"):
            held = getattr(self, name)
            for key, joules in getattr(other, name).items():
                held[key] = max(joules, held.get(key, 0))
        for wall, values in other._walls.items():
            self._walls[wall] = self._walls.get(wall, Counter()) | values
        self._hold()

    def _hold(self) -> None:
        held = len(self._spans) + len(self._walls) + len(self._days) + len(self._points)
        if held > _MOST:
            raise TooLarge(family="electricity")

    def fill(self, findings: Findings) -> None:
        """Put into the tables what the meter used, and count what was kept and dropped."""
        clock = findings.clock
        spans = list(without_overlaps(self._all_spans(clock.zone)))
        days = dict(self._differences(clock.zone, findings)) | self._days
        fill(findings, spans, days)
        findings.kept += len(spans) + len(days)
        single = len(spans) + len(self._days) + len(self._points)
        findings.drop(Reason.DUPLICATE, self.read - single)

    def _all_spans(self, zone: ZoneInfo) -> Iterator[Span]:
        for (start, end), joules in self._spans.items():
            yield start, end, joules
        for (wall, length), values in self._walls.items():
            first, second = instant(wall, zone), instant(wall.replace(fold=1), zone)
            largest = sorted(values.elements(), reverse=True)
            yield first, first + length, largest[0]
            if second > first and len(largest) > 1:
                yield second, second + length, largest[1]

    def _differences(self, zone: ZoneInfo, findings: Findings) -> Iterator[tuple[date, int]]:
        """Return the energy of the days between two readings of the index, at two midnights."""
        points = sorted(self._points.items())
        for (before, low), (after, high) in zip(points, points[1:], strict=False):
            day = findings.clock.at(before).day
            if (before, after) != bounds_of(day, zone):
                findings.drop(Reason.MISSING)
            elif not 0 <= (high - low) * 1000 <= STRONGEST * (after - before):
                findings.drop(Reason.OUT_OF_DOMAIN)
            else:
                yield day, high - low


def without_overlaps(spans: Iterable[Span]) -> Iterator[Span]:
    """Iterate over spans of whole five minutes, the shortest first; what they cover counts once."""
    covered: set[int] = set()
    for start, end, joules in sorted(spans, key=lambda span: (span[1] - span[0], *span)):
        parts = range(start // (5 * MINUTE), -(-end // (5 * MINUTE)))
        if covered.isdisjoint(parts):
            covered.update(parts)
            yield start, end, joules


def bounds_of(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Return the instants at which a local day begins and ends: 23, 24 or 25 hours."""
    begin = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    return instant(begin, zone), instant(begin + timedelta(days=1), zone)


def fill(findings: Findings, spans: Iterable[Span], days: Mapping[date, int]) -> None:
    """Put spans that do not overlap, and whole days, into the tables of a home's electricity."""
    power = findings.tally("home_power")
    energy = findings.tally("home_energy_daily")
    clock = findings.clock
    filled: dict[date, tuple[int, int]] = {}
    for start, end, joules in spans:
        power.spread(start, end, joules, None, True)
        for moment, begin, cut in clock.pieces(start, end):
            share = joules * (cut - start) // (end - start)
            share -= joules * (begin - start) // (end - start)
            held, length = filled.get(moment.day, (0, 0))
            filled[moment.day] = held + share, length + cut - begin
    whole = {
        day: held
        for day, (held, length) in filled.items()
        if length == bounds_of(day, clock.zone)[1] - bounds_of(day, clock.zone)[0]
    }
    for day, joules in (whole | dict(days)).items():
        energy.add(Moment(day), {"kwh": joules})
