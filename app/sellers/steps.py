"""Coarse steps: what is told in place of a count that could point at somebody."""

from bisect import bisect_right
from dataclasses import dataclass

#: Where the steps begin. Below the first one nothing is told apart, not even none from some.
BOUNDS = tuple(size * 10**power for power in range(1, 7) for size in (1, 3))


@dataclass(frozen=True)
class Step:
    """All counts from `low` to before `high`; of the last step there is no end.

    Attributes
    ----------
    low : int
    high : int or None
    """

    low: int
    high: int | None

    @property
    def most(self) -> int | None:
        """The largest count of the step."""
        return None if self.high is None else self.high - 1


def step_of(count: int) -> Step:
    """Return the step of a count.

    Raises
    ------
    ValueError
        For a negative count.

    Examples
    --------
    >>> step_of(0) == step_of(9), step_of(10), step_of(299)
    (True, Step(low=10, high=30), Step(low=100, high=300))
    """
    if count < 0:
        raise ValueError("a count is not negative")
    place = bisect_right(BOUNDS, count)
    low = BOUNDS[place - 1] if place else 0
    return Step(low, BOUNDS[place] if place < len(BOUNDS) else None)


def rate(part: int | Step, whole: Step) -> tuple[float, float] | None:
    """Return between which two shares a part of a whole lies; None where the step says too little.

    Made of what is shown alone, so that it tells nothing that the steps do not.
    """
    if not whole.low or whole.most is None:
        return None
    if isinstance(part, int):
        return part / whole.most, part / whole.low
    return None if part.most is None else (part.low / whole.most, part.most / whole.low)
