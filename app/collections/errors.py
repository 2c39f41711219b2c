"""Errors of collections.

AppError
`-- Invalid
    `-- BadRules    a schema or rule that cannot be published; says what to change
"""

from app.core.errors import Invalid


class BadRules(Invalid):
    """A schema or a rule cannot be published."""
