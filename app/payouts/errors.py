"""Errors of payouts.

AppError
|-- Conflict
|   |-- NotTakenBack       a payout that was not sent, or of which nothing is left
|   `-- TooMuch            more than there is to spend or to hand over
`-- Invalid
    `-- CountryRefused     the provider pays out to accounts in some countries only
RuntimeError
`-- OutcomeUnknown         the provider did not answer: the worker tries again
"""

from app.core.errors import Conflict, Invalid


class NotTakenBack(Conflict):
    """A payout that was not sent, or of which nothing is left to take back."""


class TooMuch(Conflict):
    """More than there is to spend or to hand over."""


class CountryRefused(Invalid):
    """The provider pays out to accounts in some countries only."""


class OutcomeUnknown(RuntimeError):
    """The provider did not answer; repeating with the same key is safe."""
