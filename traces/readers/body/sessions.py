"""Sessions of sport: two at the same time are one."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from traces.findings import Findings
from traces.reasons import Reason
from traces.text import normalise

#: A shorter session is a slip of the finger.
SHORTEST = 60_000
#: A longer one, or a farther one, is a mistake of the file: milliseconds and metres.
LONGEST = 24 * 3_600_000
FARTHEST = 2_000_000

_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_LETTER = re.compile(r"[^a-z']+")


class _Session(NamedTuple):
    """A session; the finer a source, the smaller its rank. Fields are in the order of sorting."""

    rank: int
    start: int
    end: int
    length: int
    metres: int
    sport: str


class Sessions:
    """The sessions of all files.

    Parameters
    ----------
    findings : Findings
        Where they go in the end.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._found: list[_Session] = []

    def add(self, rank: int, start: int, length: int, metres: int, name: str) -> None:
        """Add a session, unless its numbers cannot be.

        Parameters
        ----------
        rank : int
            0 for a list of activities, 1 for a recording that names its sport, 2 for bare points.
        start, length, metres : int
            An instant, milliseconds, metres.
        name : str
            What the service calls the sport.
        """
        reason: Reason | None = None
        if length > LONGEST or not 0 <= metres <= FARTHEST:
            reason = Reason.OUT_OF_DOMAIN
        elif length < SHORTEST:
            reason = Reason.TOO_SHORT
        elif implausible := self._findings.implausible(start):
            reason = implausible
        else:
            made = _Session(rank, start, start + length, length, metres, sport_of(name))
            self._found.append(made)
            return
        self._findings.drop(reason)

    def finish(self) -> None:
        """Put the sessions into the table; one that another covers is the same, told again."""
        kept: list[_Session] = []
        starts: list[int] = []
        for each in sorted(self._found):
            near = range(bisect_left(starts, each.start - LONGEST), bisect_right(starts, each.end))
            if any(_same(each, kept[place]) for place in near):
                self._findings.drop(Reason.DUPLICATE)
                continue
            place = bisect_left(starts, each.start)
            starts.insert(place, each.start)
            kept.insert(place, each)
        tally = self._findings.tally("sport")
        for each in kept:
            amounts = {"sessions": 1, "hours": each.length, "km": each.metres}
            tally.add(self._findings.clock.at(each.start), amounts, sport=each.sport)
            self._findings.keep()


def _same(one: _Session, other: _Session) -> bool:
    """Return whether two sessions share more than half of the shorter one."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return 2 * shared > min(one.end - one.start, other.end - other.start)


def sport_of(name: str) -> str:
    """Return which sport of the table a service's name means.

    Examples
    --------
    >>> sport_of("HKWorkoutActivityTypeRunning"), sport_of("Course à pied"), sport_of("Curling")
    ('run', 'run', 'other')
    """
    plain = normalise(_CASE.sub(" ", name[:100].removeprefix("HKWorkoutActivityType")))
    words = " " + _NO_LETTER.sub(" ", plain)
    for sport, known in _sports().items():
        if any(f" {word}" in words for word in known):
            return sport
    return "other"


@cache
def _sports() -> Mapping[str, Sequence[str]]:
    text = files("traces.readers.body").joinpath("sports.toml").read_text("utf-8")
    words: Mapping[str, Sequence[str]] = tomllib.loads(text)["words"]
    return words
