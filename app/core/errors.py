"""Errors that are answers, and the HTTP status each one becomes.

AppError (400)
|-- Invalid (422)        what was sent cannot be accepted; says what to change
|-- NotFound (404)       no such thing, or not yours
|-- Forbidden (403)      the account's role does not allow it
|-- Conflict (409)       not in the present state
|-- TooLarge (413)       an upload over the published limit
`-- Unavailable (503)    something outside did not answer, or too many ask at once
UnsafeConfiguration      refused at start; never reaches a visitor
"""

from typing import Any


class AppError(Exception):
    """An error with words for the person who met it.

    Parameters
    ----------
    message : str
        English text, or a lazily translated one; may hold %(name)s places.
    params : Any
        Values for the places. Never private data.
    """

    status = 400

    def __init__(self, message: Any, **params: Any) -> None:
        super().__init__(str(message))
        self.message = message
        self.params = params

    @property
    def user_message(self) -> str:
        """The message in the language of the reader."""
        text = str(self.message)
        return text % self.params if self.params else text


class Invalid(AppError):
    """What was sent cannot be accepted."""

    status = 422


class NotFound(AppError):
    """There is no such thing, or it is somebody else's."""

    status = 404


class Forbidden(AppError):
    """The account's role does not allow it."""

    status = 403


class Conflict(AppError):
    """It cannot be done in the present state."""

    status = 409


class TooLarge(AppError):
    """An upload is over the published limit."""

    status = 413


class Unavailable(AppError):
    """A service outside did not answer, or too many ask at once: try again."""

    status = 503


class UnsafeConfiguration(Exception):
    """The settings are incomplete or unsafe; the program does not start."""
