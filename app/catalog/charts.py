"""Rows for charts: a label, a value and its noise interval."""

from dataclasses import dataclass

from privacy.tables import CONTRIBUTIONS, MEAN, Estimate, Table


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


def charts_of(table: Table) -> tuple[Chart, ...]:
    """Draw the contributions of a table and the mean of each of its measures."""
    figures = table.estimates()
    made = []
    if table.hard:
        counts = tuple(_bar(e) for e in figures if e.statistic == CONTRIBUTIONS)
        made.append(Chart(table.hard, CONTRIBUTIONS, "", "", counts))
    for name in table.soft:
        means = [e for e in figures if e.statistic == MEAN and e.measure == name]
        made.append(Chart(table.hard, MEAN, name, means[0].unit, tuple(_bar(e) for e in means)))
    return tuple(made)


def _bar(estimate: Estimate) -> Bar:
    label = " · ".join(value for _, value in estimate.coordinates) or "–"
    return Bar(label, estimate.value, estimate.low, estimate.high, estimate.distinct)
