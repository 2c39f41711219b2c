"""Errors of contributions.

AppError
|-- NotFound
|   `-- NothingWaits    what was read has expired, or was never here
`-- Invalid
    |-- NotTaken        cells that no page of ours can have sent
    |-- TooMuch         more than can wait in one browser
    `-- NothingToGive   an export without a month that a template takes
"""

from app.core.errors import Invalid, NotFound


class NothingWaits(NotFound):
    """What a visitor had read has expired, or is another browser's."""


class NotTaken(Invalid):
    """Cells that no page of ours can have sent."""


class TooMuch(Invalid):
    """More than can wait in one browser."""


class NothingToGive(Invalid):
    """There is no cell to give."""
