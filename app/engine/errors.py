"""What an engine refuses.

EngineError    a measurement failed; says nothing of the query, which holds a secret
"""

from typing import ClassVar


class EngineError(Exception):
    """A measurement failed; says nothing of the query, which holds a secret."""

    user_message: ClassVar[str] = "The measurement could not be completed. Nothing was published."
