from enum import StrEnum


class ReviewState(StrEnum):
    """Whether an operator has read a review, and what they decided."""

    WAITING = "waiting"
    SHOWN = "shown"
    REFUSED = "refused"
