"""Errors of the book.

LedgerError
|-- Unbalanced      the lines do not sum to zero
|-- KeyReused       the same key with other lines
`-- TooLarge        an amount leaves 64 bits
"""


class LedgerError(Exception):
    """The book refuses a transaction; a fault of the program, never of a visitor."""


class Unbalanced(LedgerError):
    """The lines do not sum to zero."""


class KeyReused(LedgerError):
    """The same key came with other lines."""


class TooLarge(LedgerError):
    """An amount leaves 64 bits."""
