"""Spotify's two layouts, with invented plays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Declared, Reason

ZONE = "Europe/Paris"
DECLARED = Declared(zone=ZONE, today=date(2025, 12, 31))

_BLOCKS = tuple(f"{hour:02d}-{hour + 3:02d}" for hour in range(0, 24, 3))
_KINDS = ("music", "podcast", "audiobook")

#: When a play ended, how many milliseconds it took, and its kind.
_Play = tuple[datetime, int, str]


def make(seed: int, people: int = 1, months: int = 2, layout: str = "extended") -> list[Made]:
    """Return what some invented people give, with known totals.

    Every day of a kind has the same plays, each inside one block of hours, so that the minutes per
    day are those that were chosen. Months begin in March 2025, when clocks change.
    """
    return [_person(Random(f"{seed} {number}"), months, layout) for number in range(people)]


def _person(random: Random, months: int, layout: str) -> Made:
    plays: list[_Play] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in range(3, 3 + months):
        chosen = _plan(random)
        plays += _plays(month, chosen)
        totals |= _totals(f"2025-{month:02d}", chosen)
    rows = [row_of(play, layout, number) for number, play in enumerate(plays)]
    short = [row_of((plays[0][0], 29_999, "music"), layout, 9_000_001)] * 3
    again = random.sample(rows, 4)
    dropped = {Reason.TOO_SHORT: 3, Reason.DUPLICATE: 4}
    if layout == "extended":
        again.append(row_of(plays[0], layout, 9_000_002) | {"incognito_mode": True})
        dropped[Reason.PRIVATE_SESSION] = 1
    written = [*rows, *short, *again]
    random.shuffle(written)
    middle = len(written) // 2
    parts = (written[:middle], written[middle:])
    files = tuple(write(part, number, layout) for number, part in enumerate(parts))
    return Made(files, DECLARED, totals, len(plays), dropped)


def _plan(random: Random) -> Mapping[tuple[str, str], tuple[int, str]]:
    """Return minutes a day and kind of some blocks, for both kinds of day."""
    return {
        (daytype, block): (random.randint(1, 100), random.choice(_KINDS))
        for daytype in ("weekday", "weekend")
        for block in random.sample(_BLOCKS, random.randint(1, 8))
    }


def _plays(month: int, chosen: Mapping[tuple[str, str], tuple[int, str]]) -> Iterator[_Play]:
    day = date(2025, month, 1)
    while day.month == month:
        for (daytype, block), (minutes, kind) in chosen.items():
            if daytype == ("weekend" if day.weekday() >= 5 else "weekday"):
                start = datetime(
                    day.year, day.month, day.day, int(block[:2]), 5, tzinfo=ZoneInfo(ZONE)
                ).astimezone(UTC)
                yield start + timedelta(minutes=minutes), minutes * 60_000, kind
        day += timedelta(days=1)


def _totals(
    month: str, chosen: Mapping[tuple[str, str], tuple[int, str]]
) -> dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]]:
    kinds: Counter[tuple[str, str]] = Counter()
    for (daytype, _), (minutes, kind) in chosen.items():
        kinds[daytype, kind] += minutes
    return {("listening", month, cell): (minutes,) for cell, (minutes, _) in chosen.items()} | {
        ("listening_kind", month, cell): (minutes,) for cell, minutes in kinds.items()
    }


def row_of(
    play: _Play, layout: str, number: int, text: str = "", ident: str = ""
) -> dict[str, Any]:
    """Return a row; `text` in each free-text field and `ident` in each identifier."""
    end, length, kind = play
    name = text or f"Title {number}"
    ident = ident or str(number)
    if layout == "account":
        names = {
            "music": {"artistName": name, "trackName": name},
            "podcast": {"podcastName": name, "episodeName": name},
            "audiobook": {"audiobookName": name, "authorName": name},
        }[kind]
        return {"endTime": f"{end:%Y-%m-%d %H:%M}", "msPlayed": length, **names}
    music, podcast, audiobook = (kind == each for each in _KINDS)
    return {
        "ts": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "username": text or "somebody",
        "platform": text or "android",
        "ms_played": length,
        "conn_country": "FR",
        "ip_addr": ident,
        "master_metadata_track_name": name if music else None,
        "master_metadata_album_artist_name": name if music else None,
        "master_metadata_album_album_name": name if music else None,
        "spotify_track_uri": f"spotify:track:{ident}{number}" if music else None,
        "episode_name": name if podcast else None,
        "episode_show_name": name if podcast else None,
        "spotify_episode_uri": f"spotify:episode:{ident}{number}" if podcast else None,
        "audiobook_title": name if audiobook else None,
        "audiobook_chapter_uri": f"spotify:show:{ident}{number}" if audiobook else None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": None,
        "offline_timestamp": number,
        "incognito_mode": False,
    }


def write(rows: Sequence[Any], part: int, layout: str = "extended") -> File:
    """Return a file of some rows; a lone half of a letter is written as JSON escapes it."""
    names = {
        "account": f"StreamingHistory_music_{part}.json",
        "extended": f"Spotify Extended Streaming History/Streaming_History_Audio_2025_{part}.json",
    }
    return names[layout], json.dumps(list(rows)).encode()


def _rows(layout: str) -> Any:
    def rows(random: Random, marked: bool) -> list[Any]:
        text, ident = (CANARY, NUMBER) if marked else ("", "")
        made = []
        for number in range(random.randint(40, 90)):
            end = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(90_000))
            length = random.choice((1_000, 31_000, 180_000, 7_200_000, 90_000_000))
            made.append(row_of((end, length, random.choice(_KINDS)), layout, number, text, ident))
        return made

    return rows


def _garbage(layout: str) -> Any:
    def garbage(random: Random) -> Any:
        if random.random() < 0.3:
            return wild(random)
        row = row_of((datetime(2025, 4, 1, tzinfo=UTC), 60_000, "music"), layout, 1, CANARY, NUMBER)
        for name in random.sample(sorted(row), random.randint(1, 3)):
            row[name] = wild(random)
        return row

    return garbage


def _maker(layout: str) -> Maker:
    return Maker(
        rows=_rows(layout),
        write=lambda rows, part: write(rows, part, layout),
        garbage=_garbage(layout),
        declared=DECLARED,
    )


EXTENDED = _maker("extended")
ACCOUNT = _maker("account")
