"""XML as a stream of tags, in bounded memory, without any declaration of a document's type.

Entities come from such declarations: without them, nothing can be expanded or fetched. Some
phones write a broken one, and control characters; both are cut before the parser sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import BinaryIO
from xml.parsers import expat

from traces.errors import Damaged

_CHUNK = 1 << 16
#: The declaration of a document's type ends within so many bytes.
_HEAD = 1 << 20
#: So many bytes without a tag are no document of ours: the parser holds an unfinished tag whole.
_LONGEST = 4 << 20
_DEEPEST = 100

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
#: What stands before the root, and the declaration; without ways back, which could be endless.
_TYPE = re.compile(
    rb"\A((?>(?:(?><\?.*?\?>|<!--.*?-->)\s*)*))<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL
)

Started = Callable[[str, Mapping[str, str]], None]
Told = Callable[[str], None]


def parse(
    stream: BinaryIO, started: Started, ended: Told | None = None, text: Told | None = None
) -> None:
    """Read a document; names of tags come without their namespace.

    Parameters
    ----------
    stream : BinaryIO
        The document.
    started, ended, text : callable
        Told of each opening tag with its attributes, each closing tag, each piece of text.

    Raises
    ------
    Damaged
        It breaks off, is not XML, or is out of bounds.
    """
    tags = _Tags(started, ended)
    parser = expat.ParserCreate()
    parser.StartElementHandler = tags.start
    parser.EndElementHandler = tags.end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    failed = False
    try:
        _feed(parser, stream, tags)
    except (expat.ExpatError, LookupError, UnicodeError):
        failed = True
    if failed:
        raise Damaged()


def _feed(parser: expat.XMLParserType, stream: BinaryIO, tags: _Tags) -> None:
    head = stream.read(_HEAD)
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide:
        head = _TYPE.sub(rb"\1", head.removeprefix(b"\xef\xbb\xbf").lstrip(), count=1)
    chunk, since, seen = head, 0, 0
    while chunk:
        parser.Parse(chunk if wide else chunk.translate(None, _CONTROLS))
        since = 0 if tags.seen > seen else since + len(chunk)
        seen = tags.seen
        if since > _LONGEST:
            raise Damaged()
        chunk = stream.read(_CHUNK)
    parser.Parse(b"", True)


class _Tags:
    """Passes tags on, and holds how deep they are nested."""

    def __init__(self, started: Started, ended: Told | None) -> None:
        self._started = started
        self._ended = ended
        self._depth = 0
        self.seen = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.seen += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Damaged()
        self._started(name.rpartition(":")[2], attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._ended is not None:
            self._ended(name.rpartition(":")[2])


def _refuse(*_: object) -> None:
    raise Damaged()
