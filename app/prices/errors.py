"""Errors of the price books.

AppError
|-- NotFound
|   `-- UnknownBook     no price book has this name
|-- Invalid
|   `-- BookRefused     under such a book the prices could be got round, or make no sense
`-- Conflict
    |-- VersionTaken    a published book has this name already
    `-- Superseded      another book came into force meanwhile
"""

from app.core.errors import Conflict, Invalid, NotFound


class UnknownBook(NotFound):
    """No price book has this name."""


class BookRefused(Invalid):
    """The market does not work with such a book."""


class VersionTaken(Conflict):
    """A published book has this name already; it is never changed."""


class Superseded(Conflict):
    """The book was drawn up from one that is no longer in force."""
