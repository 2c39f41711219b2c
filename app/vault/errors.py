"""What a vault refuses.

VaultError
├── ObjectIdRefused    an object id of another shape
├── ObjectExists       written once already
├── ObjectMissing      never written, or erased
└── ObjectUnreadable   another master key, or damaged
"""

from typing import ClassVar


class VaultError(Exception):
    """Base of the tree; `user_message` may be shown to the owner of the rows."""

    user_message: ClassVar[str] = "The stored rows cannot be used."


class ObjectIdRefused(VaultError):
    """An object id of another shape."""

    user_message = "The stored rows cannot be found."


class ObjectExists(VaultError):
    """Written once already; objects never change."""

    user_message = "These rows are stored already."


class ObjectMissing(VaultError):
    """Never written, or erased."""

    user_message = "The stored rows cannot be found."


class ObjectUnreadable(VaultError):
    """Another master key, or damaged."""

    user_message = "The stored rows cannot be read."
