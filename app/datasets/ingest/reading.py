"""CSV bytes into text columns, a few thousand rows at a time."""

import csv
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from app.datasets.ingest import messages
from app.datasets.ingest.encodings import in_utf_8
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.layout import HEAD_LINES, Layout, layout_of

BATCH_ROWS = 8192
MAX_NAME = 80
#: Letters in a cell that the parser takes; what a market allows is less.
LONGEST_FIELD = 1 << 17
#: The column that says which row of the file each one was; no column of a file is called so.
ROW = ""
BOM = b"\xef\xbb\xbf"
MAGIC = {
    b"PK\x03\x04": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "Excel 97",
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
    sheets : int
        Of a workbook, or files of a zip, that are looked at for a table.
    seconds : float
        That reading may take, whatever is done with the rows meanwhile.
    """

    size: int = 1_000_000_000
    rows: int = 20_000_000
    columns: int = 200
    field: int = 10_000
    blank: int = 10_000
    held: int = 32_000_000
    sheets: int = 50
    seconds: float = 900.0


def read_csv(stream: BinaryIO, limits: Limits, encoding: str = "utf-8") -> Iterator[pa.RecordBatch]:
    """Read a CSV file; all columns are text, blank cells are "", `ROW` says where each row was.

    What separates cells, and lines above the header, are seen from the first lines. Holds one batch
    of rows at a time.

    Parameters
    ----------
    stream : BinaryIO
    limits : Limits
    encoding : str
        As `encodings.encoding_of` finds it.

    Yields
    ------
    pyarrow.RecordBatch
        At least one; never empty.

    Raises
    ------
    UploadError
        At the first thing that is wrong.
    """
    lines = _Lines(in_utf_8(stream, encoding), limits, encoding)
    layout, text = lines.laid_out()
    # The limit is the process's: whatever else runs in it may have lifted it.
    csv.field_size_limit(LONGEST_FIELD)
    records = csv.reader(text, delimiter=layout.delimiter, strict=True)
    lines.row = layout.rows
    names = header_names(_next(records, lines), limits, layout.rows + 1)
    lines.row += 1
    batches = Batches(names, limits)
    while (record := _next(records, lines)) is not None:
        lines.row += 1
        if not record:
            lines.blank += 1
            if lines.blank > limits.blank:
                raise UploadError(messages.TOO_MANY_BLANK, lines.row, limit=limits.blank)
        elif full := batches.add(record, lines.row):
            yield full
    yield from batches.rest()


class Batches:
    """Gathers the rows of a table, each of which must fit its header.

    Parameters
    ----------
    names : list of str
    limits : Limits
    """

    def __init__(self, names: list[str], limits: Limits) -> None:
        self._limits = limits
        self._schema = pa.schema([*((name, pa.string()) for name in names), (ROW, pa.int64())])
        self._width = len(names)
        self._pending: list[list[str]] = []
        self._rows: list[int] = []
        self._held = self._count = 0
        self._until = time.monotonic() + limits.seconds

    def add(self, record: list[str], row: int) -> pa.RecordBatch | None:
        """Take a row; return a batch where one is full.

        Raises
        ------
        UploadError
        """
        self._check(record, row)
        self._pending.append(record)
        self._rows.append(row)
        self._held += sum(map(len, record))
        full = len(self._pending) == BATCH_ROWS or self._held > self._limits.held
        return self._batch() if full else None

    def rest(self) -> Iterator[pa.RecordBatch]:
        """Yield what is left.

        Raises
        ------
        UploadError
            Where there was no row at all.
        """
        if self._count == 0:
            raise UploadError(messages.EMPTY)
        if self._pending:
            yield self._batch()

    def _check(self, record: list[str], row: int) -> None:
        self._count += 1
        if len(record) != self._width:
            raise UploadError(messages.RAGGED, row, found=len(record), expected=self._width)
        if self._count > self._limits.rows:
            raise UploadError(messages.TOO_MANY_ROWS, limit=self._limits.rows)
        if max(map(len, record)) > self._limits.field:
            raise UploadError(messages.TOO_LONG, row, limit=self._limits.field)
        if time.monotonic() > self._until:
            raise UploadError(messages.TOO_SLOW, row, limit=round(self._limits.seconds))

    def _batch(self) -> pa.RecordBatch:
        columns = [pa.array(column, pa.string()) for column in zip(*self._pending, strict=True)]
        columns.append(pa.array(self._rows, pa.int64()))
        self._pending, self._rows, self._held = [], [], 0
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)


class _Lines:
    """Decodes line by line, so that an error knows its row and no line fills the memory."""

    def __init__(self, stream: BinaryIO, limits: Limits, encoding: str) -> None:
        self._stream = stream
        self._limits = limits
        self._encoding = "utf-8" if encoding.startswith("utf-16") else encoding
        self._longest = limits.field * 4 * min(limits.columns, 50)
        self._size = 0
        self._until = time.monotonic() + limits.seconds
        self.row = 0
        self.blank = 0

    # `row` counts what was read whole: the next line belongs to row + 1.

    def laid_out(self) -> tuple[Layout, Iterator[str]]:
        """Return how the table is laid out, and its lines from the header on."""
        head = self._head()
        shown = [line.decode(self._encoding, "replace") for line in head]
        layout = layout_of(shown)
        return layout, map(self._decode, chain(head[layout.lines :], self._following()))

    def _head(self) -> list[bytes]:
        raw = self._read()
        for magic, kind in MAGIC.items():
            if raw.startswith(magic):
                raise UploadError(messages.NOT_CSV, kind=kind)
        head = [raw.removeprefix(BOM)]
        held = len(raw)
        while raw and len(head) < HEAD_LINES and held < self._longest and (raw := self._read()):
            head.append(raw)
            held += len(raw)
        if not any(line.strip() for line in head):
            raise UploadError(messages.EMPTY)
        if any(b"\r" in line.rstrip(b"\r\n") for line in head[:1]):
            raise UploadError(messages.LINE_ENDS)
        return head

    def _following(self) -> Iterable[bytes]:
        return iter(self._read, b"")

    def _read(self) -> bytes:
        try:
            raw = self._stream.readline(self._longest + 1)
        except UnicodeDecodeError:
            raise UploadError(messages.NOT_UTF_16) from None
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
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            raise UploadError(messages.NOT_UTF_8, self.row + 1) from None


def _next(records: Iterator[list[str]], lines: _Lines) -> list[str] | None:
    try:
        return next(records, None)
    except csv.Error as error:
        long = "field limit" in str(error)
        message = messages.TOO_LONG if long else messages.QUOTES
        raise UploadError(message, lines.row + 1, limit=csv.field_size_limit()) from None


def header_names(record: list[str] | None, limits: Limits, row: int = 1) -> list[str]:
    """Return the names of the columns.

    Raises
    ------
    UploadError
        Where one is missing, strange, or there twice.
    """
    names = [name.strip() for name in record or []]
    if not names:
        raise UploadError(messages.EMPTY)
    if len(names) > limits.columns:
        raise UploadError(messages.TOO_MANY_COLUMNS, limit=limits.columns)
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if not name:
            raise UploadError(messages.HEADER_EMPTY, row, position=position)
        if len(name) > MAX_NAME or not name.isprintable():
            raise UploadError(messages.HEADER_STRANGE, row, position=position)
        if name.casefold() in seen:
            raise UploadError(messages.HEADER_TWICE, row, name)
        seen.add(name.casefold())
    return names
