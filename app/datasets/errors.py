"""Errors of datasets.

AppError
|-- Conflict
|   `-- NoRoom     another file is being read, or the account's room is used up
`-- Invalid
    `-- BadFile    a file that cannot be read; names the row, the column and the remedy
"""

from app.core.errors import Conflict, Invalid


class NoRoom(Conflict):
    """The account can take no further file now."""


class BadFile(Invalid):
    """A file cannot be read."""
