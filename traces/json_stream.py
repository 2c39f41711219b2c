"""The elements of a large JSON array, one after another, in bounded memory."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from traces.errors import Damaged

_CHUNK = 1 << 16
_SPACE = re.compile(r"[ \t\n\r]*")
_STRUCTURE = re.compile(r'["\[\]{}]')
_STRING_END = re.compile(r'[\\"]')


@dataclass(frozen=True)
class Bounds:
    """How large one element may be: characters, and levels of brackets."""

    size: int = 1 << 20
    depth: int = 64


BOUNDS = Bounds()


def elements(text: TextIO, path: Sequence[str] = (), bounds: Bounds = BOUNDS) -> Iterator[Any]:
    """Iterate over the elements of an array.

    Parameters
    ----------
    text : TextIO
        The whole file.
    path : sequence of str
        Keys that lead from the top to the array; "*" is every key, "[]" every element of an array.
        Without keys the top itself is the array. A file without the path has no elements.
    bounds : Bounds
        Of one element.

    Raises
    ------
    Damaged
        The file breaks off, is not JSON, or an element is out of bounds.
    """
    source = _Source(text, bounds)
    yield from _within(source, tuple(path))
    if not path:
        source.space()
        if not source.ended():
            raise Damaged()


def _within(source: _Source, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield the elements where the path leads from here; leave the value behind."""
    source.space()
    first = source.peek()
    if not path:
        if first != "[":
            raise Damaged()
        yield from _array(source)
    elif first == "[" and path[0] == "[]":
        yield from _through(source, path[1:])
    elif first != "{":
        source.skip()
    else:
        yield from _object(source, path)


def _through(source: _Source, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what the path leads to in each element of an array."""
    source.take("[")
    if source.closed("]"):
        return
    while True:
        yield from _within(source, path)
        if source.closed("]"):
            return
        source.take(",")


def _array(source: _Source) -> Iterator[Any]:
    source.take("[")
    if source.closed("]"):
        return
    while True:
        yield source.value()
        if source.closed("]"):
            return
        source.take(",")


def _object(source: _Source, path: tuple[str, ...]) -> Iterator[Any]:
    source.take("{")
    if source.closed("}"):
        return
    while True:
        key = source.value()
        if not isinstance(key, str):
            raise Damaged()
        source.space()
        source.take(":")
        source.space()
        if path[0] not in (key, "*"):
            source.skip()
        elif len(path) == 1 and source.peek() != "[":
            source.skip()
        else:
            yield from _within(source, path[1:])
        if source.closed("}"):
            return
        source.take(",")


class _Source:
    """A window over the text: what is before `at` is forgotten when more is read."""

    def __init__(self, text: TextIO, bounds: Bounds) -> None:
        self._text = text
        self._bounds = bounds
        self._held = ""
        self._at = 0
        self._done = False
        self._decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)

    def more(self, least: int = _CHUNK) -> bool:
        """Read more; return whether there was any."""
        if self._done:
            return False
        try:
            read = self._text.read(max(least, _CHUNK))
        except UnicodeError:
            read = None
        if read is None:
            raise Damaged()
        self._done = not read
        self._held = self._held[self._at :] + read
        self._at = 0
        return bool(read)

    def peek(self) -> str:
        """Return the next character, or "" at the end."""
        while self._at >= len(self._held):
            if not self.more():
                return ""
        return self._held[self._at]

    def ended(self) -> bool:
        """Return whether nothing is left."""
        return self.peek() == ""

    def space(self) -> None:
        """Pass over white space, and a byte order mark at the start."""
        while self.peek() in (" ", "\t", "\n", "\r", "\ufeff"):
            found = _SPACE.match(self._held, self._at)
            self._at = max(self._at + 1, found.end() if found else 0)

    def take(self, sign: str) -> None:
        """Pass over a sign that must come next."""
        if self.peek() != sign:
            raise Damaged()
        self._at += 1

    def closed(self, sign: str) -> bool:
        """Pass over white space, then over a closing sign if it comes next."""
        self.space()
        if self.peek() != sign:
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        """Return the next value, whole."""
        self.space()
        while True:
            found = self._decoded()
            if found is not None:
                value, end = found
                if self._done or self._whole(value, end):
                    self._check(end)
                    self._at = end
                    return value
                self.more()
            elif len(self._held) - self._at > self._bounds.size or not self.more(
                len(self._held) - self._at
            ):
                raise Damaged()

    def _whole(self, value: Any, end: int) -> bool:
        """Return whether a value ends here: a number may go on behind the window."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        if len(self._held) - self._at > self._bounds.size:
            return True
        return self._held[end : end + 1] in tuple(" \t\n\r,]}")

    def _decoded(self) -> tuple[Any, int] | None:
        """Return a value and where it ends; None where more text may complete it."""
        try:
            return self._decoder.raw_decode(self._held, self._at)
        except json.JSONDecodeError:
            return None
        except (ValueError, RecursionError):
            hostile = True
        if hostile:
            raise Damaged()
        raise AssertionError

    def _check(self, end: int) -> None:
        if end - self._at > self._bounds.size:
            raise Damaged()
        opened = self._held.count("{", self._at, end) + self._held.count("[", self._at, end)
        if opened > self._bounds.depth and _depth(self._held[self._at : end]) > self._bounds.depth:
            raise Damaged()

    def skip(self) -> None:
        """Pass over the next value without holding it."""
        if self.peek() not in ("{", "["):
            if self.peek() == '"':
                self._at += 1
                self._skip_string()
            else:
                self.value()
            return
        depth = 0
        while True:
            found = _STRUCTURE.search(self._held, self._at)
            if found is None:
                self._at = len(self._held)
                if not self.more():
                    raise Damaged()
                continue
            self._at = found.end()
            if found[0] == '"':
                self._skip_string()
            else:
                depth += 1 if found[0] in "{[" else -1
            if depth == 0:
                return

    def _skip_string(self) -> None:
        while True:
            found = _STRING_END.search(self._held, self._at)
            self._at = len(self._held) if found is None else found.end()
            if found is not None and found[0] == '"':
                return
            if self.peek() == "":
                raise Damaged()
            if found is not None:
                self._at += 1  # what a backslash escapes


def _depth(text: str) -> int:
    """Return how deep brackets are nested, outside strings."""
    deepest = depth = 0
    at = 0
    while found := _STRUCTURE.search(text, at):
        at = found.end()
        if found[0] == '"':
            while (end := _STRING_END.search(text, at)) and end[0] == "\\":
                at = end.end() + 1
            at = end.end() if end else len(text)
        else:
            depth += 1 if found[0] in "{[" else -1
            deepest = max(deepest, depth)
    return deepest


def _refuse(_: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number
