"""Exact sums for the cells of one template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from traces.local_time import Clock, Moment, days_of, kind_of
from traces.result import Cell, Slice, choose
from traces.schema import OF_TIME, Measure, Per, Template

#: A month and the values of a cell.
_Place = tuple[str, tuple[str, ...]]


class _Sum:
    """What one cell holds, for each measure: a sum, a weight, the days that gave something."""

    def __init__(self, measures: int) -> None:
        self.sums = [0] * measures
        self.weights = [0] * measures
        self.days: list[set[date]] = [set() for _ in range(measures)]

    def merge(self, other: _Sum) -> None:
        for number in range(len(self.sums)):
            self.sums[number] += other.sums[number]
            self.weights[number] += other.weights[number]
            self.days[number] |= other.days[number]


class Tally:
    """Sums of whole numbers by month and cell, so that the order of records changes nothing.

    Parameters
    ----------
    template : Template
        Its cells and measures.
    clock : Clock
        The person's own.

    Notes
    -----
    Values of dimensions of time follow from the record's time; the others come by name. Each way of
    adding returns False, and adds nothing, where a value is not in the public domain.
    """

    def __init__(self, template: Template, clock: Clock) -> None:
        self.template = template
        self._clock = clock
        self._domains = {each.key: frozenset(each.domain) for each in template.dimensions}
        self._number = {each.key: number for number, each in enumerate(template.measures)}
        self._cells: dict[_Place, _Sum] = {}
        self._first: date | None = None
        self._last: date | None = None

    def add_time(self, start: int, end: int, measure: str | None = None, /, **values: str) -> bool:
        """Add how long an interval lasted, in milliseconds, to each cell that it touches.

        Parameters
        ----------
        start, end : int
            Instants.
        measure : str, optional
            By default the first.
        **values : str
            Of the dimensions that are not of time.
        """
        return self.spread(start, end, end - start, measure, False, **values)

    def spread(
        self,
        start: int,
        end: int,
        amount: int,
        measure: str | None = None,
        weigh: bool = False,
        /,
        **values: str,
    ) -> bool:
        """Add a whole amount evenly over an interval; with `weigh`, its milliseconds as weight.

        The pieces add up to the amount exactly.
        """
        if not self._known(values):
            return False
        key = measure or self.template.measures[0].key
        for moment, begin, cut in self._clock.pieces(start, end):
            share = amount * (cut - start) // (end - start)
            share -= amount * (begin - start) // (end - start)
            self._put(moment, values, {key: share}, cut - begin if weigh else 0)
        return True

    def add(
        self,
        when: Moment,
        amounts: Mapping[str, int],
        *,
        weight: int = 0,
        **values: str,
    ) -> bool:
        """Add whole amounts, by measure, on one day (and hour, where the template asks for it)."""
        if not self._known(values):
            return False
        if when.hour is None and {"hour", "hour_block"} & self._domains.keys():
            return False
        self._put(when, values, amounts, weight)
        return True

    def saw(self, day: date) -> None:
        """Count a day as read, though it gives no cell anything."""
        self._first = day if self._first is None else min(self._first, day)
        self._last = day if self._last is None else max(self._last, day)

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same template holds."""
        for place, held in other._cells.items():
            self._at(place).merge(held)
        for day in (other._first, other._last):
            if day is not None:
                self.saw(day)

    def slices(self, key: bytes) -> tuple[tuple[Slice, ...], int, int]:
        """Return the slices, how many cells were clipped, and how many were too many."""
        made: list[Slice] = []
        clipped = too_many = 0
        for month in sorted({month for month, _ in self._cells}):
            places = [values for each, values in self._cells if each == month]
            chosen = choose(
                places, self.template.k, template=self.template.key, month=month, key=key
            )
            too_many += len(places) - len(chosen)
            cells: list[Cell] = []
            for values in filter(chosen.__contains__, self.template.cells()):
                fitted = [self._fitted(month, values, each) for each in self.template.measures]
                clipped += any(cut for _, cut in fitted)
                cells.append(Cell(values, tuple(number for number, _ in fitted)))
            made.append(Slice(self.template.key, self.template.version, month, tuple(cells)))
        return tuple(made), clipped, too_many

    def _known(self, values: Mapping[str, str]) -> bool:
        """Return whether the values that are not of time are in the public domains."""
        return all(
            key in OF_TIME or values.get(key) in domain for key, domain in self._domains.items()
        )

    def _put(
        self, when: Moment, values: Mapping[str, str], amounts: Mapping[str, int], weight: int
    ) -> None:
        of_time = when.values
        cell = tuple([of_time[key] if key in OF_TIME else values[key] for key in self._domains])
        held = self._at((when.month, cell))
        for key, amount in amounts.items():
            number = self._number[key]
            held.sums[number] += amount
            held.weights[number] += weight
            held.days[number].add(when.day)
        self.saw(when.day)

    def _at(self, place: _Place) -> _Sum:
        held = self._cells.get(place)
        if held is None:
            held = self._cells[place] = _Sum(len(self.template.measures))
        return held

    def _fitted(self, month: str, values: tuple[str, ...], measure: Measure) -> tuple[float, bool]:
        held = self._cells[month, values]
        number = self._number[measure.key]
        if measure.per is Per.MONTH:
            by = 1
        elif measure.per is Per.DAY:
            by = self._days(month, values)
        elif measure.per is Per.SEEN_DAY:
            by = len(held.days[number])
        else:
            by = held.weights[number]
        if by == 0:
            return measure.fit(Fraction(max(measure.low, min(measure.high, Decimal(0)))))
        return measure.fit(Fraction(held.sums[number], measure.scale * by))

    def _days(self, month: str, values: tuple[str, ...]) -> int:
        """Return how many days of the cell's kind lie between the first and the last day read."""
        if self._first is None or self._last is None:
            return 0
        kinds = {
            key: value
            for key, value in zip(self._domains, values, strict=True)
            if key in ("daytype", "weekday")
        }
        return sum(
            all(kind_of(day, key) == value for key, value in kinds.items())
            for day in days_of(month, self._first, self._last)
        )
