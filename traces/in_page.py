"""Reading inside a person's own browser: JavaScript gives files and one text, and gets one back.

What comes back is cells, a question, or a code of a closed list: nothing else of a file.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from traces.archive import Given
from traces.declared import Declared, QuestionKind
from traces.errors import ReadingFailed, TracesError
from traces.formats import feeds
from traces.reading import read
from traces.reasons import Reason
from traces.result import Result

#: Chooses the cells that stay where there are more than k: which ones they are then depends on no
#: number in them. Made here, for the market's own secret must not lie in anybody's browser; whoever
#: made it anew until they liked the choice would do no more than take cells out, as they may.
KEY = secrets.token_bytes(32)
#: So many bytes are asked of a file at once.
PIECE = 1 << 18


class Bytes(Protocol):
    """Bytes of the browser's."""

    def to_bytes(self) -> bytes:
        """Copy them."""


class Chosen(Protocol):
    """A file of the browser's, of which parts can be asked for."""

    size: int

    def part(self, start: int, end: int) -> Bytes:
        """Return the bytes from one place to another."""


class _Stream(io.RawIOBase):
    """A file of the browser's as a stream: only the part that is being read is in memory."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._chosen.size}[whence]
        if begin + offset < 0:
            raise OSError
        self._at = begin + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        end = min(self._at + len(buffer), self._chosen.size)
        if end <= self._at:
            return 0
        got = self._chosen.part(self._at, end).to_bytes()
        buffer[: len(got)] = got
        self._at += len(got)
        return len(got)


def answer(files: Sequence[Chosen], asked: str) -> str:
    """Return what some files say, as JSON.

    Parameters
    ----------
    files : sequence of Chosen
    asked : str
        JSON: `wanted` templates, how many last `months` of each, the person's `zone`, and their
        `answers` to earlier questions, by kind.

    Returns
    -------
    str
        An object with one of `cells`, `questions` and `error`, the code of an error; with the
        `formats` of files that belong elsewhere.
    """
    told = json.loads(asked)
    try:
        result = read(_given(files), _declared(told), key=KEY, wanted=told["wanted"])
    except ReadingFailed as error:
        return json.dumps({"error": "memory" if error.kind == "MemoryError" else error.code})
    except TracesError as error:
        return json.dumps({"error": error.code})
    if not feeds(result.format_ids, told["wanted"]):
        return json.dumps({"error": "elsewhere", "formats": list(result.format_ids)})
    if result.questions:
        asks = [{"kind": each.kind, "options": each.options} for each in result.questions]
        return json.dumps({"questions": asks})
    if not result.slices:
        foreign = Reason.OTHER_CURRENCY in result.dropped
        return json.dumps({"error": Reason.OTHER_CURRENCY.value if foreign else "nothing"})
    return json.dumps({"cells": _plain(result, told["months"])})


def _given(files: Sequence[Chosen]) -> list[Given]:
    streams = (io.BufferedReader(_Stream(each), PIECE) for each in files)
    return [Given(f"file {number}", stream) for number, stream in enumerate(streams)]


def _declared(told: Mapping[str, Any]) -> Declared:
    answers = told["answers"]
    plain = {kind.value: answers[kind.value] for kind in QuestionKind if answers.get(kind.value)}
    return Declared(zone=told["zone"], **plain)


def _plain(result: Result, months: int) -> dict[str, Any]:
    """Return the last months of each template, and the counts."""
    traces: dict[str, dict[str, Any]] = {}
    for each in result.slices:
        cells = [[list(cell.values), list(cell.measures)] for cell in each.cells]
        traces.setdefault(each.template, {})[each.month] = cells
    return {
        "traces": {name: dict(sorted(all_.items())[-months:]) for name, all_ in traces.items()},
        "kept": result.kept,
        "dropped": dict(result.dropped),
        "formats": list(result.format_ids),
    }
