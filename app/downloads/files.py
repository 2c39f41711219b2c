"""Writing a table as CSV and its companions; a pure function of the release.

One line a figure: cell, statistic, value, noise interval (95 %), unit. First what was measured,
cell by cell; then what follows from it: shares, and quartiles where a measure has knots enough.
A text cell that a spreadsheet would run as a formula gets an apostrophe in front.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from app.catalog.charts import quartiles
from app.catalog.products import Product, product_title, table
from app.core.spreadsheets import guarded
from app.releases.queries import ReleaseView
from privacy.tables import adjusted, derived
from privacy.tables.table import CONTRIBUTIONS, SUM, Coordinates, Estimate, Table

Place = tuple[Coordinates, str, str | None]
"""Cell, statistic and measure: what names a figure."""

#: Every entry of an archive carries this date, so that its bytes do not change.
EPOCH = (2000, 1, 1, 0, 0, 0)
QUANTILES = (
    "the distribution inverted: every value at which it is not told apart from the level; "
    "a quantile is right to within one gap between knots"
)
ADJUSTED = (
    "value drawn towards the product of the table's margins, as far as noise may have made it "
    "differ, then made whole and not negative, adding up to the table's own total; it is nearer "
    "to the truth on the whole, biased upwards where few contributed and towards what is usual "
    "where columns go together in a rare way, and the noise interval belongs to value, not to it"
)
#: What the columns beside dimensions and measures say.
FIGURES = {
    "statistic": "what the line tells: contributions, sum, mean, share, or a quartile",
    "measure": "the number that a sum, mean or quartile is of; empty for counts and shares",
    "near": "a knot of the measure, where contributions near it are counted; else empty",
    "value": "the figure, with noise, unbiased: it may be negative",
    "adjusted_value": ADJUSTED,
    "noise_interval_95_low": "in 95 of 100 draws of the noise what was counted lies from here",
    "noise_interval_95_high": "to here",
    "unit": "of value; a count is in contributions of one unit of privacy",
    "told_apart_from_zero": "no, where the noise alone may have made the figure",
}
LICENCE = (
    "For the purpose stated in the order. Do not try to single out, identify or contact a "
    "person, and do not combine these tables with others in order to do so."
)


def table_csv(view: ReleaseView, product: Product, released: Table | None = None) -> bytes:
    """Return the table as UTF-8 CSV with a header line: as it was sold, or the one given."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *(guarded(name) for name in product.dimensions),
            "statistic",
            "measure",
            "near",
            "value",
            "adjusted_value",
            "noise_interval_95_low",
            "noise_interval_95_high",
            "unit",
            "told_apart_from_zero",
        ]
    )
    released = released or table(view, product)
    nicer = _adjusted(released)
    for estimate in figures(released):
        place = (estimate.coordinates, estimate.statistic, estimate.measure)
        writer.writerow(_row(view, product, estimate, nicer.get(place, "")))
    return text.getvalue().encode()


def figures(released: Table) -> tuple[Estimate, ...]:
    """Return what a table tells: what was measured first, then what follows from it."""
    return (*released.estimates(), *derived.shares(released), *quartiles(released))


@dataclass(frozen=True)
class Companion:
    """A file beside a table, made of it and of other tables that its buyer owns.

    Attributes
    ----------
    about : str
        What is in it, in a sentence or two.
    columns : mapping of str to str
        What those of its columns say that the table itself has not.
    """

    name: str
    content: bytes
    about: str
    columns: Mapping[str, str] = field(default_factory=dict)


def archive(view: ReleaseView, product: Product, companions: Sequence[Companion] = ()) -> bytes:
    """Return a zip of the table, its dictionary, its privacy facts, and what stands beside it."""
    return packed(
        {
            "table.csv": table_csv(view, product),
            "dictionary.csv": dictionary_csv(view, product, companions),
            "privacy.json": privacy_json(view, product),
            **{one.name: one.content for one in companions},
            "README.txt": readme(view, product, companions),
        }
    )


