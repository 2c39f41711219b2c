"""What a check found, kept as templates and places, written out in the reader's language.

Nothing here ever holds the content of a cell.
"""

import json
from typing import Any

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.errors import UploadError


def problem_of(error: UploadError) -> dict[str, Any]:
    """Return a problem as it is kept: templates and places, never a cell's content."""
    return {
        "row": error.row,
        "column": error.column,
        "template": error.template,
        "remedy": error.remedy_template,
        "params": error.params,
    }


def problem_texts(problems: tuple[dict[str, Any], ...]) -> list[str]:
    """Write problems out, each once: the same one in further rows is only counted."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for problem in problems:
        same = (problem["column"] or "", problem["template"], json.dumps(problem["params"]))
        alike.setdefault(same, []).append(problem)
    texts = []
    for group in alike.values():
        text, more = problem_text(group[0]), len(group) - 1
        if more:
            rows = ", ".join(str(p["row"]) for p in group[1:6])
            text += " " + str(_l("Also in rows %(rows)s", rows=rows)) + (" …" if more > 5 else ".")
        texts.append(text)
    return texts


def problem_text(problem: dict[str, Any]) -> str:
    """Write a problem out in the reader's language: place, what is wrong, remedy."""
    place = []
    if problem["row"] is not None:
        place.append(str(_l("Row %(row)s", row=problem["row"])))
    if problem["column"]:
        place.append(str(_l("column %(column)s", column=problem["column"])))
    said = [str(_l(text, **problem["params"])) for text in (problem["template"], problem["remedy"])]
    return (", ".join(place) + ": " if place else "") + " ".join(said)
