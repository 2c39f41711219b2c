"""Which insights fit a template, as data: a template that nobody thought of gets charts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from app.contributions.cells import Months
from app.contributions.insights.figures import Figure, without
from traces.schema import Template


@dataclass(frozen=True)
class Choice:
    """What is told of a template's cells, besides charts and habits.

    Attributes
    ----------
    sections : tuple of str
        Of "budget", "tariff", "carbon".
    measure : str
        What is shown first; the template's first measure where empty.
    dimension, each, leave_out : str, str, tuple of str
        A budget's lines, what an amount is divided by, and the lines that are no expense.
    """

    sections: tuple[str, ...] = ()
    measure: str = ""
    dimension: str = ""
    each: str = ""
    leave_out: tuple[str, ...] = ()


@cache
def choices() -> Mapping[str, Choice]:
    """Return what is chosen, by the template's key."""
    text = files("app.contributions.insights").joinpath("choices.toml").read_text("utf-8")
    return {key: _choice(facts) for key, facts in tomllib.loads(text).items()}


def _choice(facts: dict[str, Any]) -> Choice:
    for name in ("sections", "leave_out"):
        facts[name] = tuple(facts.get(name, ()))
    return Choice(**facts)


def choice(template: Template) -> Choice:
    """Return what is told of a template."""
    return choices().get(template.key, Choice())


def counted(template: Template, months: Months) -> Months:
    """Return the cells that totals are made of: without the lines that are no expense."""
    chosen = choice(template)
    return without(template, months, chosen.dimension, chosen.leave_out)


def figures(template: Template, months: Months) -> tuple[Figure, ...]:
    """Return the measures that somebody's files tell of, what is shown first in front.

    A file that tells nothing of a measure left noughts in every cell.
    """
    told = [
        measure.key
        for place, measure in enumerate(template.measures)
        if any(cell.numbers[place] for cells in months.values() for cell in cells)
    ]
    first = choice(template).measure or template.measures[0].key
    rest = [key for key in told if key != first]
    return tuple(Figure(template, key) for key in (first, *rest))
