"""Files as a browser gives them to the library that runs in its page."""

import json
from collections.abc import Mapping
from typing import Any

from traces.in_page import answer


class Copied:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def to_bytes(self) -> bytes:
        return self._content


class Blob:
    """A file of a browser's; remembers which parts of it were asked for."""

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self.parts: list[tuple[int, int]] = []
        self._content = content

    def part(self, start: int, end: int) -> Copied:
        self.parts.append((start, end))
        return Copied(self._content[start:end])


def told(
    *files: bytes | Blob,
    wanted: tuple[str, ...] = ("listening", "listening_kind"),
    months: int = 36,
    answers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the library tells the page about some files."""
    blobs = [each if isinstance(each, Blob) else Blob(each) for each in files]
    asked = {"wanted": wanted, "months": months, "zone": "Europe/Paris", "answers": answers or {}}
    said: dict[str, Any] = json.loads(answer(blobs, json.dumps(asked)))
    return said