def packed(contents: Mapping[str, bytes]) -> bytes:
    """Return a zip of some files: the same bytes each time."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, content)
    return whole.getvalue()


def dictionary_csv(
    view: ReleaseView, product: Product, companions: Sequence[Companion] = ()
) -> bytes:
    """Return what each column means, its domain or bounds, and where those come from.

    Of the columns of figures the last field says what they tell.
    """
    schema = view.release.plan.schema
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["column", "kind", "domain", "unit", "combined_by", "source"])
    for name in product.dimensions:
        domain = " | ".join(schema.dimension(name).domain)
        source = view.rules.column(name).source
        writer.writerow([guarded(name), "category", guarded(domain), "", "", guarded(source)])
    for name in product.measures:
        measure = schema.measure(name)
        domain = f"{measure.lower} to {measure.upper}"
        source = view.rules.column(name).source
        writer.writerow(
            [guarded(name), "number", domain, guarded(measure.unit), measure.rule, guarded(source)]
        )
    every = dict(FIGURES)
    for one in companions:
        every |= one.columns
    writer.writerows([name, "figure", "", "", "", meaning] for name, meaning in every.items())
    return text.getvalue().encode()


def privacy_json(view: ReleaseView, product: Product) -> bytes:
    """Return the privacy facts of the release and the accuracy of this table."""
    words = view.release.plan.noise.words
    facts = {
        **release_facts(view),
        "tier": product.tier.name,
        "variance_factor_of_tier": product.tier.variance_factor,
        "noise_sd_of_a_count": round(product.sd, 6),
        "interval": "noise interval (95 %) of what was kept; nothing is said of people outside",
        "intervals_are_made_so": {
            "contributions, sum": words.linear,
            "mean, share": words.ratio,
            "quantile": QUANTILES,
        },
        "adjusted_value": ADJUSTED,
    }
    return as_json(facts)


def release_facts(view: ReleaseView) -> dict[str, object]:
    """Return how the people behind a release are protected."""
    plan, counted = view.release.plan, view.edition.counted
    counting = 0 if counted is None else view.rules.count.rho.micro
    return {
        "unit_of_privacy": view.rules.person,
        "one_contribution": view.rules.record,
        "contribution_bound_cells": plan.schema.bound,
        "neighbours": "all contributions of one unit added or removed",
        "epsilon": view.rules.epsilon,
        "delta": plan.delta,
        "rho": (plan.rho.micro + counting) / 1_000_000,
        "rho_of_counting_people_first": counting / 1_000_000,
        "people_counted_first_with_noise": counted,
        "contributions_left_out_by_the_bound": _left_out(view),
        "at_most_right_guesses_of_100": ceil(view.rules.guesses * 10) / 10,
        "scope": "the whole release: all tables and tiers together, however often sold",
        "mechanism": plan.mechanism.value,
        "noise": plan.noise.words.noise,
        "release_sha256": view.digest,
    }


def _left_out(view: ReleaseView) -> dict[str, object] | None:
    """Say how many contributions the bound left out; None where that was not counted."""
    found, plan = view.release.left_out(), view.release.plan
    if found is None:
        return None
    return {
        "about": round(found.value),
        "noise_interval_95": [round(found.low), round(found.high)],
        "told_apart_from_none": found.distinct,
        "of_each_person_at_most_counted": plan.most_brought,
    }


def as_json(facts: Mapping[str, object]) -> bytes:
    """Write facts as UTF-8 JSON, for people to read."""
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()


def readme(view: ReleaseView, product: Product, companions: Sequence[Companion] = ()) -> bytes:
    """Return what is in the archive, in a few lines."""
    beside = "".join(f"{one.name}: {one.about}\n\n" for one in companions)
    return (
        f"{product_title(view, product)} ({product.tier.name})\n\n"
        "table.csv       one line a figure, with its noise interval (95 %)\n"
        "dictionary.csv  what the columns mean\n"
        "privacy.json    how the people behind it are protected\n\n"
        f"In table.csv, adjusted_value is {ADJUSTED}.\n"
        "Quartiles, where given, are right to within one gap between knots.\n\n"
        f"{beside}{LICENCE}\n"
    ).encode()


def _adjusted(released: Table) -> dict[Place, str]:
    """Write the adjusted contributions and sums of each cell."""
    cells = released.cells()
    counts = adjusted.contributions(released).ravel().tolist()
    found: dict[Place, str] = {
        (cell, CONTRIBUTIONS, None): str(n) for cell, n in zip(cells, counts, strict=True)
    }
    for name in released.soft:
        sums = adjusted.sums(released, name).ravel().tolist()
        # Multiples of the resolution, which fifteen digits hold exactly as they are written.
        found |= {(cell, SUM, name): format(n, ".15g") for cell, n in zip(cells, sums, strict=True)}
    return found


def _row(view: ReleaseView, product: Product, estimate: Estimate, nicer: str) -> list[str]:
    cell = dict(estimate.coordinates)
    return [
        *(guarded(cell[name]) for name in product.dimensions),
        estimate.statistic,
        guarded(estimate.measure or ""),
        # Which knot of the measure the contributions lie near.
        cell.get(estimate.measure or "", ""),
        figure(estimate.value),
        nicer,
        figure(estimate.low),
        figure(estimate.high),
        guarded(_unit(view, estimate)),
        "yes" if estimate.distinct else "no",
    ]


def _unit(view: ReleaseView, estimate: Estimate) -> str:
    counted = estimate.measure is None and estimate.statistic != derived.SHARE
    return view.rules.record if counted else estimate.unit


def figure(value: float) -> str:
    """Write a figure: nine digits, far finer than the noise, and the same on every machine."""
    return format(value, ".9g")
