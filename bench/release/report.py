"""Rows for docs/benchmarks/release.json and sections for release.md."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

FOLDER = Path(__file__).parent.parent.parent / "docs" / "benchmarks"
TITLE = "# The release beside other libraries"


class Row(TypedDict):
    """One published figure."""

    name: str
    value: float
    unit: str
    how: str


def row(name: str, value: float, unit: str, how: str) -> Row:
    """Round a figure for publishing."""
    return {"name": name, "value": round(value, 3), "unit": unit, "how": how}


def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table."""
    rule = ["---"] * len(header)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *lines))


def listed(rows: Sequence[Row]) -> str:
    """Write rows as a Markdown table."""
    return table(
        ("figure", "value", "unit", "how"),
        [(one["name"], f"{one['value']:g}", one["unit"], one["how"]) for one in rows],
    )


def measured() -> str:
    """Say when and on what kind of machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Measured {datetime.now(tz=UTC).date()} on {os.cpu_count()} cores and "
        f"{memory:.0f} GiB ({platform.machine()})."
    )


def publish(title: str, text: str, rows: Sequence[Row], prefixes: tuple[str, ...]) -> None:
    """Replace a section of the page, and its rows, by new ones.

    Parameters
    ----------
    title : str
        Of the section.
    text : str
        Below its title.
    rows : sequence of Row
    prefixes : tuple of str
        Rows whose names begin so are this section's.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    page, figures = FOLDER / "release.md", FOLDER / "release.json"
    old: list[Row] = json.loads(figures.read_text()) if figures.exists() else []
    names = {one["name"] for one in rows}
    kept = [one for one in old if one["name"] not in names and not one["name"].startswith(prefixes)]
    figures.write_text(json.dumps([*kept, *rows], indent=2) + "\n")
    sections = page.read_text().split("\n## ")[1:] if page.exists() else []
    found = dict(section.split("\n", 1) for section in sections)
    found[title] = f"\n{measured()}\n\n{text.strip()}\n"
    order = [name for name in ORDER if name in found]
    body = "".join(f"\n## {name}\n{found[name].rstrip()}\n" for name in order)
    page.write_text(f"{TITLE}\n\nRepeat with `make bench-release`.\n{body}")


ACCURACY = "Accuracy"
SPEED = "Speed"
CUBE = "Cost of the bounded cube"
OPTIMALITY = "Distance from the best Gaussian mechanism"
CELLS = "Cost of the cells"
ORDER = (ACCURACY, OPTIMALITY, SPEED, CUBE, CELLS)
