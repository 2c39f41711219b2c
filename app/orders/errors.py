"""Errors of orders.

AppError
|-- Conflict
|   |-- PriceChanged     the catalogue changed since the price was shown
|   |-- NothingToPay     everything in the bundle is owned already
|   `-- PaymentPending   it was paid in a way that takes days to arrive
`-- Invalid
    `-- PurposeRefused   a table in the bundle is not sold for the stated purpose
"""

from app.core.errors import Conflict, Invalid


class PriceChanged(Conflict):
    """The catalogue changed since the price was shown."""


class NothingToPay(Conflict):
    """Everything in the bundle is owned already."""


class PaymentPending(Conflict):
    """It was paid in a way that takes days to arrive."""


class PurposeRefused(Invalid):
    """A table in the bundle is not sold for the stated purpose."""
