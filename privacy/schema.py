"""Columns with public, finite domains: what a table may be made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import lcm, prod
from typing import Any, Self

from privacy.errors import SchemaError

RESERVED = frozenset({"source", "person", "ordinal"})
MAX_NAME = 80
MAX_GRID = 10**9
MAX_UNITS = 10**12


class MeasureRule(StrEnum):
    """How the rows of one person in one cell become one number."""

    SUM = "sum"
    MEAN = "mean"
    LAST = "last"


def is_name(text: str) -> bool:
    """Tell whether a text can name a column or a category."""
    return bool(text) and text == text.strip() and len(text) <= MAX_NAME and text.isprintable()


def _check_name(name: str, what: str) -> None:
    if not is_name(name):
        raise SchemaError(f"{what} must be 1 to {MAX_NAME} printable characters: {name!r}")


@dataclass(frozen=True)
class Dimension:
    """A column with a finite list of values (a hard dimension).

    Parameters
    ----------
    name : str
    values : tuple of str
        The public domain, in the order it is shown.
    other : str, optional
        Where values outside the domain go; without it they are refused at upload.
    """

    name: str
    values: tuple[str, ...]
    other: str | None = None

    def __post_init__(self) -> None:
        _check_name(self.name, "A dimension's name")
        for value in self.domain:
            _check_name(value, f"A value of {self.name!r}")
        if len(set(self.domain)) != len(self.domain):
            raise SchemaError(f"Dimension {self.name!r} lists a value twice")
        if len(self.domain) < 2:
            raise SchemaError(f"Dimension {self.name!r} needs at least two values")

    @property
    def domain(self) -> tuple[str, ...]:
        """All values a record may have, `other` included (last unless listed)."""
        if self.other is None or self.other in self.values:
            return self.values
        return (*self.values, self.other)


@dataclass(frozen=True)
class Measure:
    """A bounded number (a soft dimension).

    Parameters
    ----------
    name, unit : str
    lower, upper : Decimal
        Public bounds of one record, after its rows were combined by `rule`.
    resolution : Decimal
        The step in which values are counted; bounds and knots are multiples of it.
    rule : MeasureRule
    knots : tuple of Decimal, optional
        Where the mass of a value is put, from `lower` to `upper`; two knots give sums and
        means, more knots the distribution as well. Defaults to (lower, upper).
    """

    name: str
    unit: str
    lower: Decimal
    upper: Decimal
    resolution: Decimal
    rule: MeasureRule
    knots: tuple[Decimal, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name, "A measure's name")
        if len(self.unit) > MAX_NAME or not (self.unit == "" or self.unit.isprintable()):
            raise SchemaError(f"The unit of {self.name!r} must be printable and short")
        numbers = (self.lower, self.upper, self.resolution, *self.knots)
        if not all(number.is_finite() for number in numbers):
            raise SchemaError(f"Bounds, resolution and knots of {self.name!r} must be finite")
        if any(number and not -12 <= number.adjusted() <= 15 for number in numbers):
            raise SchemaError(f"Numbers of {self.name!r} must lie between 1e-12 and 1e16")
        if self.resolution <= 0 or self.lower >= self.upper:
            raise SchemaError(f"Measure {self.name!r} needs lower < upper and a resolution > 0")
        if not self.knots:
            object.__setattr__(self, "knots", (self.lower, self.upper))
        self._check_knots()

    def _check_knots(self) -> None:
        if (self.knots[0], self.knots[-1]) != (self.lower, self.upper):
            raise SchemaError(f"Knots of {self.name!r} must begin at lower and end at upper")
        if max(abs(self.lower), abs(self.upper)) / self.resolution > MAX_UNITS:
            raise SchemaError(f"Bounds of {self.name!r} are too large for its resolution")
        if any(knot % self.resolution != 0 for knot in self.knots):
            raise SchemaError(f"Bounds and knots of {self.name!r} must be multiples of resolution")
        if any(a >= b for a, b in zip(self.knots, self.knots[1:], strict=False)):
            raise SchemaError(f"Knots of {self.name!r} must increase")
        if self.grid > MAX_GRID:
            raise SchemaError(f"Knots of {self.name!r} need a coarser resolution or even steps")

    @property
    def knot_units(self) -> tuple[int, ...]:
        """The knots as multiples of the resolution."""
        return tuple(int(knot / self.resolution) for knot in self.knots)

    @property
    def grid(self) -> int:
        """The q for which every share of mass between two knots is a multiple of 1/q."""
        units = self.knot_units
        return lcm(*(b - a for a, b in zip(units, units[1:], strict=False)))

    def to_units(self, value: Decimal) -> int:
        """Round `value` to the nearest multiple of the resolution, half to even."""
        return int((value / self.resolution).to_integral_value())


@dataclass(frozen=True)
class CubeSchema:
    """What one person's record looks like, and how many of them count.

    Parameters
    ----------
    dimensions : tuple of Dimension
    measures : tuple of Measure
    contribution_bound : int
        Most cells of the hard dimensions in which one person counts, >= 1.
    """

    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    contribution_bound: int

    def __post_init__(self) -> None:
        names = [axis.casefold() for axis in self.axes]
        if not names:
            raise SchemaError("A schema needs at least one dimension or measure")
        if len(set(names)) != len(names):
            raise SchemaError("Two columns have the same name")
        if RESERVED & set(names):
            raise SchemaError(f"These names are reserved: {', '.join(sorted(RESERVED))}")
        if self.contribution_bound < 1:
            raise SchemaError("The contribution bound must be at least 1")

    @property
    def hard(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(dimension.name for dimension in self.dimensions)

    @property
    def soft(self) -> tuple[str, ...]:
        """Names of the measures."""
        return tuple(measure.name for measure in self.measures)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of all axes of the cube: dimensions first, then measures."""
        return self.hard + self.soft

    @property
    def bound(self) -> int:
        """Most records of one person: no more than there are hard cells."""
        return min(self.contribution_bound, prod(len(d.domain) for d in self.dimensions))

    def dimension(self, name: str) -> Dimension:
        """Return the dimension of that name.

        Raises
        ------
        SchemaError
            Where there is none.
        """
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise SchemaError(f"There is no dimension {name!r}")

    def measure(self, name: str) -> Measure:
        """Return the measure of that name.

        Raises
        ------
        SchemaError
            Where there is none.
        """
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise SchemaError(f"There is no measure {name!r}")

    def size(self, axis: str) -> int:
        """Count the cells along an axis: values of a dimension, knots of a measure."""
        return len(self.labels(axis))

    def labels(self, axis: str) -> tuple[str, ...]:
        """Name the cells along an axis."""
        if axis in self.soft:
            return tuple(str(knot) for knot in self.measure(axis).knots)
        return self.dimension(axis).domain

    def grid(self, axis: str) -> int:
        """Return the q of an axis: masses along it are multiples of 1/q; 1 for a dimension."""
        return self.measure(axis).grid if axis in self.soft else 1

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy; numbers of measures as text, so that none is rounded."""
        return {
            "dimensions": [
                {"name": d.name, "values": list(d.values), "other": d.other}
                for d in self.dimensions
            ],
            "measures": [
                {
                    "name": m.name,
                    "unit": m.unit,
                    "lower": str(m.lower),
                    "upper": str(m.upper),
                    "resolution": str(m.resolution),
                    "rule": m.rule.value,
                    "knots": [str(knot) for knot in m.knots],
                }
                for m in self.measures
            ],
            "contribution_bound": self.contribution_bound,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        SchemaError
            Where it is not a schema.
        """
        try:
            return cls(
                tuple(
                    Dimension(d["name"], tuple(d["values"]), d.get("other"))
                    for d in data["dimensions"]
                ),
                tuple(_measure_from_dict(m) for m in data["measures"]),
                int(data["contribution_bound"]),
            )
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise SchemaError(f"Not a schema: {error}") from error


def _measure_from_dict(data: Mapping[str, Any]) -> Measure:
    return Measure(
        data["name"],
        data["unit"],
        Decimal(data["lower"]),
        Decimal(data["upper"]),
        Decimal(data["resolution"]),
        MeasureRule(data["rule"]),
        tuple(Decimal(knot) for knot in data.get("knots", ())),
    )
