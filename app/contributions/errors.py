"""Errors of contributions.

AppError
|-- NotFound
|   `-- NothingWaits    what was read has expired, or was never here
`-- Invalid
    `-- NothingToGive   an export without a month that a template takes
"""

from app.core.errors import Invalid, NotFound


class NothingWaits(NotFound):
    """What a visitor had read has expired, or is another browser's."""


class NothingToGive(Invalid):
    """There is no cell to give."""
