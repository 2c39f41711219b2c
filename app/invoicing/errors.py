"""Errors of documents; faults of the program, never of a visitor.

DocumentError
|-- OccasionReused    the same occasion with another document
`-- NothingInvoiced   a credit note for an order without an invoice
"""


class DocumentError(Exception):
    """A document cannot be issued."""


class OccasionReused(DocumentError):
    """The same occasion came with other contents."""


class NothingInvoiced(DocumentError):
    """There is no invoice that a credit note could correct."""
