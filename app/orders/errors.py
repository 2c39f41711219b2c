"""Errors of orders.

AppError
|-- Conflict
|   |-- PriceChanged     the catalogue changed since the price was shown
|   `-- NothingToPay     everything in the bundle is owned already
`-- Invalid
    `-- PurposeRefused   a table in the bundle is not sold for the stated purpose
"""

from app.core.errors import Conflict, Invalid


class PriceChanged(Conflict):
    """The catalogue changed since the price was shown."""


class NothingToPay(Conflict):
    """Everything in the bundle is owned already."""


class PurposeRefused(Invalid):
    """A table in the bundle is not sold for the stated purpose."""
