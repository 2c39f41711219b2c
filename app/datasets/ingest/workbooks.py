"""The tables in an Excel workbook (.xlsx), and the rows of one of them as text columns."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

import pyarrow as pa

from app.datasets.ingest import messages
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.layout import HEAD_LINES, header_at
from app.datasets.ingest.reading import Batches, Limits, header_names
from traces.archive import Member
from traces.sheets import SheetRow, sheet_rows


def tables_in(member: Member, limits: Limits) -> tuple[tuple[int, str], ...]:
    """Return the sheets with a table: a header and a row below it. Notes do not count beside one.

    Returns
    -------
    tuple of (int, str)
        Place of the sheet and its name.
    """
    found: list[tuple[int, str, int]] = []
    first = sheet_rows(member, None, HEAD_LINES, limits.columns + 1)
    for place, group in groupby(first, key=lambda row: row.place):
        rows = list(group)
        if place >= limits.sheets:
            break
        if len(rows) > 1:
            width = max(len(row.cells) - _indent(row) for row in rows)
            found.append((place, rows[0].sheet, width))
    wide = [each for each in found if each[2] > 1] or found
    return tuple((place, name) for place, name, _width in wide)


def read_sheet(member: Member, place: int, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Read the table of one sheet, as `read_csv` reads a file.

    Dates and times come as a spreadsheet means them: 2026-12-31, 2026-12-31 08:15:00, 08:15:00.

    Raises
    ------
    UploadError
        At the first thing that is wrong.
    """
    head = list(sheet_rows(member, place, HEAD_LINES, limits.columns + 1))
    if not head:
        raise UploadError(messages.NO_TABLE)
    header = _header(head)
    indent = _indent(header)
    names = header_names(_texts(header)[indent:], limits, header.number)
    batches = Batches(names, limits)
    for row in sheet_rows(member, place, None, limits.columns + 1):
        if row.number > header.number:
            record = _texts(row)[indent:]
            while len(record) > len(names) and not record[-1]:
                record.pop()
            record += [""] * (len(names) - len(record))
            if full := batches.add(record, row.number):
                yield full
    yield from batches.rest()


def _header(head: Sequence[SheetRow]) -> SheetRow:
    """Return the row with the names; blank rows, which a sheet leaves out, are seen as such."""
    # Most rows begin where the table does; a title above it may stand further left.
    indent, _rows = Counter(map(_indent, head)).most_common(1)[0]
    records: list[list[str]] = []
    places: list[int] = []
    for place, row in enumerate(head):
        gap = row.number - head[place - 1].number - 1 if place else 0
        records += [[]] * min(gap, 1) + [_texts(row)[indent:]]
        places += [place] * min(gap, 1) + [place]
    return head[places[header_at(records)]]


def _indent(row: SheetRow) -> int:
    """Return how many cells are empty before the first."""
    return next((place for place, held in enumerate(row.cells) if held is not None), 0)


def _texts(row: SheetRow) -> list[str]:
    return [_text(row, place) for place in range(len(row.cells))]


def _text(row: SheetRow, place: int) -> str:
    held = row.at(place)
    when = row.time(place) if place in row.moments else None
    if when is not None and isinstance(held, Decimal):
        if held < 1:
            return f"{when:%H:%M:%S}"
        return f"{when:%Y-%m-%d}" if held == int(held) else f"{when:%Y-%m-%d %H:%M:%S}"
    return "" if held is None else f"{held:f}" if isinstance(held, Decimal) else held
