"""Many things, some at a time."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batched(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield a sequence in parts of at most a size, in order."""
    for start in range(0, len(things), size):
        yield things[start : start + size]
