"""Errors of releases.

AppError
`-- Conflict
    `-- NothingListed    an edition cannot close: no dataset is waiting
"""

from app.core.errors import Conflict


class NothingListed(Conflict):
    """An edition cannot close because no dataset is waiting for it."""
