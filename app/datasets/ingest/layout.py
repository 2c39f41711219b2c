"""Where the table of a file begins, and what separates its cells: seen from its first lines.

A line is taken for a preamble only where that is sure: else a row of somebody's data would become
the names of the columns.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.datasets.ingest import cells

#: Lines that are looked at; banks begin with a dozen of their own.
HEAD_LINES = 60
DELIMITERS = ",;\t|"
_HINT = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)
_DATED = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?!\d)")


@dataclass(frozen=True)
class Layout:
    """How the text of a table is laid out.

    Parameters
    ----------
    delimiter : str
    lines : int
        Lines above the header.
    rows : int
        Rows above the header, as a spreadsheet counts.
    """

    delimiter: str = ","
    lines: int = 0
    rows: int = 0


def layout_of(head: Sequence[str]) -> Layout:
    """Return how a table is laid out.

    Parameters
    ----------
    head : sequence of str
        Its first lines, with their ends.
    """
    hint = _HINT.match(head[0].strip("\ufeff")) if head else None
    if hint:
        return Layout(hint[1], 1, 1)
    seen = [(_records(head, delimiter), delimiter) for delimiter in DELIMITERS]
    (starts, records), delimiter = max(seen, key=lambda each: _evenness(each[0][1]))
    if width_of(records) < 2:
        delimiter = ","
        starts, records = _records(head, delimiter)
    above = header_at(records)
    if delimiter not in head[starts[above]] and _are_numbers(head[starts[above] + 1 :]):
        # One column of numbers with decimal commas.
        delimiter = ";"
    return Layout(delimiter, starts[above], above)


def header_at(records: Sequence[Sequence[str]]) -> int:
    """Return which of the first records has the names of the columns.

    Lines above it have one cell, or two beside a wide table; the names are no numbers or dates,
    and either a blank line stands above them or numbers or dates below.
    """
    first = next((at for at, record in enumerate(records) if _filled(record)), 0)
    width = width_of(records)
    if width < 2:
        return first
    at = next((at for at, each in enumerate(records) if _filled(each) >= width), first)
    above, header, below = records[:at], records[at], records[at + 1 :]
    narrow = 2 if width >= 4 else 1
    sure = at > first and all(_filled(each) <= narrow for each in above)
    if not sure or any(_is_value(cell) for cell in header) or not any(map(_filled, below)):
        return first
    return at if not _filled(records[at - 1]) or _has_value_column(below, width) else first


def width_of(records: Sequence[Sequence[str]]) -> int:
    """Return how many cells most records have."""
    widths = Counter(len(each) for each in records if _filled(each))
    return max(widths, key=lambda width: (widths[width] * (width > 1), width), default=0)


def _evenness(records: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Say how like a table records are: the share of those with the same cells, and how many."""
    filled = [each for each in records if _filled(each)]
    width = width_of(filled)
    if width < 2:
        return 0.0, 0
    return sum(len(each) == width for each in filled) / len(filled), width


def _records(head: Sequence[str], delimiter: str) -> tuple[list[int], list[list[str]]]:
    """Return records, and the line that each begins with."""
    reader = csv.reader(head, delimiter=delimiter)
    starts, records = [0], []
    try:
        for record in reader:
            records.append(record)
            starts.append(reader.line_num)
    except csv.Error:
        pass  # said when the rows are read
    return starts, records or [[]]


def _filled(record: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _is_value(text: str) -> bool:
    return "@" in text or cells.number(text) is not None or _DATED.match(text) is not None


def _has_value_column(below: Sequence[Sequence[str]], width: int) -> bool:
    rows = [each for each in below if len(each) == width and _filled(each)]
    columns = ([each[place].strip() for each in rows] for place in range(width))
    return bool(rows) and any(
        any(column) and all(_is_value(cell) for cell in column if cell) for column in columns
    )


def _are_numbers(lines: Sequence[str]) -> bool:
    filled = [line.strip() for line in lines if line.strip()]
    return bool(filled) and all(cells.number(line) is not None for line in filled)
