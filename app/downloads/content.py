"""What a table's files hold: one line a figure, the same in every format.

Numbers are rounded once, to nine significant digits: far finer than the noise, and the same on
every machine and in every format. No format is known here.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.catalog.charts import quartiles
from app.catalog.products import Product, product_title, table
from app.releases.queries import ReleaseView
from privacy.tables import adjusted, derived
from privacy.tables.table import CONTRIBUTIONS, SUM, Coordinates, Estimate, Table

Value = str | float | int | bool | None
Place = tuple[Coordinates, str, str | None]
"""Cell, statistic and measure: what names a figure."""

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
    "noise_sd": (
        "standard deviation of the noise of value; of a mean, share or quartile, half its interval "
        "over 1.96. It says nothing of people outside the data"
    ),
    "noise_interval_95_low": "in 95 of 100 draws of the noise what was counted lies from here",
    "noise_interval_95_high": "to here",
    "unit": "of value; a count is in contributions of one unit of privacy",
    "told_apart_from_zero": "false, where the noise alone may have made the figure",
}
#: What a rolled up table says beside a plain one's columns.
ROLLED = {"cells": "how many cells of the table the figure is made of"}
NUMBERS = (
    "cells",
    "near",
    "value",
    "adjusted_value",
    "noise_sd",
    "noise_interval_95_low",
    "noise_interval_95_high",
)
FLAGS = ("told_apart_from_zero",)


@dataclass(frozen=True)
class Content:
    """A table as its files hold it.

    Attributes
    ----------
    title : str
    name : str
        Of its files, without an ending: title, period, columns, level and release.
    dimensions : tuple of str
        The first columns.
    lines : tuple of tuple
        One a figure: texts, numbers, booleans, and None for what a line has not.
    facts : mapping of str to object
        How the people are protected, and the noise; see `app.downloads.facts`.
    others : tuple of str
        The other columns, of `FIGURES` and `ROLLED`.
    """

    title: str
    name: str
    dimensions: tuple[str, ...]
    lines: tuple[tuple[Value, ...], ...]
    facts: Mapping[str, Any]
    others: tuple[str, ...] = tuple(FIGURES)

    @property
    def header(self) -> tuple[str, ...]:
        """Names of all columns; a dimension that is called like a figure's column is told apart."""
        taken = {*self.others}
        return (*(f"{n}_column" if n in taken else n for n in self.dimensions), *self.others)

    @cached_property
    def columns(self) -> dict[str, list[Value]]:
        """All columns by name."""
        return {
            name: [line[place] for line in self.lines] for place, name in enumerate(self.header)
        }


def content_of(
    view: ReleaseView, product: Product, facts: Mapping[str, Any], released: Table | None = None
) -> Content:
    """Return a table as it was sold, or another one of the same cells, as files hold it.

    Parameters
    ----------
    view : ReleaseView
    product : Product
    facts : mapping of str to object
    released : Table, optional
    """
    found = released or table(view, product)
    nicer = _adjusted(found)
    lines = tuple(
        _line(view, product, one, nicer.get((one.coordinates, one.statistic, one.measure)))
        for one in figures(found)
    )
    title = f"{product_title(view, product)} ({product.tier.name})"
    return Content(title, file_name(view, product), product.dimensions, lines, facts)


def figures(released: Table) -> tuple[Estimate, ...]:
    """Return what a table tells: what was measured first, then what follows from it."""
    return (*released.estimates(), *derived.shares(released), *quartiles(released))


def file_name(view: ReleaseView, product: Product) -> str:
    """Name the files of a table: what they are about, of when, and of which release."""
    period = view.edition.period or str(view.edition.number)
    parts = (view.rules.title, period, *product.marginal, product.tier.name, view.digest[:8])
    return "-".join(filter(None, ("moisson", *map(_plain, parts))))


def rounded(value: float) -> float:
    """Round a figure to nine significant digits."""
    return float(format(value, ".9g"))


def written(value: float) -> str:
    """Write a rounded number: whole ones without a point."""
    return format(value, ".15g")


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]+", "-", apart.encode("ascii", "ignore").decode()).strip("-")[:40]


def _line(
    view: ReleaseView, product: Product, one: Estimate, nicer: float | None
) -> tuple[Value, ...]:
    cell = dict(one.coordinates)
    near = cell.get(one.measure or "")
    return (
        *(cell[name] for name in product.dimensions),
        one.statistic,
        one.measure,
        # Which knot of the measure the contributions lie near.
        None if near is None else float(near),
        rounded(one.value),
        nicer,
        rounded(one.sd),
        rounded(one.low),
        rounded(one.high),
        _unit(view, one) or None,
        one.distinct,
    )


def _unit(view: ReleaseView, estimate: Estimate) -> str:
    counted = estimate.measure is None and estimate.statistic != derived.SHARE
    return view.rules.record if counted else estimate.unit


def _adjusted(released: Table) -> dict[Place, float]:
    """Return the adjusted contributions and sums of each cell."""
    cells = released.cells()
    counts = adjusted.contributions(released).ravel().tolist()
    found: dict[Place, float] = {
        (cell, CONTRIBUTIONS, None): float(n) for cell, n in zip(cells, counts, strict=True)
    }
    for name in released.soft:
        sums = adjusted.sums(released, name).ravel().tolist()
        # Multiples of the resolution, which fifteen digits hold exactly as they are written.
        found |= {(cell, SUM, name): float(written(n)) for cell, n in zip(cells, sums, strict=True)}
    return found
