"""Charge, mark, draw, publish: a charge pays for one draw of noise at most.

Each step is a unit of work. The charge is committed before any noise is drawn, and so is the mark
that it is about to be drawn. A crash before the mark wastes nothing: no noise was drawn, and the
same charge is used again. A crash after it wastes the charge: what was drawn is lost, and drawing
anew is charged anew.
"""

from collections.abc import Callable
from typing import Protocol

from app.core.db import Database


class Charged(Protocol):
    """A row about something that is charged and drawn.

    Attributes
    ----------
    state : str
    attempt : int
        How often it was charged.
    drawn : int
        For which charge noise was drawn, 0 for none.
    """

    state: str
    attempt: int
    drawn: int


def needs_charge(row: Charged, waiting: str, charged: str) -> bool:
    """Say whether a charge is to be made: none was yet, or what it paid for is lost.

    Parameters
    ----------
    waiting, charged : str
        The states before and after a charge.
    """
    lost = row.state == charged and row.drawn == row.attempt
    return row.state == waiting or lost


def mark_drawn(db: Database, lock: Callable[[], Charged], attempt: int, charged: str) -> None:
    """Commit that the noise of a charge is about to be drawn: whoever comes second stops here.

    Raises
    ------
    RuntimeError
        Where it was drawn already, or charged anew meanwhile.
    """
    with db.unit_of_work():
        row = lock()
        if row.state != charged or row.attempt != attempt or row.drawn == attempt:
            raise RuntimeError("another worker draws the noise of this charge")
        row.drawn = attempt


def is_ours(row: Charged, attempt: int, charged: str) -> bool:
    """Say whether what was drawn for a charge may be published.

    Not where others were quicker, or took this worker for dead and charged anew: nobody saw
    what was drawn here.
    """
    return row.state == charged and row.attempt == attempt
