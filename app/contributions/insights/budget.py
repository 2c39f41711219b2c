"""A budget: what was spent on each kind, month after month, beside the months before."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from app.contributions.cells import Months
from app.contributions.insights.choices import choice, counted
from app.contributions.insights.figures import Change, Figure, change, levels, place_of
from traces.schema import Template


@dataclass(frozen=True)
class Line:
    """One kind of expense.

    Attributes
    ----------
    amounts : mapping
        By the month; nought where nothing was spent.
    change : Change
        Of the chosen month.
    count, mean : Fraction
        Payments, products or trips of the chosen month, and what one of them cost.
    """

    value: str
    amounts: Mapping[str, Fraction]
    change: Change
    count: Fraction
    mean: Fraction | None


@dataclass(frozen=True)
class Budget:
    """All lines of a template, over its months.

    Attributes
    ----------
    totals : mapping
        By the month, without what is left out.
    largest : str
        The line that cost most in the chosen month; empty where nothing was spent.
    share : int
        Its part of the month, in percent.
    """

    figure: Figure
    month: str
    lines: tuple[Line, ...]
    totals: Mapping[str, Fraction]
    change: Change
    largest: str
    share: int


def budget(template: Template, months: Months, month: str) -> Budget:
    """Return what was spent, of a template whose choice has a budget."""
    chosen, kept = choice(template), counted(template, months)
    figure, counts = Figure(template, chosen.measure), Figure(template, chosen.each)
    spent = _by_month(figure, kept, chosen.dimension)
    bought = counts.by_value(month, kept[month], chosen.dimension)
    values = {value for parts in spent.values() for value in parts}
    lines = []
    domain = template.dimensions[place_of(template, chosen.dimension)].domain
    for value in domain:
        if value in values:
            amounts = {each: parts.get(value, Fraction(0)) for each, parts in spent.items()}
            count = bought.get(value, Fraction(0))
            mean = amounts[month] / count if count else None
            lines.append(Line(value, amounts, change(amounts, month), count, mean))
    totals = levels(figure, kept)
    lines.sort(key=lambda line: line.amounts[month], reverse=True)
    largest = lines[0] if lines and lines[0].amounts[month] else None
    share = round(100 * largest.amounts[month] / totals[month]) if largest else 0
    name = largest.value if largest else ""
    return Budget(figure, month, tuple(lines), totals, change(totals, month), name, share)


def _by_month(figure: Figure, months: Months, dimension: str) -> dict[str, dict[str, Fraction]]:
    return {month: figure.by_value(month, months[month], dimension) for month in sorted(months)}
