"""Errors of payouts.

AppError
`-- Invalid
    `-- CountryRefused     the provider pays out to accounts in some countries only
RuntimeError
`-- OutcomeUnknown         the provider did not answer: the worker tries again
"""

from app.core.errors import Invalid


class CountryRefused(Invalid):
    """The provider pays out to accounts in some countries only."""


class OutcomeUnknown(RuntimeError):
    """The provider did not answer; repeating with the same key is safe."""
