"""The columns of a table's files: what their types are, read off the file itself.

The names are those that stand in the file: a spreadsheet's guard may stand before them.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.catalog.products import Product
from app.core.spreadsheets import guarded
from app.openness.description import Column, Description

#: Columns that say how sure a figure is, by what they are called.
LOW, HIGH, SD = "noise_interval_95_low", "noise_interval_95_high", "noise_sd"
VALUE, UNIT, APART = "value", "unit", "told_apart_from_zero"


@dataclass(frozen=True)
class FileColumn:
    """A column of a file.

    Attributes
    ----------
    kind : str
        "category", "number", "flag" or "text".
    values : tuple of str
        The domain of a category, as it stands in the file.
    whole : bool
        Whether each line has a value.
    """

    name: str
    title: str
    kind: str
    values: tuple[str, ...] = ()
    whole: bool = False


def columns_of(content: bytes, about: Description, product: Product) -> tuple[FileColumn, ...]:
    """Describe the columns of a CSV file that was made of a table."""
    header, *lines = csv.reader(io.StringIO(content.decode()))
    mine = categories_of(header, about, product)
    return tuple(
        _column(name, [line[place] for line in lines], mine.get(name))
        for place, name in enumerate(header)
    )


def categories_of(header: Sequence[str], about: Description, product: Product) -> dict[str, Column]:
    """Return the categories of a table by what a file calls them.

    One that is called like a column of figures is told apart by its ending.
    """
    found = {}
    for column in about.columns:
        if column.name in product.dimensions:
            told_apart = guarded(f"{column.name}_column")
            found[told_apart if told_apart in header else guarded(column.name)] = column
    return found


def _column(name: str, cells: Sequence[str], category: Column | None) -> FileColumn:
    whole = bool(cells) and all(cells)
    if category is not None:
        domain = tuple(guarded(value) for value in category.values)
        if set(cells) <= set(domain):
            return FileColumn(name, category.title.en, "category", domain, whole)
        return FileColumn(name, category.title.en, "text", (), whole)
    if cells and set(cells) <= {"true", "false"}:
        return FileColumn(name, name, "flag", (), whole)
    return FileColumn(name, name, "number" if _numbers(cells) else "text", (), whole)


def _numbers(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    try:
        return bool(filled) and all(map(_is_plain, filled))
    except ValueError:
        return False


def _is_plain(cell: str) -> bool:
    """Whether a cell is a number that every reader takes for one."""
    float(cell)
    return not (set(cell) - set("0123456789.+-eE"))
