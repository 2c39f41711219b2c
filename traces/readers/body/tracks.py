"""GPX and TCX: recordings of single activities. Points are measured and forgotten at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC

from traces.dates import parse_instant
from traces.findings import Findings
from traces.readers.body.days import whole
from traces.readers.body.sessions import Sessions
from traces.readers.markup import parse
from traces.reasons import Reason
from traces.recognising import Match

#: Mean radius of the earth, in metres.
_EARTH = 6_371_008.8
#: No text that is read is longer.
_LONGEST = 100


def read_gpx(match: Match, sessions: Sessions, findings: Findings) -> None:
    """Read tracks: from the first to the last point, along all of them."""
    tracks = _Tracks(sessions, findings)
    with findings.open(match) as stream:
        parse(stream, tracks.started, tracks.ended, tracks.text)


def read_tcx(match: Match, sessions: Sessions, findings: Findings) -> None:
    """Read activities: the sum of their laps."""
    laps = _Laps(sessions, findings)
    with findings.open(match) as stream:
        parse(stream, laps.started, laps.ended, laps.text)


class _Listener:
    """Knows which tags are open, and the text of the last one."""

    def __init__(self, sessions: Sessions, findings: Findings) -> None:
        self._sessions = sessions
        self._findings = findings
        self._open: list[str] = []
        self._text = ""

    def started(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open a tag."""
        self._open.append(name)
        self._text = ""
        self.begin(name, attributes)

    def text(self, text: str) -> None:
        """Add a piece of text."""
        if len(self._text) < _LONGEST:
            self._text += text

    def ended(self, name: str) -> None:
        """Close a tag."""
        self._open.pop()
        self.end(name, self._open[-1] if self._open else "", self._text.strip())
        self._text = ""

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Hear of a tag that opens."""

    def end(self, name: str, parent: str, text: str) -> None:
        """Hear of a tag that closes."""


class _Tracks(_Listener):
    """Listens to a GPX file."""

    _sport = ""
    _metres = 0.0
    _last: tuple[float, float] | None = None
    _first: int | None = None
    _end = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "trk":
            self._sport, self._metres, self._first, self._end = "", 0.0, None, 0
        elif name == "trkseg":
            self._last = None
        elif name == "trkpt":
            here = _place(attributes)
            if here is not None and self._last is not None:
                self._metres += _between(self._last, here)
            self._last = here or self._last

    def end(self, name: str, parent: str, text: str) -> None:
        if name == "time" and parent == "trkpt":
            moment = parse_instant(text, UTC)
            if moment is not None:
                self._first = moment if self._first is None else min(self._first, moment)
                self._end = max(self._end, moment)
        elif name == "type" and parent == "trk":
            self._sport = text
        elif name == "trk" and self._first is None:
            self._findings.drop(Reason.UNREADABLE)  # a plan of a route has no times
        elif name == "trk" and self._first is not None:
            rank = 1 if self._sport else 2
            length = self._end - self._first
            self._sessions.add(rank, self._first, length, round(self._metres), self._sport)


class _Laps(_Listener):
    """Listens to a TCX file."""

    _sport = ""
    _start: int | None = None
    _length = 0
    _metres = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Activity":
            self._sport, self._start = attributes.get("Sport", ""), None
            self._length = self._metres = 0
        elif name == "Lap":
            self._see(attributes.get("StartTime", ""))

    def end(self, name: str, parent: str, text: str) -> None:
        if name == "Id" and parent == "Activity":
            self._see(text)
        elif name == "TotalTimeSeconds" and parent == "Lap":
            self._length += whole(text, 1000) or 0
        elif name == "DistanceMeters" and parent == "Lap":
            self._metres += whole(text) or 0
        elif name == "Activity" and self._start is None:
            self._findings.drop(Reason.UNREADABLE)
        elif name == "Activity" and self._start is not None:
            self._sessions.add(1, self._start, self._length, self._metres, self._sport)

    def _see(self, text: str) -> None:
        moment = parse_instant(text, UTC)
        if moment is not None:
            self._start = moment if self._start is None else min(self._start, moment)


def _place(attributes: Mapping[str, str]) -> tuple[float, float] | None:
    """Return a point in radians, or None."""
    try:
        latitude, longitude = float(attributes.get("lat", "")), float(attributes.get("lon", ""))
    except ValueError:
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return math.radians(latitude), math.radians(longitude)


def _between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far two points are apart on the ground, in metres."""
    up, along = (other[0] - one[0]) / 2, (other[1] - one[1]) / 2
    half = math.sin(up) ** 2 + math.cos(one[0]) * math.cos(other[0]) * math.sin(along) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(min(1.0, half)))
