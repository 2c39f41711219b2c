"""The errors that the privacy package raises, each with a message for users.

PrivacyError
├── SchemaError      a schema that makes no sense
├── WorkloadError    tables that the schema cannot give, or too many
├── PlanError        an accuracy, budget or tier that cannot be planned
├── BudgetExceeded   a charge above what a person allows
├── ReleaseError     a stored release that cannot be read
└── NotInstalled     an optional part whose packages are missing
"""

from typing import ClassVar


class PrivacyError(Exception):
    """Base of the tree; `user_message` may be shown to anyone."""

    user_message: ClassVar[str] = "The privacy settings cannot be used."


class SchemaError(PrivacyError):
    """A schema that makes no sense."""

    user_message = "The description of the columns is not valid."


class WorkloadError(PrivacyError):
    """Tables that the schema cannot give."""

    user_message = "These tables cannot be made from these columns."


class PlanError(PrivacyError):
    """A budget or tier that cannot be planned."""

    user_message = "This privacy budget cannot be used."


class BudgetExceeded(PrivacyError):
    """A charge above what a person allows."""

    user_message = "The privacy budget of this account does not allow another measurement."


class ReleaseError(PrivacyError):
    """A stored release that cannot be read."""

    user_message = "This release cannot be read."


class NotInstalled(PrivacyError):
    """An optional part whose packages are missing."""

    user_message = "This part is not available on this installation."
