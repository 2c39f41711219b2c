"""All that is wrong with the answers about a file, gathered so that it is said at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from app.collections.errors import BadRules

T = TypeVar("T")


@dataclass(frozen=True)
class WrongAnswer:
    """What is wrong with one field about one column."""

    column: str
    field: str
    message: Any


class WrongAnswers(BadRules):
    """All that is wrong with the answers about the columns.

    Attributes
    ----------
    found : tuple of WrongAnswer
    """

    def __init__(self, found: tuple[WrongAnswer, ...]) -> None:
        super().__init__(found[0].message)
        self.found = found


class Wrong(BadRules):
    """One wrong field, until `Findings` has it."""

    def __init__(self, field: str, message: Any, **params: str) -> None:
        super().__init__(message, **params)
        self.field = field


class Findings:
    """Gathers what is wrong, so that all of it is said at once."""

    def __init__(self) -> None:
        self._found: list[WrongAnswer] = []

    def of(self, column: str, step: Callable[[], T]) -> T | None:
        """Take a step; where it finds something wrong, note that and return None."""
        try:
            return step()
        except Wrong as wrong:
            self._found.append(WrongAnswer(column, wrong.field, wrong.user_message))
            return None

    def tell(self) -> None:
        """Raise what was found, if anything was."""
        if self._found:
            raise WrongAnswers(tuple(self._found))
