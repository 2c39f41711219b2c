"""CSV bytes into text columns, a few thousand rows at a time."""

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from app.datasets.ingest import messages
from app.datasets.ingest.errors import UploadError

BATCH_ROWS = 8192
MAX_NAME = 80
DELIMITERS = ",;\t"
BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
MAGIC = {
    b"PK\x03\x04": "zip or Excel",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "Excel",
    b"PAR1": "Parquet",
    b"SQLite format 3": "SQLite",
}


@dataclass(frozen=True)
class Limits:
    """Largest file that is read.

    Parameters
    ----------
    size : int
        Bytes.
    rows : int
        Without the header.
    columns : int
    field : int
        Characters of one cell, at most 131,072.
    blank : int
        Lines without anything.
    held : int
        Characters that are held at a time, about.
    seconds : float
        That reading may take, whatever is done with the rows meanwhile.
    """

    size: int = 1_000_000_000
    rows: int = 20_000_000
    columns: int = 200
    field: int = 10_000
    blank: int = 10_000
    held: int = 32_000_000
    seconds: float = 900.0


def read_csv(stream: BinaryIO, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Read a CSV file; all columns are text, blank cells are "".

    Comma, semicolon or tab is taken from the header; UTF-8 with or without a byte order mark.
    Holds one batch of rows at a time.

    Parameters
    ----------
    stream : BinaryIO
    limits : Limits

    Yields
    ------
    pyarrow.RecordBatch
        At least one; never empty.

    Raises
    ------
    UploadError
        At the first thing that is wrong.
    """
    lines = _Lines(stream, limits)
    header_line = lines.first()
    delimiter = _sniff(header_line)
    records = csv.reader(lines.following(header_line), delimiter=delimiter, strict=True)
    names = _header(_next(records, lines), limits)
    lines.row = 1
    schema = pa.schema([(name, pa.string()) for name in names])
    pending: list[list[str]] = []
    held = 0
    while (record := _next(records, lines)) is not None:
        if not record:
            lines.row += 1
            lines.blank += 1
            if lines.blank > limits.blank:
                raise UploadError(messages.TOO_MANY_BLANK, lines.row, limit=limits.blank)
            continue
        _check(record, len(names), lines, limits)
        pending.append(record)
        held += sum(map(len, record))
        if len(pending) == BATCH_ROWS or held > limits.held:
            yield _batch(pending, schema)
            pending, held = [], 0
    if lines.records == 0:
        raise UploadError(messages.EMPTY)
    if pending:
        yield _batch(pending, schema)


class _Lines:
    """Decodes line by line, so that an error knows its row and no line fills the memory."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._longest = limits.field * 4 * min(limits.columns, 50)
        self._size = 0
        self._until = time.monotonic() + limits.seconds
        self.row = 0
        self.records = 0
        self.blank = 0

    # `row` and `records` count what was read whole: the next line belongs to row + 1.

    def first(self) -> str:
        raw = self._read()
        for magic, kind in MAGIC.items():
            if raw.startswith(magic):
                raise UploadError(messages.NOT_CSV, kind=kind)
        if raw.startswith(UTF_16):
            raise UploadError(messages.UTF_16)
        raw = raw.removeprefix(BOM)
        if not raw.strip():
            raise UploadError(messages.EMPTY)
        if b"\r" in raw.rstrip(b"\r\n"):
            raise UploadError(messages.LINE_ENDS)
        return self._decode(raw)

    def following(self, first: str) -> Iterator[str]:
        yield first
        while raw := self._read():
            yield self._decode(raw)

    def _read(self) -> bytes:
        raw = self._stream.readline(self._longest + 1)
        self._size += len(raw)
        if time.monotonic() > self._until:
            raise UploadError(messages.TOO_SLOW, self.row + 1, limit=round(self._limits.seconds))
        if self._size > self._limits.size:
            raise UploadError(messages.TOO_LARGE, limit=self._limits.size)
        if len(raw) > self._longest:
            raise UploadError(messages.TOO_LONG, self.row + 1, limit=self._limits.field)
        return raw

    def _decode(self, raw: bytes) -> str:
        if b"\0" in raw:
            raise UploadError(messages.NUL, self.row + 1)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise UploadError(messages.NOT_UTF_8, self.row + 1) from None


def _next(records: Iterator[list[str]], lines: _Lines) -> list[str] | None:
    try:
        return next(records, None)
    except csv.Error as error:
        long = "field limit" in str(error)
        message = messages.TOO_LONG if long else messages.QUOTES
        raise UploadError(message, lines.row + 1, limit=csv.field_size_limit()) from None


def _check(record: list[str], width: int, lines: _Lines, limits: Limits) -> None:
    lines.row += 1
    lines.records += 1
    if len(record) != width:
        raise UploadError(messages.RAGGED, lines.row, found=len(record), expected=width)
    if lines.records > limits.rows:
        raise UploadError(messages.TOO_MANY_ROWS, limit=limits.rows)
    if max(map(len, record)) > limits.field:
        raise UploadError(messages.TOO_LONG, lines.row, limit=limits.field)


def _sniff(header: str) -> str:
    """Choose the separator that occurs most outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _header(record: list[str] | None, limits: Limits) -> list[str]:
    names = [name.strip() for name in record or []]
    if not names:
        raise UploadError(messages.EMPTY)
    if len(names) > limits.columns:
        raise UploadError(messages.TOO_MANY_COLUMNS, limit=limits.columns)
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if not name:
            raise UploadError(messages.HEADER_EMPTY, 1, position=position)
        if len(name) > MAX_NAME or not name.isprintable():
            raise UploadError(messages.HEADER_STRANGE, 1, position=position)
        if name.casefold() in seen:
            raise UploadError(messages.HEADER_TWICE, 1, name)
        seen.add(name.casefold())
    return names


def _batch(records: list[list[str]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in zip(*records, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
