"""What the beginning of a file shows, whatever its name."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from traces import workbooks
from traces.archive import Member
from traces.errors import Damaged
from traces.json_stream import elements
from traces.tables import PREAMBLE, names_of, separated
from traces.text import decode_head

#: Bytes of a file that are looked at.
HEAD = 1 << 16
#: Elements of an array whose keys are put together; a single one may lack some.
_FIRST = 20

_HTML = re.compile(r"\ufeff?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_PROLOG = re.compile(
    r"\ufeff?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*", re.S
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")


class Beginning:
    """The beginning of one member, looked at in the ways that formats ask for.

    Parameters
    ----------
    member : Member
        Opened once.

    Raises
    ------
    Refused
        The member cannot be opened.
    """

    def __init__(self, member: Member) -> None:
        self._member = member
        with member.opened() as stream:
            self.bytes = stream.read(HEAD)
        self._keys: dict[tuple[str, ...], frozenset[str]] = {}
        self._rows: dict[str, Sequence[tuple[str, ...]]] = {}

    @cached_property
    def text(self) -> str:
        """The beginning as text; "" where it is not text."""
        if self._member.is_workbook:
            return workbooks.head(self._member, HEAD)
        return decode_head(self.bytes) or ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing, or JSON that holds nothing."""
        if self.bytes.startswith(b"\xff\xfe") or self.bytes.startswith(b"\xfe\xff"):
            return not self.text.strip("\ufeff \t\r\n")
        plain = self.bytes.removeprefix(b"\xef\xbb\xbf").strip()
        return not plain or (len(plain) < HEAD // 2 and _nothing(plain))

    @property
    def html(self) -> bool:
        """Whether it is a web page."""
        return _HTML.match(self.text) is not None

    @cached_property
    def root(self) -> str:
        """The name of the root of XML, without its namespace; "" where there is none."""
        prolog = _PROLOG.match(self.text)
        found = _ROOT.match(self.text, prolog.end() if prolog else 0)
        return found[1] if found else ""

    def keys(self, path: tuple[str, ...]) -> frozenset[str]:
        """Return the keys that the first elements of a JSON array have together."""
        if path not in self._keys:
            self._keys[path] = _keys(self.text, path)
        return self._keys[path]

    def bare(self, path: tuple[str, ...]) -> bool:
        """Return whether this is a small JSON object whose array at a path has no element."""
        if len(self.bytes) >= HEAD or not path:
            return False
        try:
            held: Any = json.loads(self.text.lstrip("\ufeff"))
            none = not any(True for _ in elements(io.StringIO(self.text), path))
        except (ValueError, RecursionError, Damaged):
            return False
        return none and isinstance(held, dict) and isinstance(held.get(path[0]), list)

    def rows(self, delimiter: str) -> Sequence[tuple[str, ...]]:
        """Return the first rows of a table, each cell as the name of a column."""
        if delimiter not in self._rows:
            self._rows[delimiter] = _rows(self.text, delimiter)
        return self._rows[delimiter]


def _nothing(plain: bytes) -> bool:
    """Return whether this is JSON without any record: [], {} or objects of those."""
    if plain[:1] not in (b"[", b"{"):
        return False
    try:
        held: Any = json.loads(plain)
    except (ValueError, RecursionError):
        return False
    while isinstance(held, dict) and len(held) == 1:
        (held,) = held.values()
    return held in ([], {})


def _keys(text: str, path: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("[", "{"):
        return frozenset()
    if any(f'"{name}"' not in text for name in path if name not in ("*", "[]")):
        # The path leads nowhere: nothing has to be read to know it.
        return frozenset()
    try:
        for number, element in enumerate(elements(io.StringIO(text), path)):
            if isinstance(element, dict):
                found.update(element)
            if number >= _FIRST:
                break
    except Damaged:
        pass  # the beginning breaks off, as it must
    return frozenset(found)


def _rows(text: str, delimiter: str) -> Sequence[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    try:
        for cells in separated(io.StringIO(text, newline=""), delimiter):
            found.append(names_of(cells))
            if len(found) >= PREAMBLE:
                break
    except Damaged:
        pass  # the beginning may end inside a field
    return found
