"""Which column of a file feeds which column of a cube, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = tuple(f"{month:02d}" for month in range(1, 13))


class Part(StrEnum):
    """A part of the calendar."""

    WEEKDAY = "weekday"
    MONTH = "month"


@dataclass(frozen=True)
class Calendar:
    """Read a date, keep a part of it: "Monday", "01".

    Parameters
    ----------
    part : Part
    form : str
        "ymd", "dmy" or "mdy".
    """

    part: Part
    form: str = "ymd"

    def label(self, when: date) -> str:
        """Name the part of a date."""
        if self.part is Part.WEEKDAY:
            return WEEKDAYS[when.weekday()]
        return MONTHS[when.month - 1]


@dataclass(frozen=True)
class Bins:
    """Read a number, keep the bin it falls into.

    Parameters
    ----------
    edges : tuple of Decimal
        Inner edges, increasing; a value on an edge belongs to the bin above.
    labels : tuple of str, optional
        One more than edges; named after them by default.
    """

    edges: tuple[Decimal, ...]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.edges or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("Bins need increasing edges")
        if not self.labels:
            object.__setattr__(self, "labels", bin_labels(self.edges))
        if len(self.labels) != len(self.edges) + 1:
            raise ValueError("Bins need one more label than edges")

    def label(self, value: Decimal) -> str:
        """Name the bin of a number."""
        return self.labels[sum(value >= edge for edge in self.edges)]


Transform = Calendar | Bins


def bin_labels(edges: tuple[Decimal, ...]) -> tuple[str, ...]:
    """Name the bins between inner edges: "under 10", "10 to under 20", "20 and over"."""
    inner = [f"{a} to under {b}" for a, b in zip(edges, edges[1:], strict=False)]
    return (f"under {edges[0]}", *inner, f"{edges[-1]} and over")


@dataclass(frozen=True)
class DimensionFeed:
    """Where a dimension comes from.

    Parameters
    ----------
    column : str
        Of the file.
    transform : Calendar or Bins, optional
    aliases : mapping of str to str
        What a cell (or the transform's label) stands for among the dimension's values.
    """

    column: str
    transform: Transform | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnMapping:
    """How a file becomes rows of a cube.

    Parameters
    ----------
    person : str or None
        The file's column that tells people apart; None where all rows are one person.
    dimensions : mapping of dimension to DimensionFeed
    measures : mapping of measure to column
    """

    person: str | None
    dimensions: Mapping[str, DimensionFeed]
    measures: Mapping[str, str]
