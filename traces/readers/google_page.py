"""Web pages of Google Takeout: one cell for each act, with links, and a date in words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone, tzinfo
from typing import NamedTuple, TextIO

from traces.dates import instant, parse_local
from traces.declared import DateOrder
from traces.errors import Damaged

_CHUNK = 1 << 16
_CELL = 'class="outer-cell'
#: A cell is a few lines; a longer one is no page of ours.
_LONGEST = 1 << 15
_MOST_LINES = 60

_LINK = re.compile(r'<a\s[^<>]*?href="([^"<>]*)"', re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_ZONE = re.compile(r"\s+([A-Z]{2,5})(?:([+-][0-9]{1,2})(?::?([0-9]{2}))?)?\Z")
#: Minutes before UTC. Other names of zones stand for the person's own.
_ZONES = {"UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MEZ": 60, "CEST": 120,
          "MESZ": 120, "HAEC": 120, "HNEC": 60, "EET": 120, "EEST": 180}  # fmt: skip


class Cell(NamedTuple):
    """An act: where its first link leads, when it was, and its lines of text."""

    link: str
    moment: int | None
    lines: tuple[str, ...]


def cells(text: TextIO, place: tzinfo) -> Iterator[Cell]:
    """Iterate over the cells of a page.

    Parameters
    ----------
    text : TextIO
        The page; what stands before its first cell is passed over.
    place : tzinfo
        The person's own zone, for dates whose zone has no name that we know.

    Raises
    ------
    Damaged
        A cell has no end.
    """
    for block in _blocks(text):
        links = _LINK.search(block)
        lines = _lines(block)
        moments = (_moment(line, place) for line in reversed(lines))
        moment = next((each for each in moments if each is not None), None)
        yield Cell(html.unescape(links[1]) if links else "", moment, lines)


def _blocks(text: TextIO) -> Iterator[str]:
    """Iterate over what stands between the beginnings of cells, and after the last one."""
    held, begun, failed = "", False, False
    while True:
        try:
            chunk = text.read(_CHUNK)
        except UnicodeError:
            failed = True
        if failed or len(held) > _LONGEST:
            raise Damaged()
        if not chunk:
            break
        *whole, held = (held + chunk).split(_CELL)
        for block in whole:
            if begun:
                yield block[:_LONGEST]
            begun = True
        if not begun:
            held = held[-len(_CELL) :]
    if begun:
        yield held


def _lines(block: str) -> tuple[str, ...]:
    """Return the texts between the tags of a cell, of which there are few."""
    plain = html.unescape(_TAG.sub("\n", block))
    stripped = (line.strip() for line in plain.split("\n"))
    return tuple(line for line in stripped if line)[:_MOST_LINES]


def _moment(line: str, place: tzinfo) -> int | None:
    """Return the instant that a line is: "Mar 8, 2018, 5:14:40 PM BST", "01.09.2022, 21:08:12"."""
    zone = _ZONE.search(line) if not line.endswith(("AM", "PM")) else None
    wall = parse_local(line[: zone.start()] if zone else line, DateOrder.DMY)
    if wall is None or ":" not in line or "/" in line:
        return None
    if zone is None or zone[1] not in _ZONES:
        return instant(wall, place)
    minutes = _ZONES[zone[1]]
    if zone[2]:
        minutes += int(zone[2]) * 60 + (-1 if zone[2][0] == "-" else 1) * int(zone[3] or 0)
    shift = timedelta(minutes=minutes)
    return instant(wall, timezone(shift) if abs(shift) < timedelta(days=1) else UTC)
