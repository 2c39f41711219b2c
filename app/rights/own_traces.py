"""What somebody gives to templates, as their export holds it: named columns, as JSON and CSV."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from app.collections.templates import every_template
from app.contributions import diary_entries
from app.contributions import queries as contributions_queries
from app.contributions import service as contributions
from app.core.permissions import Actor
from app.datasets.service import Checking
from traces.schema import Template, Words

Line = dict[str, Any]


@dataclass(frozen=True)
class OwnTraces:
    """What somebody gives to one template.

    Attributes
    ----------
    facts : dict
        JSON-ready: what was agreed, what the columns mean, the lines of each month, entries.
    lines : list of dict
        The lines of all months, each with its month.
    """

    template: str
    facts: dict[str, Any]
    lines: list[Line]

    def as_csv(self) -> str:
        """Return the lines of all months with a header."""
        text = io.StringIO()
        columns = list(dict.fromkeys(name for line in self.lines for name in line))
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.lines)
        return text.getvalue()


def own_traces(actor: Actor, doors: Checking) -> Iterator[OwnTraces]:
    """Yield what somebody gives, template by template."""
    for agreed in contributions_queries.agreements(actor):
        template = every_template().get(agreed.template)
        lines = [
            {"month": month, **_named(template, cell.values, cell.numbers)}
            for month, cells in contributions.trace(actor, doors, agreed.template).items()
            for cell in cells
        ]
        entries = diary_entries.entries(actor, doors, agreed.template)
        facts = {
            "agreed": asdict(agreed),
            "columns": _meanings(template) if template else {},
            "lines": lines,
            "entries": [{"day": each.day, **each.answers} for each in entries],
        }
        yield OwnTraces(agreed.template, facts, lines)


def _named(template: Template | None, values: tuple[str, ...], numbers: tuple[float, ...]) -> Line:
    """Name values and numbers; they are numbered where the template is gone or had others."""
    row = (*values, *numbers)
    parts = (template.dimensions, template.measures) if template is not None else ()
    names = [each.key for part in parts for each in part]
    if len(names) != len(row):
        names = [f"column {n}" for n in range(1, len(row) + 1)]
    return dict(zip(names, row, strict=True))


def _meanings(template: Template) -> dict[str, Any]:
    told: dict[str, Any] = {"title": _both(template.title)}
    for dimension in template.dimensions:
        values = {each.key: _both(each.label) for each in dimension.values}
        told[dimension.key] = {"title": _both(dimension.title), "values": values}
    for measure in template.measures:
        told[measure.key] = {"title": _both(measure.title), "unit": measure.unit}
    return told


def _both(words: Words) -> dict[str, str]:
    return {"en": words.en, "fr": words.fr}
