"""Errors of the pure libraries and the doors, in the reader's language.

Those parts know nothing of languages: each of their errors has English words in the class
attribute `user_message`. `tools/user_messages.py` collects them from there for translation.
"""

from typing import Protocol

from flask_babel import gettext


class Worded(Protocol):
    """An error with words for people."""

    @property
    def user_message(self) -> str:
        """What may be shown."""


def in_words(error: Worded) -> str:
    """Return what an error says, in the reader's language; translated words stay as they are."""
    return str(gettext(error.user_message))
