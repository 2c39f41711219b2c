"""Somebody's habits in a few facts: what is most, the week and its end, and the way it goes."""

from dataclasses import dataclass
from fractions import Fraction

from app.contributions.cells import Months
from app.contributions.insights.figures import (
    DAYS,
    WEEKDAYS,
    WEEKEND,
    Change,
    Figure,
    change,
    days_of,
    levels,
)
from traces.schema import Per


@dataclass(frozen=True)
class Top:
    """The value of a dimension that has most.

    Attributes
    ----------
    share : int or None
        Its part of the month, in percent; None where the values do not add up.
    """

    dimension: str
    value: str
    level: Fraction
    share: int | None


@dataclass(frozen=True)
class Week:
    """A day from Monday to Friday, and one of the weekend."""

    weekday: Fraction
    weekend: Fraction


@dataclass(frozen=True)
class Habits:
    """What is told of one measure in one month."""

    top: Top | None
    week: Week | None
    change: Change


def habits(figure: Figure, months: Months, month: str) -> Habits:
    """Return what somebody's months tell of a measure."""
    trend = change(levels(figure, months), month)
    return Habits(_top(figure, months, month), _week(figure, months, month), trend)


def _top(figure: Figure, months: Months, month: str) -> Top | None:
    """Look at the first dimension that is no kind of day, else at the days of the week."""
    keys = [each.key for each in figure.template.dimensions if each.key != "daytype"]
    dimension = next((key for key in keys if key not in DAYS), keys[0] if keys else None)
    if dimension is None:
        return None
    parts = figure.by_value(month, months[month], dimension)
    value = max(parts, key=lambda each: parts[each], default=None)
    if value is None or not parts[value]:
        return None
    whole = figure.of_month(month, months[month])
    adds_up = figure.adds_up and dimension not in DAYS and whole
    share = round(100 * parts[value] / whole) if adds_up else None
    return Top(dimension, value, parts[value], share)


def _week(figure: Figure, months: Months, month: str) -> Week | None:
    dimension = next((d.key for d in figure.template.dimensions if d.key in DAYS), None)
    if dimension is None or figure.measure.per is Per.MONTH:
        return None
    parts = figure.by_value(month, months[month], dimension)
    if dimension == "daytype":
        known = {"weekday", "weekend"} & set(parts)
        if figure.measure.per is not Per.DAY and len(known) < 2:
            return None
        return Week(parts.get("weekday", Fraction(0)), parts.get("weekend", Fraction(0)))
    week = _mean(parts, month, set(WEEKDAYS) - WEEKEND, figure.measure.per is Per.DAY)
    weekend = _mean(parts, month, WEEKEND, figure.measure.per is Per.DAY)
    return None if week is None or weekend is None else Week(week, weekend)


def _mean(
    parts: dict[str, Fraction], month: str, of: set[str] | frozenset[str], every: bool
) -> Fraction | None:
    """Average days of the week, each as often as the month has it."""
    days = days_of(month)
    known = of if every else of & set(parts)
    count = sum(days[day] for day in known)
    if not count:
        return None
    return sum((parts.get(day, Fraction(0)) * days[day] for day in known), Fraction(0)) / count
