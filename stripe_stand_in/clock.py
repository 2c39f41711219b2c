"""The stand-in's clock: the real one, and what a control has added to it."""

from __future__ import annotations

from stripe_stand_in.call import ADDED, Call
from stripe_stand_in.problems import InvalidParameter

#: The start of 2100, in seconds since 1970. A limit, because the clock cannot be set back.
_LAST = 4_102_444_800


def advance(call: Call, seconds: int) -> int:
    """Add seconds to the clock of every process; return its new time, in seconds since 1970.

    Raises
    ------
    InvalidParameter
        For a way back: what has settled or expired cannot be undone.
    """
    if seconds < 0:
        raise InvalidParameter("The clock goes forward only.", param="advance")
    if call.now + seconds > _LAST:
        raise InvalidParameter("The clock ends with the century.", param="advance")
    call.tx.set(ADDED, call.tx.setting(ADDED, 0) + seconds)
    return call.now_again()


def go_to(call: Call, moment: int) -> int:
    """Set the clock to a second that is not past; return it."""
    return advance(call, moment - call.now)
