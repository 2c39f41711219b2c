"""What reading returns: cells of public templates, and counts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from traces.declared import Question
from traces.reasons import Reason


@dataclass(frozen=True)
class Cell:
    """One cell: a value of each dimension, and a number of each measure on its grid."""

    values: tuple[str, ...]
    measures: tuple[float, ...]


@dataclass(frozen=True)
class Slice:
    """What one person gives to one template in one month.

    Parameters
    ----------
    template, version : str, int
        The public template.
    month : str
        "YYYY-MM", in the person's own time zone.
    cells : tuple of Cell
        At most k, in the order of the domains.
    """

    template: str
    version: int
    month: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Result:
    """What some files say, and nothing else of them.

    Parameters
    ----------
    format_ids : tuple of str
        Formats that were read, sorted.
    slices : tuple of Slice
        By template, then month.
    kept : int
        Records that are in the cells.
    dropped : mapping of Reason to int
        What is not in them, by reason.
    questions : tuple of Question
        What must be asked first; files that ask give no cells until then.
    """

    format_ids: tuple[str, ...]
    slices: tuple[Slice, ...]
    kept: int
    dropped: Mapping[Reason, int]
    questions: tuple[Question, ...] = ()

    @property
    def months(self) -> tuple[str, ...]:
        """The months that have cells, sorted."""
        return tuple(sorted({each.month for each in self.slices}))

    @property
    def span(self) -> tuple[str, str] | None:
        """The first and the last month that have cells."""
        months = self.months
        return (months[0], months[-1]) if months else None

    def cells(self, template: str, month: str) -> tuple[Cell, ...]:
        """Return the cells of a template in a month; none where there is no slice."""
        for each in self.slices:
            if (each.template, each.month) == (template, month):
                return each.cells
        return ()


#: A cell of a result: template, month, values.
Place = tuple[str, str, tuple[str, ...]]


def without(result: Result, places: Collection[Place]) -> Result:
    """Return the result without the cells that the person takes out.

    Examples
    --------
    >>> some = Slice("listening", 1, "2025-03", (Cell(("weekday", "06-09"), (12,)),))
    >>> without(Result((), (some,), 1, {}), {("listening", "2025-03", ("weekday", "06-09"))}).slices
    ()
    """
    gone = set(places)

    def left(each: Slice) -> tuple[Cell, ...]:
        return tuple(
            cell for cell in each.cells if (each.template, each.month, cell.values) not in gone
        )

    kept = (replace(each, cells=left(each)) for each in result.slices)
    return replace(result, slices=tuple(each for each in kept if each.cells))


def choose(
    candidates: Sequence[tuple[str, ...]], k: int, *, template: str, month: str, key: bytes
) -> set[tuple[str, ...]]:
    """Return at most k cells, chosen by a keyed hash of what they are, never of what they hold.

    Parameters
    ----------
    candidates : sequence of tuple of str
        Values of the cells.
    k : int
        Most cells of one person.
    template, month : str
        The slice, so that each has a choice of its own.
    key : bytes
        The caller's secret.
    """
    if len(candidates) <= k:
        return set(candidates)

    def place(values: tuple[str, ...]) -> bytes:
        text = "\x1f".join((template, month, *values))
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    return set(sorted(candidates, key=place)[:k])
