"""One step in a life that is written down as a table of states and events."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from app.core.errors import Conflict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def step(table: Mapping[tuple[S, E], S], state: S, event: E, refusal: Any) -> S:
    """Return the state after an event.

    Parameters
    ----------
    refusal : str
        What to say when the event cannot happen in this state.

    Raises
    ------
    Conflict
    """
    try:
        return table[state, event]
    except KeyError:
        raise Conflict(refusal) from None
