"""Errors of datasets.

AppError
`-- Invalid
    `-- BadFile    a file that cannot be read; names the row, the column and the remedy
"""

from app.core.errors import Invalid


class BadFile(Invalid):
    """A file cannot be read."""
