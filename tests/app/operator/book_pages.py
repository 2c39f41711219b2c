"""The form of a price book as a browser sends it, and what its pages hold."""

import dataclasses
import re

from flask import Flask

from app.market import market_of
from app.prices import queries as prices
from pricing.price_book import DEFAULT_BOOK, PriceBook

NEW = "/operator/prices/new"
#: What the form holds when it is opened on a new market, as a browser sends it back.
TYPED = {
    "version": "2026-4",
    "note": "Contributors get more.",
    "based_on": "2026-3",
    "fixed_micros": "0.1",
    "floor_micros": "0",
    "respondent_micros": "0.001",
    "minimum_micros": "1",
    "minimum_people": "50",
    "platform_basis_points": "10",
    "base": "1",
    "rarity_lambda": "0.5",
    "rarity_cap": "2",
    **{f"detail-{n}": text for n, text in enumerate(("0.25", "1", "1.2", "1.4", "1.6", ""))},
    **{f"curve-{n}-points": text for n, text in enumerate(("200", "1000", "5000", "20000", ""))},
    **{f"curve-{n}-micros": text for n, text in enumerate(("24", "100.8", "388.8", "1108.8", ""))},
}
DEARER = {**TYPED, "floor_micros": "0.7", "base": "1.1"}
DEARER_BOOK = dataclasses.replace(DEFAULT_BOOK, version="2026-4", floor_micros=700_000, base=1.1)


def errors_at(page: str, field: str) -> str:
    """The words that stand at a field."""
    found = re.search(rf'<p class="error" id="{field}-error">(.*?)</p>', page, re.DOTALL)
    return found[1] if found else ""


def values_of(page: str) -> dict[str, str]:
    """What the fields of the page hold."""
    inputs = re.findall(r"<input[^>]*>", page)
    named = [(re.search(r'name="([^"]+)"', i), re.search(r'value="([^"]*)"', i)) for i in inputs]
    return {name[1]: value[1] for name, value in named if name and value}


def in_force(app: Flask) -> PriceBook:
    with market_of(app).db.unit_of_work(write=False):
        return prices.in_force()
