"""Which edition of a collection stands in front, and how large it is."""

from bisect import bisect_right

#: Of an edition that no newer one of its collection follows.
NEWEST = 2**31 - 1
#: Whatever an edition is sold for.
ANY = ""
#: How many people lists are narrowed by: at least so many.
STEPS = (100, 500, 1_000, 5_000)


def step_of(people: int) -> int:
    """Return how many of the steps so many people reach.

    Examples
    --------
    >>> step_of(99), step_of(100), step_of(9_999)
    (0, 1, 4)
    """
    return bisect_right(STEPS, people)
