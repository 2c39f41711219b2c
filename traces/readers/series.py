"""Readings of one sensor: powers, energies of a step, or a counter that only grows.

Readings need no regular step. All are held, as two arrays of whole numbers, until the last one:
what one reading stands for depends on the next.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from traces.errors import TooLarge
from traces.findings import Findings
from traces.local_time import HOUR, QUARTER
from traces.readers.load_curve import KWH, STRONGEST, Span, fill
from traces.reasons import Reason

#: The longest time that a reading stands for.
LONGEST = 3 * HOUR
#: Stands between readings where the sensor gave none.
_BREAK = -1
#: Readings that are held at most: two years, one in half a minute.
_MOST = 2_000_000
#: Millijoules of a milliwatt-hour, in thousandths.
_OF_ENERGY = 3_600_000

#: When a span began and ended, and its energy in millionths of a joule.
_Fine = tuple[int, int, int]


class Series:
    """Readings of one sensor.

    Parameters
    ----------
    energy : bool
        Whether they are energies; else they are powers.
    holds : bool
        Whether a power stands until the next one, as where changes alone are recorded; else for
        the usual step at most.
    """

    def __init__(self, energy: bool, holds: bool) -> None:
        self._energy = energy
        self._holds = holds
        self._times = array("q")
        self._values = array("q")
        self._days: dict[date, int] = {}
        self._given = 0

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self._times) + self._given

    def add(self, moment: int, value: Decimal | None) -> None:
        """Add a reading in W or Wh; None where the sensor gave none."""
        if len(self._times) >= _MOST:
            raise TooLarge(family="sensor")
        whole = _BREAK if value is None else int((value * 1000).to_integral_value(ROUND_HALF_UP))
        self._times.append(moment)
        self._values.append(whole)

    def day(self, day: date, energy: Decimal) -> None:
        """Add the energy of a whole day, in Wh. Of two values the larger counts."""
        self._given += 1
        joules = int((energy * (KWH // 1000)).to_integral_value(ROUND_HALF_UP))
        self._days[day] = max(joules, self._days.get(day, 0))

    def fill(self, findings: Findings) -> None:
        """Put into the tables what the readings stand for, and count what was kept and dropped."""
        readings = self._sorted()
        findings.drop(Reason.DUPLICATE, len(self) - len(readings) - len(self._days))
        buckets: dict[int, tuple[int, int]] = {}
        for start, end, energy in self._spans(readings, findings):
            if energy > STRONGEST * 1000 * (end - start):
                findings.drop(Reason.OUT_OF_DOMAIN)
                continue
            findings.keep()
            _put(buckets, start, end, energy)
        spans: list[Span] = [
            (quarter * QUARTER, quarter * QUARTER + length, energy // 10**6)
            for quarter, (energy, length) in buckets.items()
        ]
        fill(findings, spans, self._days)
        findings.kept += len(self._days)

    def _sorted(self) -> list[tuple[int, int]]:
        """Return the readings by time; of several at one time the largest."""
        made: list[tuple[int, int]] = []
        for reading in sorted(zip(self._times, self._values, strict=True)):
            if made and made[-1][0] == reading[0]:
                made.pop()
            made.append(reading)
        return made

    def _spans(self, readings: list[tuple[int, int]], findings: Findings) -> Iterator[_Fine]:
        counter = self._energy and _is_counter([value for _, value in readings])
        step = _usual_step(readings)
        most = LONGEST if self._holds or counter else min(step, LONGEST)
        follow = [*readings[1:], *([] if self._holds or counter else _end(readings, step))]
        for (start, value), (after, follows) in zip(readings, follow, strict=False):
            if value == _BREAK:
                continue
            end = min(after, start + most)
            if counter:
                if follows == _BREAK or after - start > most:
                    findings.drop(Reason.MISSING)
                elif follows < value:
                    findings.drop(Reason.OUT_OF_DOMAIN)  # the counter began anew
                else:
                    yield start, after, (follows - value) * _OF_ENERGY
            elif step > LONGEST and not self._holds:
                findings.drop(Reason.OUT_OF_DOMAIN)
            else:
                yield start, end, value * (_OF_ENERGY if self._energy else end - start)


def _usual_step(readings: list[tuple[int, int]]) -> int:
    gaps = sorted(
        after - start for (start, _), (after, _) in zip(readings, readings[1:], strict=False)
    )
    return gaps[len(gaps) // 2] if gaps else 0


def _end(readings: list[tuple[int, int]], step: int) -> list[tuple[int, int]]:
    """Return where the last reading ends, where there is a usual step."""
    return [(readings[-1][0] + step, _BREAK)] if readings and step else []


def _is_counter(values: list[int]) -> bool:
    """Return whether energies only grow, but for a few new beginnings."""
    known = [value for value in values if value != _BREAK]
    steps = [(low, high) for low, high in zip(known, known[1:], strict=False)]
    falls = [(high, low) for high, low in steps if low < high]
    began = sum(low * 10 <= high for high, low in falls)
    return (
        len(known) > 2
        and began == len(falls) <= len(steps) // 8
        and any(high > low for low, high in steps)
    )


def _put(buckets: dict[int, tuple[int, int]], start: int, end: int, energy: int) -> None:
    """Add an energy evenly to the quarters of an hour that it touches."""
    at = start
    while at < end:
        quarter = at // QUARTER
        cut = min(end, (quarter + 1) * QUARTER)
        share = energy * (cut - start) // (end - start) - energy * (at - start) // (end - start)
        held, length = buckets.get(quarter, (0, 0))
        buckets[quarter] = held + share, length + cut - at
        at = cut
