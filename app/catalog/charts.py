"""Rows for charts: a label, a value and its noise interval."""

from collections.abc import Callable
from dataclasses import dataclass

from privacy.tables import derived
from privacy.tables.table import CONTRIBUTIONS, MEAN, Estimate, Table

MEDIAN = "median"
#: A value and its dimension, as they are read.
Spoken = Callable[[str, str], str]


@dataclass(frozen=True)
class Bar:
    """One bar with its whisker."""

    label: str
    value: float
    low: float
    high: float
    distinct: bool


@dataclass(frozen=True)
class Chart:
    """One chart: what is counted, in which unit, along which dimensions."""

    title: tuple[str, ...]
    statistic: str
    measure: str
    unit: str
    bars: tuple[Bar, ...]


def _plain(value: str, _: str) -> str:
    return value


def charts_of(table: Table, spoken: Spoken = _plain) -> tuple[Chart, ...]:
    """Draw the contributions of a table and the mean (and median) of each of its measures.

    Parameters
    ----------
    spoken : callable
        Returns what a value of a dimension is called.
    """
    figures = table.estimates()
    made = []
    if table.hard:
        counts = tuple(_bar(e, spoken) for e in figures if e.statistic == CONTRIBUTIONS)
        made.append(Chart(table.hard, CONTRIBUTIONS, "", "", counts))
    for name in table.soft:
        means = [e for e in figures if e.statistic == MEAN and e.measure == name]
        made.append(
            Chart(table.hard, MEAN, name, means[0].unit, tuple(_bar(e, spoken) for e in means))
        )
    medians = [e for e in quartiles(table) if e.statistic == MEDIAN]
    if medians:
        name, unit = medians[0].measure or "", medians[0].unit
        made.append(Chart(table.hard, MEDIAN, name, unit, tuple(_bar(e, spoken) for e in medians)))
    return tuple(made)


def quartiles(table: Table) -> tuple[Estimate, ...]:
    """Return the quartiles of a table's measure; none where there are two knots or measures."""
    if len(table.soft) != 1 or len(table.plan.schema.measure(table.soft[0]).knots) == 2:
        return ()
    return derived.quantiles(table, table.soft[0])


def _bar(estimate: Estimate, spoken: Spoken) -> Bar:
    label = " · ".join(spoken(value, name) for name, value in estimate.coordinates) or "–"
    return Bar(label, estimate.value, estimate.low, estimate.high, estimate.distinct)
