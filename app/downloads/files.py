"""Writing a table as CSV and its companions; a pure function of the release.

One line a figure: cell, statistic, value, noise interval (95 %), unit. A text cell that a
spreadsheet would run as a formula gets an apostrophe in front.
"""

import csv
import io
import json
import zipfile

from app.catalog.products import Product, product_title, table
from app.releases.queries import ReleaseView
from privacy.loss import right_guesses
from privacy.tables import Estimate

#: Every entry of an archive carries this date, so that its bytes do not change.
EPOCH = (2000, 1, 1, 0, 0, 0)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LICENCE = (
    "For the purpose stated in the order. Do not try to single out, identify or contact a "
    "person, and do not combine these tables with others in order to do so."
)


def table_csv(view: ReleaseView, product: Product) -> bytes:
    """Return the table as UTF-8 CSV with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *(guarded(name) for name in product.dimensions),
            "statistic",
            "measure",
            "value",
            "noise_interval_95_low",
            "noise_interval_95_high",
            "unit",
            "told_apart_from_zero",
        ]
    )
    for estimate in table(view, product).estimates():
        writer.writerow(_row(view, product, estimate))
    return text.getvalue().encode()


def archive(view: ReleaseView, product: Product) -> bytes:
    """Return a zip of the table, its dictionary and its privacy facts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (
            ("table.csv", table_csv(view, product)),
            ("dictionary.csv", dictionary_csv(view, product)),
            ("privacy.json", privacy_json(view, product)),
            ("README.txt", readme(view, product)),
        ):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, content)
    return packed.getvalue()


def dictionary_csv(view: ReleaseView, product: Product) -> bytes:
    """Return what each column means, its domain or bounds, and where those come from."""
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
    return text.getvalue().encode()


def privacy_json(view: ReleaseView, product: Product) -> bytes:
    """Return the privacy facts of the release and the accuracy of this table."""
    plan = view.release.plan
    facts = {
        "unit_of_privacy": view.rules.person,
        "one_contribution": view.rules.record,
        "contribution_bound_cells": plan.schema.bound,
        "neighbours": "all contributions of one unit added or removed",
        "epsilon": plan.epsilon,
        "delta": plan.delta,
        "rho_zcdp": plan.rho.micro / 1_000_000,
        "at_most_right_guesses_of_100": round(right_guesses(plan.epsilon), 1),
        "scope": "the whole release: all tables and tiers together, however often sold",
        "mechanism": "discrete Gaussian noise on residuals, drawn once",
        "tier": product.tier.name,
        "variance_factor_of_tier": product.tier.variance_factor,
        "noise_sd_of_a_count": round(product.sd, 6),
        "interval": "noise interval (95 %): it says nothing of people outside the data",
        "release_sha256": view.digest,
    }
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()


def readme(view: ReleaseView, product: Product) -> bytes:
    """Return what is in the archive, in a few lines."""
    return (
        f"{product_title(view, product)} ({product.tier.name})\n\n"
        "table.csv       one line a figure, with its noise interval (95 %)\n"
        "dictionary.csv  what the columns mean\n"
        "privacy.json    how the people behind it are protected\n\n"
        f"{LICENCE}\n"
    ).encode()


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _row(view: ReleaseView, product: Product, estimate: Estimate) -> list[str]:
    cell = dict(estimate.coordinates)
    return [
        *(guarded(cell[name]) for name in product.dimensions),
        estimate.statistic,
        guarded(estimate.measure or ""),
        _figure(estimate.value),
        _figure(estimate.low),
        _figure(estimate.high),
        guarded(estimate.unit or ("" if estimate.measure else view.rules.record)),
        "yes" if estimate.distinct else "no",
    ]


def _figure(value: float) -> str:
    # Nine significant digits: far finer than the noise, and the same on every machine.
    return format(value, ".9g")
