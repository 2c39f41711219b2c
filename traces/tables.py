"""Tables of separated values: the known header is found first, then rows are read by its names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from traces.errors import Damaged, UnknownFormat
from traces.text import normalise

#: Lines in which the header is looked for: some banks begin with ten lines of their own.
PREAMBLE = 40
LONGEST_NAME = 200
_LONGEST_LINE = 1 << 20
_LONGEST_FIELD = 1 << 17


@dataclass(frozen=True)
class Layout:
    """What tells a table of one format.

    Parameters
    ----------
    columns : mapping of str to tuple of str
        Our key of a column, and its names in every language and version, normalised.
    required : tuple of str
        Keys of the columns that a header must have.
    absent : tuple of str
        Names, normalised, that a header must not have.
    delimiter : str
        One character.
    """

    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    absent: tuple[str, ...] = ()
    delimiter: str = ","

    def header(self, cells: Sequence[str]) -> Header | None:
        """Return the header that a row is, or None."""
        return self.named(names_of(cells))

    def named(self, names: tuple[str, ...]) -> Header | None:
        """Return the header that a row of these names is, or None."""
        places = {
            key: names.index(found)
            for key, known in self.columns.items()
            if (found := next((name for name in known if name in names), None)) is not None
        }
        if any(key not in places for key in self.required) or any(n in names for n in self.absent):
            return None
        return Header(names, places)


@dataclass(frozen=True)
class Header:
    """The names of the columns, normalised, and where our keys are."""

    names: tuple[str, ...]
    places: Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """One row of a table; no `repr` shows its cells."""

    header: Header = field(repr=False)
    cells: tuple[str, ...] = field(repr=False)

    def __getitem__(self, key: str) -> str:
        """Return a cell by our key of its column; "" where the row or the table lacks it."""
        place = self.header.places.get(key)
        return "" if place is None else self.at(place)

    def at(self, place: int) -> str:
        """Return a cell by its position, from zero; "" where the row is shorter."""
        return self.cells[place] if place < len(self.cells) else ""

    def named(self, name: str, nth: int = 0) -> str:
        """Return a cell by its normalised name; the nth of those that share the name."""
        places = [place for place, each in enumerate(self.header.names) if each == name]
        return self.at(places[nth]) if nth < len(places) else ""

    @property
    def complete(self) -> bool:
        """Whether the row reaches all the columns that have a key; a footer seldom does."""
        return len(self.cells) > max(self.header.places.values(), default=0)


def rows(text: TextIO, layout: Layout) -> Iterator[Row]:
    """Iterate over the rows below the header; empty lines are passed over.

    Raises
    ------
    UnknownFormat
        The header is not among the first lines.
    Damaged
        The text is not a table: a line or a field without end, or bytes of another encoding.
    """
    header: Header | None = None
    for number, cells in enumerate(separated(text, layout.delimiter)):
        if header is not None:
            if any(cell.strip() for cell in cells):
                yield Row(header, tuple(cells))
        elif number >= PREAMBLE:
            break
        else:
            header = layout.header(cells)
    if header is None:
        raise UnknownFormat()


def names_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a row as names of columns; what is too long for one is none."""
    return tuple(normalise(cell) if len(cell) <= LONGEST_NAME else "" for cell in cells)


def separated(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    """Iterate over all rows of a text, whatever they are.

    Raises
    ------
    Damaged
        A line or a field without end, or bytes of another encoding.
    """
    # The limit is the process's: whatever else runs in it may have lifted it.
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(_lines(text), delimiter=delimiter)
    while True:
        try:
            cells = next(reader, None)
        except (csv.Error, UnicodeError):
            break
        if cells is None:
            return
        yield cells
    raise Damaged()


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) >= _LONGEST_LINE:
            raise Damaged()
        yield line
