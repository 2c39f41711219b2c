"""In which encoding a file is written, decided over the whole file; never guessed cell by cell."""

import codecs
import io
import re
from collections.abc import Callable
from typing import Any, BinaryIO

from traces.errors import Damaged
from traces.text import encoding_of as traces_encoding_of

#: Opens a file anew, from its first byte.
Opened = Callable[[], BinaryIO]

_CHUNK = 1 << 16
_SIXTEEN = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
#: Of the characters of a table in UTF-16, so many are plain letters, figures and separators.
_SURE = 0.4
_WELL_FORMED = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")


def encoding_of(opened: Opened) -> str:
    """Return the encoding of a text file; UTF-8 where it is none that we know.

    A byte order mark decides. UTF-16 without one is known by the zero byte in every other place.
    UTF-8 with a few broken letters stays UTF-8, so that the row of the first one can be named.
    """
    with opened() as stream:
        head = stream.read(_CHUNK)
    found = sixteen(head)
    if found:
        return found
    try:
        encoding = traces_encoding_of(opened)
    except Damaged:
        return "utf-8"
    return "utf-8" if encoding == "cp1252" and _mostly_utf_8(opened) else encoding


def sixteen(head: bytes) -> str:
    """Return which UTF-16 the beginning of a file is; "" where it is none, or that is not sure."""
    for mark, name in _SIXTEEN.items():
        if head.startswith(mark):
            return name
    first, second = head[: len(head) & ~1 : 2], head[1 : len(head) & ~1 : 2]
    if not second:
        return ""
    zeros = first.count(0), second.count(0)
    if zeros[0] == 0 and zeros[1] >= _SURE * len(second):
        return "utf-16-le"
    return "utf-16-be" if zeros[1] == 0 and zeros[0] >= _SURE * len(first) else ""


def beginning_as_text(head: bytes) -> str:
    """Return the first bytes of a file as text, for recognising alone."""
    name = sixteen(head) or "utf-8"
    text = codecs.getincrementaldecoder(name)("replace").decode(head)
    return text.removeprefix("\ufeff")


def in_utf_8(stream: BinaryIO, encoding: str) -> BinaryIO:
    """Return a UTF-16 stream as one in UTF-8; any other stays as it is."""
    if not encoding.startswith("utf-16"):
        return stream
    return io.BufferedReader(_Transcoded(stream, encoding), _CHUNK)


def _mostly_utf_8(opened: Opened) -> bool:
    well = other = 0
    with opened() as stream:
        while chunk := stream.read(_CHUNK):
            well += len(_WELL_FORMED.findall(chunk))
            other += len(_HIGH.findall(_WELL_FORMED.sub(b"", chunk)))
    return well > other


class _Transcoded(io.RawIOBase):
    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._left = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and not self._ended:
            chunk = self._stream.read(_CHUNK)
            self._ended = not chunk
            self._left = self._decoder.decode(chunk, self._ended).encode()
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
