"""Errors of orders.

AppError
|-- Conflict
|   |-- NothingToPay     everything in the bundle is owned already
|   |-- PaymentPending   it was paid in a way that takes days to arrive
|   |-- PaymentOpen      the buyer has another payment under way
|   |-- LaterPurchase    later prices rest on what is to be refunded
|   |-- RefundUnderWay   an earlier refund has not been answered yet
|   `-- NothingToRefund  the order cost nothing, or less is left of it
`-- Invalid
    `-- PurposeRefused   a table in the bundle is not sold for the stated purpose
"""

from app.core.errors import Conflict, Invalid


class NothingToPay(Conflict):
    """Everything in the bundle is owned already."""


class PaymentPending(Conflict):
    """It was paid in a way that takes days to arrive."""


class PurposeRefused(Invalid):
    """A table in the bundle is not sold for the stated purpose."""


class PaymentOpen(Conflict):
    """The buyer has another payment under way."""


class LaterPurchase(Conflict):
    """Later prices rest on what is to be refunded."""


class NothingToRefund(Conflict):
    """The order cost nothing, or less is left of it."""


class RefundUnderWay(Conflict):
    """An earlier refund of the order has not been answered yet."""
