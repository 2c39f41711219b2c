"""Cells of a person's months, as values: read from files, waiting, kept, shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import pyarrow as pa

from app.collections.templates import every_template, units_of
from traces.result import Result
from traces.schema import Template

#: So many months of somebody's own are kept at most.
MOST_MONTHS = 36


@dataclass(frozen=True)
class Cell:
    """A cell: values of the dimensions, and numbers of the measures in their units."""

    values: tuple[str, ...]
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Entry:
    """An entry of a diary: which, the day "YYYY-MM-DD", the answers by question."""

    template: str
    day: str
    answers: Mapping[str, str]


#: Of one template: the cells of each month, "YYYY-MM".
Months = Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True)
class Read:
    """What was read of some files.

    Attributes
    ----------
    family : str
        What the person chose to give.
    traces : mapping
        Of each template, its months.
    kept : int
        Records that are in the cells.
    dropped : mapping
        Records that are not, by the reason.
    format_ids : tuple of str
        What was recognised.
    entries : tuple of Entry
        Of a diary, where it was one.
    """

    family: str
    traces: Mapping[str, Months]
    kept: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    format_ids: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()

    def with_(self, later: "Read") -> "Read":
        """Return this and what was read later; of one template, what was read later."""
        reasons = {*self.dropped, *later.dropped}
        earlier = (each for each in self.entries if each.template not in later.traces)
        return Read(
            later.family,
            {**self.traces, **later.traces},
            self.kept + later.kept,
            {each: self.dropped.get(each, 0) + later.dropped.get(each, 0) for each in reasons},
            tuple(sorted({*self.format_ids, *later.format_ids})),
            (*earlier, *later.entries),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "family": self.family,
            "traces": {key: to_plain(months) for key, months in self.traces.items()},
            "kept": self.kept,
            "dropped": dict(self.dropped),
            "formats": list(self.format_ids),
            "entries": [[e.template, e.day, dict(e.answers)] for e in self.entries],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Read":
        """Return what `to_dict` was made of."""
        return cls(
            plain["family"],
            {key: from_plain(months) for key, months in plain["traces"].items()},
            plain["kept"],
            plain["dropped"],
            tuple(plain["formats"]),
            tuple(Entry(*each) for each in plain["entries"]),
        )


def read_from(family: str, result: Result, offered: Iterable[str]) -> Read:
    """Return what reading found for the templates that are offered, their last months."""
    taken: dict[str, dict[str, tuple[Cell, ...]]] = {}
    wanted = set(offered)
    for each in result.slices:
        if each.template in wanted:
            cells = tuple(Cell(cell.values, cell.measures) for cell in each.cells)
            taken.setdefault(each.template, {})[each.month] = cells
    last = {key: dict(sorted(months.items())[-MOST_MONTHS:]) for key, months in taken.items()}
    dropped = {reason.value: count for reason, count in result.dropped.items() if count}
    return Read(family, last, result.kept, dropped, result.format_ids)


def to_plain(months: Months) -> dict[str, Any]:
    """Return months as JSON takes them."""
    return {
        month: [[list(cell.values), list(cell.numbers)] for cell in cells]
        for month, cells in months.items()
    }


def from_plain(plain: Mapping[str, Any]) -> dict[str, tuple[Cell, ...]]:
    """Return the months that `to_plain` was made of."""
    return {
        month: tuple(Cell(tuple(values), tuple(numbers)) for values, numbers in cells)
        for month, cells in plain.items()
    }


def checked(template: Template, cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return cells as a template takes them: within its domains and bounds, each once, at most k.

    What comes from a browser is anybody's.

    Raises
    ------
    ValueError
    """
    taken: dict[tuple[str, ...], Cell] = {}
    domains = [set(each.domain) for each in template.dimensions]
    for cell in cells:
        fits = len(cell.values) == len(domains) and len(cell.numbers) == len(template.measures)
        if not fits or any(v not in d for v, d in zip(cell.values, domains, strict=True)):
            raise ValueError("a cell is outside the template")
        for number, measure in zip(cell.numbers, template.measures, strict=True):
            if not isfinite(number) or not measure.low <= number <= measure.high:
                raise ValueError("a number is outside its bounds")
        taken[cell.values] = cell
    if len(taken) > template.k:
        raise ValueError("more cells than one person may give")
    return tuple(taken.values())


def batch_of(template: Template, cells: Iterable[Cell]) -> pa.RecordBatch:
    """Return a month's cells as rows of the vault: person, ordinal, dimensions, measures."""
    rows = list(checked(template, cells))
    columns: list[Any] = [[""] * len(rows), list(range(len(rows)))]
    columns += [[cell.values[i] for cell in rows] for i in range(len(template.dimensions))]
    units = [units_of(template, cell.numbers) for cell in rows]
    columns += [[each[i] for each in units] for i in range(len(template.measures))]
    schema = pa.schema(
        [("person", pa.string()), ("ordinal", pa.int64())]
        + [(each.key, pa.string()) for each in template.dimensions]
        + [(each.key, pa.int64()) for each in template.measures]
    )
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def template_of(key: str) -> Template | None:
    """Return a template, None where there is no such."""
    return every_template().get(key)
