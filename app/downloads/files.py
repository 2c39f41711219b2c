"""The files of a table: itself in every format, and an archive with what explains it."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.catalog.products import Product, product_title
from app.core.spreadsheets import guarded
from app.downloads.content import ADJUSTED, FIGURES, Content, content_of
from app.downloads.facts import as_json, table_facts
from app.downloads.formats import EPOCH, as_csv
from app.releases.queries import ReleaseView
from privacy.tables.table import Table

LICENCE = (
    "For the purpose stated in the order. Do not try to single out, identify or contact a "
    "person, and do not combine these tables with others in order to do so."
)


def content(view: ReleaseView, product: Product, released: Table | None = None) -> Content:
    """Return a table as its files hold it: as it was sold, or the one given."""
    return content_of(view, product, table_facts(view, product), released)


def table_csv(view: ReleaseView, product: Product, released: Table | None = None) -> bytes:
    """Return the table as UTF-8 CSV with a header line: as it was sold, or the one given."""
    return as_csv(content(view, product, released))


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
            "privacy.json": as_json(table_facts(view, product)),
            **{one.name: one.content for one in companions},
            "README.txt": readme(view, product, companions),
        }
    )


def packed(contents: Mapping[str, bytes]) -> bytes:
    """Return a zip of some files: the same bytes each time."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for name, one in contents.items():
            entry = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            file.writestr(entry, one)
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
