"""Spotify: account data and the extended history.

A row is one play; its time is the end, in UTC. Between its first and its last play the extended
history alone counts: the account data tell of the same plays, less finely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from traces.dates import parse_instant
from traces.findings import Findings
from traces.reasons import Reason
from traces.recognising import Match

#: A shorter play is a skip, as the service itself counts.
SHORTEST = 30_000
#: A longer play is a mistake of the file.
LONGEST = 24 * 3_600_000

_ACCOUNT = "spotify/account/v1"


@dataclass(frozen=True)
class _Play:
    """A play that may count: when it ended and how long it took, in milliseconds; its kind."""

    end: int
    length: int
    kind: str


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the plays of all files, the extended history first."""
    covered: list[int] = []
    for match in matches:
        if match.format.id != _ACCOUNT:
            for row in findings.elements(match):
                if play := _extended(row, match, findings):
                    covered.append(play.end)
                    _add(play, findings)
    first, last = (min(covered), max(covered)) if covered else (0, -1)
    for match in matches:
        if match.format.id == _ACCOUNT:
            for row in findings.elements(match):
                play = _account(row, match, findings)
                if play and first <= play.end <= last:
                    findings.drop(Reason.DUPLICATE)
                elif play:
                    _add(play, findings)


def _add(play: _Play, findings: Findings) -> None:
    start = play.end - play.length
    findings.tally("listening").add_time(start, play.end)
    findings.tally("listening_kind").add_time(start, play.end, kind=play.kind)
    findings.keep()


def _extended(row: Any, match: Match, findings: Findings) -> _Play | None:
    """Return a play of the extended history, or None with its reason counted."""
    if not isinstance(row, dict):
        findings.drop(Reason.UNREADABLE)
        return None
    if row.get("incognito_mode") is True:
        findings.drop(Reason.PRIVATE_SESSION)
        return None
    names = [
        row.get(name)
        for name in (
            "spotify_track_uri",
            "spotify_episode_uri",
            "audiobook_chapter_uri",
            "master_metadata_track_name",
            "episode_name",
        )
    ]
    return _play(row.get("ts"), row.get("ms_played"), _kind(row, match), names, findings)


def _account(row: Any, match: Match, findings: Findings) -> _Play | None:
    """Return a play of the account data, or None with its reason counted."""
    if not isinstance(row, dict):
        findings.drop(Reason.UNREADABLE)
        return None
    names = [row.get(name) for name in sorted(row) if name not in ("endTime", "msPlayed")]
    return _play(row.get("endTime"), row.get("msPlayed"), _kind(row, match), names, findings)


def _play(
    ended: object, length: object, kind: str, names: Sequence[object], findings: Findings
) -> _Play | None:
    reason: Reason | None = None
    end = parse_instant(ended, UTC) if isinstance(ended, str) else None
    if end is None or not isinstance(length, int) or isinstance(length, bool):
        reason = Reason.UNREADABLE
    elif not 0 <= length <= LONGEST:
        reason = Reason.OUT_OF_DOMAIN
    elif length < SHORTEST:
        reason = Reason.TOO_SHORT
    elif implausible := findings.implausible(end):
        reason = implausible
    elif findings.repeated(end, length, kind, *names):
        reason = Reason.DUPLICATE
    else:
        return _Play(end, length, kind)
    findings.drop(reason)
    return None


def _kind(row: Mapping[str, Any], match: Match) -> str:
    """Return the kind of a play, by its fields; by the file's name where they do not say."""
    if any(row.get(name) for name in row if name.startswith("audiobook")):
        return "audiobook"
    if any(row.get(name) for name in ("episode_name", "spotify_episode_uri", "podcastName")):
        return "video" if _named(match, "video") else "podcast"
    for kind in ("video", "podcast", "audiobook"):
        if _named(match, kind):
            return kind
    return "music"


def _named(match: Match, kind: str) -> bool:
    pattern = match.format.options.get(kind)
    return pattern is not None and match.member.fits((pattern,))
