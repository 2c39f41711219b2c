"""First answers about a file's columns: how each might be read, never what is in it."""

from typing import Any

from flask_babel import gettext as _

from app.collections.rules import CollectionRules
from app.datasets.ingest.profiling import ColumnKind, ColumnProfile
from app.datasets.ingest.transforms.as_it_stands import AsItStands
from app.datasets.ingest.transforms.weekday import Weekday
from app.datasets.understanding import ColumnRole

#: What finding the categories of a column costs each person: the market's choice, published.
FINDING_EPSILON = 0.5
FINDING_DELTA = 1e-7


def columns_data(
    answers: dict[str, Any],
    profiles: tuple[ColumnProfile, ...],
    offered: dict[str, list[str]],
) -> dict[str, Any]:
    """Return what the columns form shows first: kept answers, else how columns might be read.

    Categories that were found at a charge stand in place of either.
    """
    kept = {c["column"]: c for c in answers.get("columns", ())}
    return {
        # Never guessed: see `app.datasets.people`.
        "person": answers.get("person", ""),
        "sure": answers.get("sure", ""),
        "bound": answers.get("bound", 1),
        "columns": [
            (kept.get(p.name) or _suggested(p)) | _found(offered.get(p.name)) for p in profiles
        ],
    }


def _found(values: list[str] | None) -> dict[str, Any]:
    """Say what was found as an answer: all that was not found falls into "other"."""
    if values is None:
        return {}
    return {
        "role": ColumnRole.DIMENSION.value,
        "transform": AsItStands.KEY,
        "categories": "\n".join(values),
        "other": True,
        "source": _(
            "found in the first dataset by partition selection, epsilon %(epsilon)s, "
            "delta %(delta)s",
            epsilon=f"{FINDING_EPSILON:g}",
            delta=f"{FINDING_DELTA:.0e}".replace("e-0", "e-"),
        ),
    }


def join_data(
    answers: dict[str, Any], rules: CollectionRules, profiles: tuple[ColumnProfile, ...]
) -> dict[str, Any]:
    """Return what the joining form shows first: columns of the same name, if there are any."""
    kept = {c["name"]: c for c in answers.get("columns", ())}
    by_name = {p.name.casefold(): p.name for p in profiles}
    return {
        # Never guessed: see `app.datasets.people`.
        "person": answers.get("person", ""),
        "sure": answers.get("sure", ""),
        "columns": [
            {
                "name": axis,
                "column": kept.get(axis, {}).get("column") or by_name.get(axis.casefold(), ""),
                "aliases": kept.get(axis, {}).get("aliases", ""),
            }
            for axis in rules.schema.axes
        ],
    }


def _suggested(profile: ColumnProfile) -> dict[str, Any]:
    """Say how a column might be used; what would become public of it starts empty.

    No category and no bound is filled in from rows: what one person has would stand on a public
    page for everybody else. Free text is left out.
    """
    roles = {
        ColumnKind.DATE: ColumnRole.DIMENSION,
        ColumnKind.CATEGORY: ColumnRole.DIMENSION,
        ColumnKind.NUMBER: ColumnRole.MEASURE,
    }
    return {
        "column": profile.name,
        "role": roles.get(profile.kind, ColumnRole.LEAVE).value,
        "name": profile.name,
        "transform": Weekday.KEY if profile.kind is ColumnKind.DATE else AsItStands.KEY,
        "date_form": profile.date_form,
        "other": profile.kind is ColumnKind.CATEGORY,
        "rule": "sum",
    }
