"""What a file is, and the rows of the table in it, whatever its format.

A file is recognised by its bytes, never by its name. Where several tables are in it, its owner is
asked which one is meant.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from app.datasets.ingest import messages
from app.datasets.ingest.encodings import Opened, beginning_as_text, encoding_of
from app.datasets.ingest.errors import SeveralTables, UploadError
from app.datasets.ingest.json_rows import looks_like_json, read_json
from app.datasets.ingest.messages import Message
from app.datasets.ingest.reading import Limits, read_csv
from app.datasets.ingest.workbooks import read_sheet, tables_in
from traces import archive
from traces import errors as traces
from traces.archive import Given, Member

#: How files begin that are unpacked.
PACKED = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"7z\xbc\xaf'\x1c",
    b"Rar!\x1a\x07",
)
_BEGINNING = 1 << 12
_TABLES = (".csv", ".tsv", ".tab", ".psv", ".json", ".jsonl", ".ndjson")
_MIB = 1 << 20
_SAID: dict[type[traces.Refused], Message] = {
    traces.TooLarge: messages.PACKED_TOO_LARGE,
    traces.TooManyMembers: messages.TOO_MANY_INSIDE,
    traces.Encrypted: messages.ENCRYPTED,
    traces.SplitArchive: messages.SPLIT,
    traces.NestedArchive: messages.ARCHIVE_INSIDE,
    traces.OtherArchive: messages.OTHER_ARCHIVE,
}


@dataclass(frozen=True)
class Table:
    """A table in a file: its name for the owner's eyes, and how its rows are read."""

    name: str
    read: Callable[[], Iterator[pa.RecordBatch]]


def read_table(
    opened: Opened, limits: Limits, chosen: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the table in a file: CSV, Excel, JSON, or one of these in a zip.

    Parameters
    ----------
    opened : callable
        Opens the file anew; can be sought in where it is packed.
    limits : Limits
    chosen : int, optional
        Which of several tables, from zero.

    Raises
    ------
    UploadError
        At the first thing that is wrong.
    SeveralTables
        With their names, where nobody chose.
    """
    with _translated():
        with opened() as stream:
            beginning = stream.read(_BEGINNING)
        if not is_packed(beginning):
            yield from _read_plain(opened, limits)
            return
        with opened() as stream:
            tables = tuple(_unpacked(Given("", stream), limits))
            if not tables:
                raise UploadError(messages.NO_TABLE_INSIDE)
            if len(tables) > 1 and (chosen is None or not 0 <= chosen < len(tables)):
                raise SeveralTables(tuple(table.name for table in tables))
            yield from tables[chosen or 0 if len(tables) > 1 else 0].read()


def is_packed(beginning: bytes) -> bool:
    """Tell whether a file has to be unpacked; an Excel workbook is a zip as well."""
    return beginning.startswith(PACKED) or beginning[257:262] == b"ustar"


def _read_plain(opened: Opened, limits: Limits) -> Iterator[pa.RecordBatch]:
    with opened() as stream:
        beginning = stream.read(_BEGINNING)
    if looks_like_json(beginning_as_text(beginning)):
        yield from read_json(opened, limits)
        return
    encoding = encoding_of(opened)
    with opened() as stream:
        yield from read_csv(stream, limits, encoding)


def _unpacked(given: Given, limits: Limits) -> Iterator[Table]:
    inside = list(archive.members(given, _limits(limits)))
    members = [member for member in inside if not member.is_archive][: limits.sheets]
    if not members and inside:
        raise UploadError(messages.ARCHIVE_INSIDE)
    only = len(members) == 1
    for member in members:
        if member.is_workbook:
            yield from _sheets(member, limits, only)
        elif only or member.path.casefold().endswith(_TABLES) or _only_text(member, members):
            yield Table(_shown(member.path), _reader(member, limits))


def _sheets(member: Member, limits: Limits, only: bool) -> Iterator[Table]:
    found = tables_in(member, limits)
    if not found and only:
        raise UploadError(messages.NO_TABLE)
    for place, name in found:
        shown = _shown(name) if only else f"{_shown(member.path)}: {_shown(name)}"
        yield Table(shown, _sheet_reader(member, place, limits))


def _only_text(member: Member, members: list[Member]) -> bool:
    """Tell whether a .txt is a table: only where nothing else in the zip is."""
    others = (each.is_workbook or each.path.casefold().endswith(_TABLES) for each in members)
    return member.path.casefold().endswith(".txt") and not any(others)


def _reader(member: Member, limits: Limits) -> Callable[[], Iterator[pa.RecordBatch]]:
    return lambda: _read_plain(member.opened, limits)


def _sheet_reader(
    member: Member, place: int, limits: Limits
) -> Callable[[], Iterator[pa.RecordBatch]]:
    return lambda: read_sheet(member, place, limits)


def _shown(name: str) -> str:
    """Return a name as it can be shown: printable and short."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in name)
    return plain if len(plain) <= 80 else f"…{plain[-79:]}"


def _limits(limits: Limits) -> archive.Limits:
    return archive.Limits(
        packed=limits.size,
        unpacked=limits.size,
        members=2_000,
        nested=64 * _MIB,
        together=4 * limits.size,
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Say in our words why a file is not read."""
    try:
        yield
    except traces.Refused as refused:
        raise UploadError(_SAID.get(type(refused), messages.DAMAGED)) from None
