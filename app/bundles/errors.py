"""Errors of bundles and their quotes.

AppError
|-- Conflict
|   |-- OwnData         the buyer has a part in it, or it is not sold any more
|   `-- PriceChanged    the catalogue changed since the price was shown
`-- Invalid
    `-- BadQuote        not signed here, changed, or made for another buyer
"""

from app.core.errors import Conflict, Invalid


class OwnData(Conflict):
    """The buyer has a part in what they want to buy, or it is not sold any more."""


class PriceChanged(Conflict):
    """The catalogue changed since the price was shown."""


class BadQuote(Invalid):
    """Not signed here, changed, or made for another buyer."""
