"""Writing synthetic rows: the rows, how well they agree with the tables, and what to know."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.core.spreadsheets import guarded
from app.downloads import facts, files
from app.releases.queries import ReleaseView

if TYPE_CHECKING:  # The library beneath is heavy, and only the worker loads it.
    from privacy.synthetic.likeness import Likeness
    from privacy.synthetic.synthesis import SyntheticRows

NOTE = (
    "Synthetic rows describe no person. Only the tables they were fitted to are right in them, "
    "and only to within the noise of those tables; anything else, such as other columns "
    "together, is the model's guess. Where figures matter, use the tables themselves: they "
    "carry noise intervals."
)
METHOD = (
    "a graphical model fitted to the released tables (private-pgm / mbi, arXiv 1901.09136); "
    "rows dealt out by systematic sampling; values of measures drawn between knots in mirrored "
    "pairs, which leaves the mass near each knot as it is"
)
QUALITY = (
    "table",
    "tier",
    "fitted_to",
    "statistic",
    "measure",
    "unit",
    "cells",
    "inside_noise_interval_95",
    "root_mean_square_difference",
    "root_mean_square_noise_sd",
    "distance_of_shares",
)


@dataclass(frozen=True)
class Quality:
    """One line of the quality report, for its page.

    Attributes
    ----------
    difference, noise : float
        Root mean squares, in contributions or the measure's unit.
    """

    table: str
    tier: str
    fitted: bool
    statistic: str
    measure: str
    unit: str
    cells: int
    inside: int
    difference: float
    noise: float


@dataclass(frozen=True)
class Report:
    """What a page tells of a finished file."""

    rows: int
    contributions: int
    lines: tuple[Quality, ...]


def archive(view: ReleaseView, made: "SyntheticRows", report: "Sequence[Likeness]") -> bytes:
    """Return a zip of the rows, their quality and their privacy facts."""
    return files.packed(
        {
            "synthetic.csv": synthetic_csv(made),
            "quality.csv": quality_csv(report),
            "privacy.json": privacy_json(view, made),
            "README.txt": readme(view, made),
        }
    )


def synthetic_csv(made: "SyntheticRows") -> bytes:
    """Return one line a row: categories as text, measures in their unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([guarded(axis) for axis in made.axes])
    columns: list[list[str]] = []
    for position, axis in enumerate(made.axes):
        if axis in made.schema.hard:
            labels = [guarded(label) for label in made.schema.labels(axis)]
            columns.append([labels[n] for n in made.positions[:, position].tolist()])
        else:
            units = made.units[:, position].tolist()
            resolution = made.schema.measure(axis).resolution
            written = {n: format(Decimal(n) * resolution, "f") for n in set(units)}
            columns.append([written[n] for n in units])
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def quality_csv(report: "Sequence[Likeness]") -> bytes:
    """Return one line for each kind of figure of each table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(QUALITY)
    for line in report:
        writer.writerow(
            [
                guarded(" × ".join(line.marginal)),
                line.tier,
                "yes" if line.fitted else "no",
                line.statistic,
                guarded(line.measure or ""),
                guarded(line.unit),
                line.cells,
                line.inside,
                format(line.difference, ".6g"),
                format(line.noise, ".6g"),
                "" if line.distance is None else format(line.distance, ".4g"),
            ]
        )
    return text.getvalue().encode()


def privacy_json(view: ReleaseView, made: "SyntheticRows") -> bytes:
    """Return the privacy facts of the release, and what the rows were made from."""
    return facts.as_json(
        {
            **facts.release_facts(view),
            "synthetic_rows": {
                "note": NOTE,
                "method": METHOD,
                "further_privacy_loss": "none: made from released tables alone",
                "rows": len(made),
                "contributions_they_stand_for": made.total,
                "fitted_to": [f"{' × '.join(marginal)} ({tier})" for marginal, tier in made.fitted],
                "left_out_as_too_large": [
                    f"{' × '.join(marginal)} ({tier})" for marginal, tier in made.left_out
                ],
            },
        }
    )


def readme(view: ReleaseView, made: "SyntheticRows") -> bytes:
    """Return what is in the archive and what the rows are good for, in a few lines."""
    scaled = (
        f"There would be {made.total} rows; these are {len(made)}, "
        f"each standing for {made.weight:.4g} contributions.\n\n"
        if made.total != len(made)
        else ""
    )
    return (
        f"{view.rules.title} {view.edition.number}: {len(made)} synthetic rows\n\n"
        f"{NOTE}\n\n"
        f"One row stands for one {view.rules.record}.\n\n{scaled}"
        "synthetic.csv  the rows\n"
        "quality.csv    each table in the rows against the released one: differences beside the\n"
        "               noise, and how many figures lie within the noise interval (95 %)\n"
        "privacy.json   how the people behind the tables are protected, and how this was made\n\n"
        f"{files.LICENCE}\n"
    ).encode()


def report_of(content: bytes) -> Report:
    """Read the quality report back out of an archive that `archive` wrote."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        facts: dict[str, Any] = json.loads(file.read("privacy.json"))["synthetic_rows"]
        lines = list(csv.DictReader(io.StringIO(file.read("quality.csv").decode())))
    return Report(
        facts["rows"],
        facts["contributions_they_stand_for"],
        tuple(
            Quality(
                line["table"].removeprefix("'"),
                line["tier"],
                line["fitted_to"] == "yes",
                line["statistic"],
                line["measure"].removeprefix("'"),
                line["unit"].removeprefix("'"),
                int(line["cells"]),
                int(line["inside_noise_interval_95"]),
                float(line["root_mean_square_difference"]),
                float(line["root_mean_square_noise_sd"]),
            )
            for line in lines
        ),
    )
