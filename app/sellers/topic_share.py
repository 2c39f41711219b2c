"""A seller's share of what a topic sold, so coarse that nobody else's sales can be worked out.

Who knows their own sales and their share knows the sum of the others'. It is therefore told
only where that sum is of many, none of them makes most of it, and in steps alone: what one
other seller sold may be anything from nothing to half of a sum that is itself known within a
factor of about two.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

#: So many others have sold something in the topic, at least.
FEWEST = 5
#: None of them more than this part of what they sold together.
MOST_OF_ONE = 0.5
#: Where the steps of a share begin, in percent.
BOUNDS = (0, 10, 25, 50, 75)


@dataclass(frozen=True)
class Share:
    """A share that lies from `low` percent on and before `high`, or at 100."""

    low: int
    high: int


def share_of(sold: Mapping[str, int], seller_id: str) -> Share | None:
    """Return a seller's share of what was sold; None where it would tell too much.

    Parameters
    ----------
    sold : mapping of str to int
        How much each seller sold.

    Examples
    --------
    >>> others = {"a": 4, "b": 3, "c": 3, "d": 1, "e": 1}
    >>> share_of(others | {"me": 2}, "me")
    Share(low=10, high=25)
    """
    others = [count for who, count in sold.items() if who != seller_id and count > 0]
    total = sum(others)
    if len(others) < FEWEST or max(others) > MOST_OF_ONE * total:
        return None
    own = sold.get(seller_id, 0)
    place = bisect_right(BOUNDS, 100 * own / (own + total))
    return Share(BOUNDS[place - 1], (*BOUNDS, 100)[place])
