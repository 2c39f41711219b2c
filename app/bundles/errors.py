"""Errors of bundles and their quotes.

AppError
|-- Conflict
|   `-- PriceChanged    the catalogue changed since the price was shown
`-- Invalid
    `-- BadQuote        not signed here, changed, or made for another buyer
"""

from app.core.errors import Conflict, Invalid


class PriceChanged(Conflict):
    """The catalogue changed since the price was shown."""


class BadQuote(Invalid):
    """Not signed here, changed, or made for another buyer."""
