"""The sheets of a workbook (.xlsx): rows of texts and numbers, in bounded memory."""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException
from typing import BinaryIO

from traces import streams
from traces.archive import Member
from traces.errors import Damaged, Refused
from traces.xml_elements import Element, xml_elements

#: What a cell holds: a text, a number (dates are numbers too), or nothing.
Held = str | Decimal | None

#: Bytes of one part when it is unpacked, texts that a workbook shares, columns that are looked at.
_PART, _SHARED, _COLUMNS = 64 << 20, 200_000, 64
#: Sheets of a workbook, and parts or formats of numbers that it lists.
_SHEETS, _LISTED = 256, 10_000
_LETTERS = re.compile(r"[A-Z]{1,3}")
#: Formats of numbers that every workbook has, of dates and times (ECMA-376, part 1, 18.8.30).
_BUILT_IN_DATES = frozenset(str(each) for each in (*range(14, 23), *range(27, 37), *range(45, 59)))
#: What says nothing in a format: words in quotes, colours and conditions, signs that are escaped.
_NO_DATE = re.compile(r'"[^"]*"|\[(?!(?:h+|m+|s+)\])[^\]]*\]|\\.|_.|\*.', re.IGNORECASE)
_TELLS_DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet; no `repr` shows its cells.

    Parameters
    ----------
    sheet : str
    cells : sequence of str, Decimal or None
    since_1904 : bool
        Whether days are counted from 1904.
    place : int
        Of the sheet, from zero.
    number : int
        As a spreadsheet counts, from 1.
    moments : frozenset of int
        Positions of numbers that the sheet shows as dates or times.
    """

    sheet: str = field(repr=False)
    cells: Sequence[Held] = field(repr=False)
    since_1904: bool = False
    place: int = 0
    number: int = 0
    moments: frozenset[int] = frozenset()

    def at(self, place: int) -> Held:
        """Return a cell by its position, from zero; None where the row is shorter."""
        return self.cells[place] if place < len(self.cells) else None

    def time(self, place: int) -> datetime | None:
        """Return a cell that is a number as the day and time it stands for, or None."""
        held = self.at(place)
        if not isinstance(held, Decimal) or not 0 <= held < 100_000:
            return None
        begin = datetime(1904, 1, 1) if self.since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
        return begin + timedelta(seconds=int((held * 86_400).to_integral_value()))


def sheet_rows(
    member: Member, place: int | None = None, most: int | None = None, columns: int = _COLUMNS
) -> Iterator[SheetRow]:
    """Iterate over the rows of all sheets, in their order; rows without a cell are passed over.

    Parameters
    ----------
    member : Member
        The workbook.
    place : int, optional
        Of one sheet, from zero, where only that one is asked for.
    most : int, optional
        Rows of each sheet that are read.
    columns : int
        That are looked at.

    Raises
    ------
    Damaged
        The workbook breaks its rules or our bounds.
    """
    failure: type[Refused] | None = None
    try:
        with ExitStack() as stack:
            stream = stack.enter_context(member.opened())
            book = stack.enter_context(zipfile.ZipFile(stream))
            yield from _rows(book, place, most, columns)
    except Refused as refused:
        failure = type(refused)
    except _BROKEN:
        failure = Damaged
    if failure is not None:
        raise failure()


def _rows(
    book: zipfile.ZipFile, place: int | None, most: int | None, columns: int
) -> Iterator[SheetRow]:
    parts = set(book.namelist())
    since_1904 = False
    sheets: list[tuple[str, str]] = []
    for each in _few(_elements(book, "xl/workbook.xml", ("workbookPr", "sheet")), _SHEETS):
        if each.name == "workbookPr":
            since_1904 = each.attributes.get("date1904") in ("1", "true")
        else:
            sheets.append((each.attributes.get("name", ""), each.attributes.get("id", "")))
    relations = _elements(book, "xl/_rels/workbook.xml.rels", ("Relationship",))
    targets = {
        each.attributes.get("Id", ""): each.attributes.get("Target", "")
        for each in _few(relations, _LISTED)
    }
    shared = list(_shared(book)) if "xl/sharedStrings.xml" in parts else []
    dated = _dated_styles(book) if "xl/styles.xml" in parts else frozenset()
    for at, (name, ident) in enumerate(sheets):
        if place not in (None, at):
            continue
        target = targets.get(ident, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in parts:
            # A part is one sheet: named a thousand times, it would be read a thousand times.
            parts.remove(part)
            found = _of_sheet(book, part, shared, dated, columns)
            for number, cells, moments in itertools.islice(found, most):
                yield SheetRow(name, cells, since_1904, at, number, moments)


def _of_sheet(
    book: zipfile.ZipFile, part: str, shared: Sequence[str], dated: frozenset[str], columns: int
) -> Iterator[tuple[int, Sequence[Held], frozenset[int]]]:
    number = 0
    for row in _elements(book, part, ("row",)):
        told = row.attributes.get("r", "")
        number = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else number + 1
        moments: set[int] = set()
        if cells := _cells(row, shared, columns, dated, moments):
            yield number, cells, frozenset(moments)


def _dated_styles(book: zipfile.ZipFile) -> frozenset[str]:
    """Return the numbers of the styles in which a number is shown as a date or a time."""
    own: dict[str, str] = {}
    styles: list[str] = []
    for each in _few(_elements(book, "xl/styles.xml", ("numFmt", "cellXfs")), _LISTED):
        if each.name == "numFmt":
            own[each.attributes.get("numFmtId", "")] = each.attributes.get("formatCode", "")
        else:
            styles = [style.attributes.get("numFmtId", "") for style in each.children]
    return frozenset(
        str(place)
        for place, number in enumerate(styles)
        if number in _BUILT_IN_DATES or _TELLS_DATE.search(_NO_DATE.sub("", own.get(number, "")))
    )


def _elements(book: zipfile.ZipFile, part: str, names: tuple[str, ...]) -> Iterator[Element]:
    with _part(book, part) as stream:
        yield from xml_elements(stream, names)


def _few(elements: Iterator[Element], most: int) -> Iterator[Element]:
    """Refuse more elements than any workbook has."""
    for number, each in enumerate(elements):
        if number >= most:
            raise Damaged()
        yield each


def _part(book: zipfile.ZipFile, part: str) -> BinaryIO:
    return streams.counted(book.open(part), _PART)


def _shared(book: zipfile.ZipFile) -> Iterator[str]:
    return map(_text, _few(_elements(book, "xl/sharedStrings.xml", ("si",)), _SHARED))


def _text(of: Element) -> str:
    """Return a text that may be made of several runs; how it is spoken is left out."""
    runs = [each for each in of.children if each.name in ("t", "r")]
    return "".join(each.text if each.name == "t" else each.said("t") for each in runs)


def _cells(
    row: Element, shared: Sequence[str], columns: int, dated: frozenset[str], moments: set[int]
) -> list[Held]:
    cells: list[Held] = []
    for each in row.children:
        place = _place(each.attributes.get("r", ""), len(cells))
        if each.name != "c" or not len(cells) <= place < columns:
            continue
        cells += [None] * (place - len(cells))
        cells.append(_held(each, shared))
        if each.attributes.get("s", "") in dated and isinstance(cells[-1], Decimal):
            moments.add(place)
    return cells if any(held is not None for held in cells) else []


def _place(reference: str, following: int) -> int:
    """Return the position that "B3" names; the following one where there is no name."""
    found = _LETTERS.match(reference)
    if found is None:
        return following
    place = 0
    for letter in found[0]:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _held(cell: Element, shared: Sequence[str]) -> Held:
    kind, text = cell.attributes.get("t", "n"), cell.said("v")
    if kind == "inlineStr":
        inline = cell.first("is")
        return None if inline is None else _text(inline)
    if kind == "s":
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
        return shared[number] if 0 <= number < len(shared) else None
    if kind in ("str", "d"):
        return text or None
    if kind == "b":
        return {"1": "true", "0": "false"}.get(text)
    if kind != "n" or not text or len(text) > 40:
        return None
    try:
        value = Decimal(text)
    except DecimalException:
        return None
    return value if value.is_finite() and abs(value) < 10**15 else None
