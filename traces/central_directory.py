"""What the end of a zip archive says, looked at before the archive is opened.

The record at the end names the parts of the archive and the size of its list of members; reading
the list first would spend memory that a hostile file chooses.

References
----------
PKWARE, APPNOTE.TXT, sections 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from traces.errors import Damaged, SplitArchive, TooManyMembers

_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MARK = b"PK\x06\x07"
_END_64 = struct.Struct("<4sQ2H2L4Q")
_END_64_MARK = b"PK\x06\x06"
_COMMENT = 1 << 16
#: Bytes of the list that one member may take, with its name and notes.
_PER_MEMBER = 1 << 10


def check(stream: BinaryIO, most: int) -> None:
    """Refuse an archive in parts, or one with too long a list of members.

    Parameters
    ----------
    stream : BinaryIO
        The archive.
    most : int
        Members allowed.

    Raises
    ------
    Damaged
        There is no end: the archive breaks off.
    SplitArchive
        The archive is one part of several.
    TooManyMembers
        The list is too long.
    """
    size = stream.seek(0, io.SEEK_END)
    start = max(0, size - _END.size - _COMMENT)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise Damaged()
    _, disk, first_disk, _, count, length, _, _ = _END.unpack_from(tail, at)
    large = _large_end(stream, start + at)
    if large is not None:
        disk, first_disk, count, length = large
    if disk not in (0, 0xFFFF) or first_disk not in (0, 0xFFFF):
        raise SplitArchive()
    if count > most or length > _PER_MEMBER * most:
        raise TooManyMembers()


def _large_end(stream: BinaryIO, end: int) -> tuple[int, int, int, int] | None:
    """Return the same facts from the record for large archives, if there is one."""
    if end < _LOCATOR.size:
        return None
    stream.seek(end - _LOCATOR.size)
    mark, _, place, parts = _LOCATOR.unpack(stream.read(_LOCATOR.size))
    if mark != _LOCATOR_MARK:
        return None
    if parts > 1:
        raise SplitArchive()
    # Python looks for the record before its locator, wherever the locator says that it is: one
    # elsewhere could say less of the same archive.
    if place != end - _LOCATOR.size - _END_64.size:
        raise Damaged()
    stream.seek(place)
    record = stream.read(_END_64.size)
    if len(record) < _END_64.size or not record.startswith(_END_64_MARK):
        raise Damaged()
    facts = _END_64.unpack(record)
    return facts[4], facts[5], facts[7], facts[8]
