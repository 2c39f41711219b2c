"""Public templates: which cells a person may give, with their domains and bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import product

from traces.errors import InvalidTemplate

_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_VALUE = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")

#: Dimensions whose value follows from the time of a record; a tally fills them in.
OF_TIME = ("daytype", "weekday", "hour_block", "hour")


class Per(StrEnum):
    """What the sum of a month is divided by."""

    MONTH = "month"  # nothing: the sum of the month
    DAY = "day"  # the days of the cell's kind between the first and the last day that was read
    SEEN_DAY = "seen_day"  # the days that gave this cell a record
    WEIGHT = "weight"  # the weights that came with the amounts


@dataclass(frozen=True)
class Words:
    """The same words in English and French."""

    en: str
    fr: str

    def __post_init__(self) -> None:
        _hold(bool(self.en.strip() and self.fr.strip()), "words in both languages")


@dataclass(frozen=True)
class Value:
    """One value of a domain: its key and what people read."""

    key: str
    label: Words

    def __post_init__(self) -> None:
        _hold(bool(_VALUE.match(self.key)), f"the value {self.key} is a key")


@dataclass(frozen=True)
class Dimension:
    """A column with a public, finite domain.

    Parameters
    ----------
    key : str
        Name of the column.
    title : Words
        What people read.
    values : tuple of Value
        The domain, in its order.
    source : str
        Where the domain comes from, in plain words; never a person's file.
    """

    key: str
    title: Words
    values: tuple[Value, ...]
    source: str

    def __post_init__(self) -> None:
        _hold(bool(_KEY.match(self.key)), f"the dimension {self.key} is a key")
        _hold(len(self.values) >= 2, f"{self.key} has at least two values")
        _hold(len(set(self.domain)) == len(self.values), f"{self.key} has each value once")
        _hold(bool(self.source.strip()), f"{self.key} has a source")

    @property
    def domain(self) -> tuple[str, ...]:
        """The keys of the values."""
        return tuple(value.key for value in self.values)


@dataclass(frozen=True)
class Measure:
    """A bounded number with a unit and a resolution.

    Parameters
    ----------
    key, title, unit : str, Words, str
        Name of the column, what people read, and the unit of the number: "minutes per day".
    low, high, resolution : Decimal
        Bounds and step of the grid; high - low is a whole number of steps.
    per : Per
        What the sum of a month is divided by.
    scale : int
        How many of the whole numbers that readers add up make one unit: 60000 milliseconds make a
        minute. Sums are whole, so that the order of records changes nothing.
    """

    key: str
    title: Words
    unit: str
    low: Decimal
    high: Decimal
    resolution: Decimal
    per: Per
    scale: int

    def __post_init__(self) -> None:
        _hold(bool(_KEY.match(self.key)), f"the measure {self.key} is a key")
        _hold(bool(self.unit.strip()), f"{self.key} has a unit")
        numbers = (self.low, self.high, self.resolution)
        _hold(all(n.is_finite() for n in numbers), f"the numbers of {self.key} are finite")
        _hold(self.low < self.high, f"{self.key} has a range")
        _hold(self.resolution > 0, f"{self.key} has a resolution")
        steps = Fraction(self.high - self.low) / Fraction(self.resolution)
        _hold(steps.denominator == 1, f"{self.key} has whole steps")
        _hold(self.scale >= 1, f"{self.key} has a scale")

    def fit(self, exact: Fraction) -> tuple[float, bool]:
        """Return the nearest number of the grid within the bounds; whether it was clipped.

        Half a step goes up. The number is an `int` where it is whole.
        """
        low, high = Fraction(self.low), Fraction(self.high)
        clipped = not low <= exact <= high
        within = min(max(exact, low), high)
        step = Fraction(self.resolution)
        number = low + step * int((within - low) / step + Fraction(1, 2))
        return (int(number) if number.denominator == 1 else float(number)), clipped


@dataclass(frozen=True)
class Template:
    """A public schema for a month of somebody's traces.

    Parameters
    ----------
    key, version, family : str, int, str
        Name, version (a change of any field but words makes a new one), and what it belongs to.
    title, question, dropped : Words
        What people read: its name, the question it answers, what is dropped at the door.
    dimensions, measures : tuple
        Columns of a cell, in order.
    k : int
        Most cells that one person may give in a month.
    epsilon : Decimal
        Privacy loss of a month, > 0.
    minimum_people : int
        Fewest people for an edition.
    sensitive : bool
        A special category, such as health: off by default, with a consent of its own.
    period : str
        Always "month".
    currency : str
        Of its amounts: three capital letters, or empty. Another is never added to it.
    """

    key: str
    version: int
    family: str
    title: Words
    question: Words
    dropped: Words
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    k: int
    epsilon: Decimal
    minimum_people: int
    sensitive: bool
    period: str = "month"
    currency: str = ""

    def __post_init__(self) -> None:
        _hold(bool(_KEY.match(self.key)), f"the template {self.key} is a key")
        _hold(self.version >= 1, f"{self.key} has a version")
        _hold(bool(self.dimensions and self.measures), f"{self.key} has columns")
        names = [each.key for each in self.dimensions] + [each.key for each in self.measures]
        _hold(len(set(names)) == len(names), f"{self.key} has each column once")
        _hold(1 <= self.k <= self.size, f"k of {self.key} is at most its number of cells")
        _hold(self.epsilon.is_finite() and self.epsilon > 0, f"{self.key} has an epsilon")
        _hold(self.minimum_people >= 1, f"{self.key} has a minimum of people")
        _hold(self.period == "month", f"{self.key} is monthly")
        currency = not self.currency or bool(_CURRENCY.match(self.currency))
        _hold(currency, f"the currency of {self.key} has three capital letters")

    @property
    def size(self) -> int:
        """How many cells there are."""
        size = 1
        for dimension in self.dimensions:
            size *= len(dimension.values)
        return size

    def cells(self) -> Sequence[tuple[str, ...]]:
        """Return the keys of every cell, in the order of the domains."""
        return list(product(*(dimension.domain for dimension in self.dimensions)))


def _hold(kept: bool, rule: str) -> None:
    if not kept:
        raise InvalidTemplate(rule)
