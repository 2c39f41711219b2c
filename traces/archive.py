"""Opening what a person chose: a plain file, a .gz, or a zip archive, within limits."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import IO, BinaryIO
from unicodedata import normalize

from traces import central_directory, streams
from traces.errors import (
    Damaged,
    Encrypted,
    NestedArchive,
    OtherArchive,
    SplitArchive,
    TooLarge,
    TooManyMembers,
)

_MIB = 1 << 20
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SPANNED = b"PK\x07\x08"
_GZIP = b"\x1f\x8b"
_OTHER = (b"7z\xbc\xaf'\x1c", b"Rar!\x1a\x07")
_JUNK = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
#: Some services cut an export at exactly this size.
_CUT = 1 << 31


@dataclass(frozen=True)
class Limits:
    """How much is read at most.

    Parameters
    ----------
    packed, unpacked : int
        Bytes of a file as it was given, and of one member that is read.
    members : int
        Members of an archive, with those of archives in it.
    ratio, ratio_from : int
        Unpacked over packed bytes, for members of at least `ratio_from` bytes.
    nested : int
        Bytes of the archives in an archive, which are held in memory, together.
    together : int
        Bytes of all members, also of archives in it, as the archive says.
    """

    packed: int = 2048 * _MIB
    unpacked: int = 4096 * _MIB
    members: int = 20_000
    ratio: int = 200
    ratio_from: int = 16 * _MIB
    nested: int = 256 * _MIB
    together: int = 1 << 40


LIMITS = Limits()


@dataclass(frozen=True)
class Given:
    """A file that a person chose.

    Parameters
    ----------
    name : str
        Its name, a hint for empty files alone; kept out of any `repr`.
    stream : BinaryIO
        Its bytes; can be sought in, and stays open.
    """

    name: str = field(repr=False)
    stream: BinaryIO = field(repr=False)


@dataclass(frozen=True)
class Member:
    """A file to read: one that was given, or one in an archive.

    Parameters
    ----------
    path : str
        Its path, a hint; kept out of any `repr`.
    size : int or None
        Its bytes, as the archive says; None where that is unknown.
    opened : callable
        Opens it anew, within limits.
    is_archive, is_workbook : bool
        A zip archive inside an archive, not opened; an .xlsx workbook.
    """

    path: str = field(repr=False)
    size: int | None
    opened: Callable[[], BinaryIO] = field(repr=False)
    is_archive: bool = False
    is_workbook: bool = False

    def fits(self, patterns: tuple[str, ...]) -> bool:
        """Return whether the end of the path fits one of some patterns."""
        return any(fits(self.path, pattern) for pattern in patterns)


class _Room:
    """What is left of the limits for all that an archive and those in it hold, together."""

    def __init__(self, limits: Limits) -> None:
        self._members = limits.members
        self._unpacked = limits.together
        self._held = limits.nested

    def count(self, infos: Sequence[zipfile.ZipInfo]) -> None:
        """Refuse more members, or more bytes; zipfile gives no more of one than it says."""
        self._members -= len(infos)
        if self._members < 0:
            raise TooManyMembers()
        self._unpacked -= sum(info.file_size for info in infos)
        if self._unpacked < 0:
            raise TooLarge()

    def hold(self, opened: Callable[[], BinaryIO]) -> BinaryIO:
        """Return an inner archive in memory: it is sought in, and no temporary file is made."""
        with opened() as stream:
            held = io.BytesIO(stream.read(self._held + 1))
        self._held -= held.getbuffer().nbytes
        if self._held < 0:
            raise TooLarge()
        return held


def fits(path: str, pattern: str) -> bool:
    """Return whether the end of a path fits a pattern, from a "/" on; "*" passes no "/".

    Examples
    --------
    >>> fits("export/Data/History_1.json", "data/history*.json")
    True
    >>> fits("xHistory.json", "History.json")
    False
    """
    wanted, parts = (normalize("NFC", text).casefold().split("/") for text in (pattern, path))
    tail = parts[-len(wanted) :]
    return len(tail) == len(wanted) and all(map(fnmatchcase, tail, wanted))


def members(
    given: Given, limits: Limits = LIMITS, nested: tuple[str, ...] = ()
) -> Iterator[Member]:
    """Iterate over the files in what was given, without junk.

    Parameters
    ----------
    given : Given
        A plain file is its own single member.
    limits : Limits
        What is read at most.
    nested : tuple of str
        Patterns of archives inside an archive that are opened, one level deep.

    Raises
    ------
    Refused
        Each ground has a class of its own.
    """
    size = _size(given.stream)
    head = _head(given.stream)
    if size == _CUT or head.startswith(_SPANNED):
        raise SplitArchive()
    if size > limits.packed:
        raise TooLarge()
    if head.startswith(_OTHER) or head[257:262] == b"ustar":
        raise OtherArchive()
    if head.startswith(_ZIP):
        yield from _unzipped(given.stream, given.name, limits, nested, _Room(limits))
    elif head.startswith(_GZIP):
        yield Member(
            _ungz(given.name), None, _gunzipped(lambda: streams.rewound(given.stream), limits, size)
        )
    else:
        yield Member(given.name, size, lambda: streams.rewound(given.stream))


def _unzipped(
    stream: BinaryIO, name: str, limits: Limits, nested: tuple[str, ...] | None, room: _Room
) -> Iterator[Member]:
    """Iterate over a zip archive; `nested` is None inside an archive already."""
    archive = _opened_zip(stream, limits)
    infos = [
        info
        for info in archive.infolist()
        if info.filename and not info.is_dir() and not _junk(info.filename)
    ]
    room.count(infos)
    names = {info.filename for info in infos}
    if "xl/workbook.xml" in names and "[Content_Types].xml" in names:
        if any(info.flag_bits & 1 for info in infos):
            raise Encrypted()
        yield Member(name, _size(stream), lambda: streams.rewound(stream), is_workbook=True)
        return
    for info in infos:
        if info.flag_bits & 1:
            raise Encrypted()
        yield from _of_zip(archive, info, limits, nested, room)


def _of_zip(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    limits: Limits,
    nested: tuple[str, ...] | None,
    room: _Room,
) -> Iterator[Member]:
    opened = _bounded(archive, info, limits)
    path = info.filename
    lower = path.casefold()
    if lower.endswith((".zip", ".xlsx")) and info.file_size:
        inside = Member(path, info.file_size, opened, is_archive=True)
        if lower.endswith(".zip") and not (nested and inside.fits(nested)):
            if nested is None:
                raise NestedArchive()
            yield inside
            return
        yield from _unzipped(room.hold(opened), path, limits, None, room)
    elif lower.endswith(".gz"):
        yield Member(_ungz(path), None, _gunzipped(opened, limits, info.compress_size))
    else:
        yield Member(path, info.file_size, opened)


def _opened_zip(stream: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    central_directory.check(stream, limits.members)
    stream.seek(0)
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError):
        pass
    raise Damaged()


def _bounded(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits
) -> Callable[[], BinaryIO]:
    """Return what opens a member, after a look at what the archive says of it."""

    def opened() -> BinaryIO:
        large = info.file_size >= limits.ratio_from
        if info.file_size > limits.unpacked:
            raise TooLarge()
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Damaged()
        if large and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise TooLarge()
        try:
            inner = archive.open(info)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
            inner = None
        if inner is None:
            raise Damaged()
        return _counted(inner, limits, info.compress_size)

    return opened


def _gunzipped(
    opened: Callable[[], BinaryIO], limits: Limits, packed: int
) -> Callable[[], BinaryIO]:
    """Return what opens the file inside a .gz, whose size nobody knows before it is read."""

    def unpacked() -> BinaryIO:
        return _counted(gzip.GzipFile(fileobj=opened(), mode="rb"), limits, packed)

    return unpacked


def _counted(inner: io.BufferedIOBase | IO[bytes], limits: Limits, packed: int) -> BinaryIO:
    most = min(limits.unpacked, max(limits.ratio_from, limits.ratio * packed))
    return streams.counted(inner, most)


def _size(stream: BinaryIO) -> int:
    return stream.seek(0, io.SEEK_END)


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(512)


def _junk(path: str) -> bool:
    parts = path.casefold().split("/")
    return any(part in _JUNK for part in parts) or parts[-1].startswith("._")


def _ungz(path: str) -> str:
    return path[:-3] if path.casefold().endswith(".gz") else path
