"""Errors of the comparison with the provider.

AppError
`-- Conflict
    `-- NotADifference    a movement that the latest comparison does not know as unbooked
"""

from app.core.errors import Conflict


class NotADifference(Conflict):
    """A movement that the latest comparison does not know as unbooked."""
