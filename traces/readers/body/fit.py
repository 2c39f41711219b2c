"""FIT: recordings of watches. The messages about whole sessions alone are read.

The decoder is a library of its own, which is asked for only here: elsewhere, and in a browser, a
FIT file is refused with what to choose instead.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

from traces.dates import instant
from traces.errors import Damaged, LibraryMissing, Refused
from traces.findings import Findings
from traces.readers.body.days import whole
from traces.readers.body.sessions import Sessions
from traces.reasons import Reason
from traces.recognising import Match


class _Part(NamedTuple):
    """A session or a lap: instant, milliseconds, metres."""

    start: int
    length: int
    metres: int
    sport: str


def read(match: Match, sessions: Sessions, findings: Findings) -> None:
    """Read the sessions of a file; where there are none, its laps as one."""
    found: dict[str, list[_Part]] = {"session": [], "lap": []}
    failed = False
    with findings.open(match) as stream:
        try:
            for name, part in _parts(_decoder(), stream):
                found[name].append(part)
        except Refused:
            raise
        except Exception:  # whatever the decoder makes of broken bytes
            failed = True
    if failed:
        raise Damaged()
    laps = found["lap"]
    if not found["session"] and laps:
        length, metres = sum(each.length for each in laps), sum(each.metres for each in laps)
        found["session"] = [_Part(min(laps).start, length, metres, min(laps).sport)]
    for part in found["session"]:
        sessions.add(1, *part)
    if not found["session"]:
        findings.drop(Reason.NO_DATA)


def _decoder() -> ModuleType:
    missing = False
    try:
        return importlib.import_module("fitdecode")
    except ImportError:
        missing = True
    if missing:
        raise LibraryMissing()
    raise AssertionError


def _parts(decoder: Any, stream: BinaryIO) -> Iterator[tuple[str, _Part]]:
    """Iterate over the sessions and laps; all other messages are passed over."""
    with decoder.FitReader(stream) as frames:
        for frame in frames:
            if not isinstance(frame, decoder.FitDataMessage) or frame.name not in (
                "session",
                "lap",
            ):
                continue
            start = frame.get_value("start_time", fallback=None)
            length = whole(frame.get_value("total_elapsed_time", fallback=None), 1000)
            if not isinstance(start, datetime) or length is None:
                continue
            metres = whole(frame.get_value("total_distance", fallback=None)) or 0
            sport = str(frame.get_value("sport", fallback=""))
            yield frame.name, _Part(instant(start, start.tzinfo or UTC), length, metres, sport)
