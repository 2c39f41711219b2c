"""Errors of collections.

AppError
`-- Invalid
    |-- BadRules        a schema or rule that cannot be published; says what to change
    `-- DiaryRefused    a diary that cannot be opened; says where, and what to change
"""

from typing import Any

from app.core.errors import Invalid


class BadRules(Invalid):
    """A schema or a rule cannot be published."""


class DiaryRefused(Invalid):
    """A diary cannot be opened.

    Parameters
    ----------
    place : tuple of str or int
        Where in its description: ("ask", 1, "options", 3); empty for the whole of it.
    """

    def __init__(self, message: Any, place: tuple[str | int, ...], **params: Any) -> None:
        super().__init__(message, **params)
        self.place = place
