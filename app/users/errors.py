"""Errors of accounts.

AppError
`-- Invalid
    |-- WrongCredentials    address and password do not fit together
    `-- BadToken            a link that is too old, used, or not ours
"""

from app.core.errors import Invalid


class WrongCredentials(Invalid):
    """The address and the password do not fit together; it never says which."""


class BadToken(Invalid):
    """A link from a message is too old, used, or not ours."""
