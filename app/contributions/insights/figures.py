"""What the cells of a month come to: a total or a mean per day, and its parts."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.contributions.cells import Cell, Months
from traces.schema import Measure, Per, Template

#: Dimensions that say which days of the week a cell is about.
DAYS = ("daytype", "weekday")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = frozenset(WEEKDAYS[5:])


def exact(number: float) -> Fraction:
    """Return the number that was written down, without what binary fractions add to it."""
    return Fraction(str(number))


def days_in(month: str) -> int:
    """Return how many days a month, "YYYY-MM", has."""
    return monthrange(int(month[:4]), int(month[5:]))[1]


def days_of(month: str) -> dict[str, int]:
    """Return how many days of each kind a month has: of each weekday, and of each part of a week.

    Examples
    --------
    >>> days_of("2026-11")["weekend"], days_of("2026-11")["monday"]
    (9, 5)
    """
    counts = dict.fromkeys((*WEEKDAYS, "weekday", "weekend"), 0)
    for day in range(1, days_in(month) + 1):
        name = WEEKDAYS[date(int(month[:4]), int(month[5:]), day).weekday()]
        counts[name] += 1
        counts["weekend" if name in WEEKEND else "weekday"] += 1
    return counts


@dataclass(frozen=True)
class Figure:
    """One measure of a template, read over the cells of a month.

    Parameters
    ----------
    template : Template
    key : str
        Of the measure.
    """

    template: Template
    key: str

    @property
    def place(self) -> int:
        """Which of a cell's numbers it is."""
        return next(n for n, each in enumerate(self.template.measures) if each.key == self.key)

    @property
    def measure(self) -> Measure:
        """The measure itself."""
        return self.template.measures[self.place]

    @property
    def adds_up(self) -> bool:
        """Whether the parts of a month add up to it, instead of being averaged."""
        return self.measure.per is not Per.MONTH or self.measure.unit.endswith(
            ("per month", "entries")
        )

    def of_month(self, month: str, cells: Iterable[Cell]) -> Fraction:
        """Return a month's total; the mean per day, where the measure is one."""
        return sum((part for _, part in self._parts(month, tuple(cells))), Fraction(0))

    def by_value(self, month: str, cells: Iterable[Cell], dimension: str) -> dict[str, Fraction]:
        """Return the parts of a month by the values of a dimension, in the domain's order.

        A kind of day has the mean of such a day, and what is averaged has the mean of each value:
        these do not add up to the month.
        """
        at = place_of(self.template, dimension)
        groups: dict[str, list[Cell]] = {}
        for cell in cells:
            groups.setdefault(cell.values[at], []).append(cell)
        domain = self.template.dimensions[at].domain
        of_days = dimension in DAYS and self.measure.per is not Per.MONTH
        parts: dict[str, Fraction] = {}
        if of_days or not self.adds_up:
            for value, group in groups.items():
                numbers = (exact(cell.numbers[self.place]) for cell in group)
                mean = self.of_month(month, group)
                parts[value] = sum(numbers, Fraction(0)) if of_days else mean
        else:
            every = tuple(cell for group in groups.values() for cell in group)
            for cell, part in self._parts(month, every):
                parts[cell.values[at]] = parts.get(cell.values[at], Fraction(0)) + part
        return {value: parts[value] for value in domain if value in parts}

    def _parts(self, month: str, cells: Sequence[Cell]) -> list[tuple[Cell, Fraction]]:
        weights = self._weights(month, cells)
        numbers = (exact(cell.numbers[self.place]) for cell in cells)
        return [
            (cell, weight * number)
            for cell, weight, number in zip(cells, weights, numbers, strict=True)
        ]

    def _weights(self, month: str, cells: Sequence[Cell]) -> list[Fraction]:
        if not self.adds_up:
            entries = [exact(cell.numbers[0]) for cell in cells]
            total = sum(entries, Fraction(0)) or Fraction(1)
            return [each / total for each in entries]
        at = next((n for n, d in enumerate(self.template.dimensions) if d.key in DAYS), None)
        if self.measure.per is Per.MONTH or at is None:
            return [Fraction(1)] * len(cells)
        days, whole = days_of(month), days_in(month)
        seen: dict[tuple[str, ...], int] = {}
        for cell in cells:
            rest = (*cell.values[:at], *cell.values[at + 1 :])
            seen[rest] = seen.get(rest, 0) + days[cell.values[at]]
        # No cell is nought a day where all days count; else it is a day that nothing is known of.
        every = self.measure.per is Per.DAY
        return [
            Fraction(
                days[cell.values[at]],
                whole if every else seen[(*cell.values[:at], *cell.values[at + 1 :])],
            )
            for cell in cells
        ]


def place_of(template: Template, dimension: str) -> int:
    """Return which of a cell's values a dimension is."""
    return next(n for n, each in enumerate(template.dimensions) if each.key == dimension)


def levels(figure: Figure, months: Months) -> dict[str, Fraction]:
    """Return what each month comes to, the first month first."""
    return {month: figure.of_month(month, months[month]) for month in sorted(months)}


def without(template: Template, months: Months, dimension: str, values: Iterable[str]) -> Months:
    """Leave out the cells of some values of a dimension."""
    gone = set(values)
    if not gone:
        return months
    at = place_of(template, dimension)
    return {
        month: tuple(cell for cell in cells if cell.values[at] not in gone)
        for month, cells in months.items()
    }


@dataclass(frozen=True)
class Change:
    """A month beside the months before it.

    Attributes
    ----------
    before : Fraction or None
        The mean of all months before; None for the first.
    percent : int or None
        More than before, or less; None where there is nothing to divide by.
    """

    now: Fraction
    before: Fraction | None
    percent: int | None


def change(of_months: Mapping[str, Fraction], month: str) -> Change:
    """Compare a month with the mean of the months before it."""
    earlier = [level for each, level in of_months.items() if each < month]
    now = of_months.get(month, Fraction(0))
    if not earlier:
        return Change(now, None, None)
    before = sum(earlier, Fraction(0)) / len(earlier)
    return Change(now, before, round(100 * (now - before) / before) if before else None)
