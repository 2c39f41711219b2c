"""The life of an edition, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class EditionState(StrEnum):
    """Where an edition is.

    `COUNTING`: its people were charged for being counted; `CHARGED`: for being measured.
    `CARRIED`: too few were counted, everything waits for the next one. `EMPTY` is what editions
    that nobody came to were called before people were counted first.
    """

    CLOSED = "closed"
    COUNTING = "counting"
    CHARGED = "charged"
    PUBLISHED = "published"
    CARRIED = "carried"
    EMPTY = "empty"


class EditionEvent(StrEnum):
    """What happens to an edition."""

    COUNT = "count"
    CARRY_OVER = "carry-over"
    CHARGE = "charge"
    PUBLISH = "publish"


_NEXT = {
    (EditionState.CLOSED, EditionEvent.COUNT): EditionState.COUNTING,
    # The noise of a charge was drawn and lost: its people are charged again.
    (EditionState.COUNTING, EditionEvent.COUNT): EditionState.COUNTING,
    (EditionState.COUNTING, EditionEvent.CARRY_OVER): EditionState.CARRIED,
    (EditionState.COUNTING, EditionEvent.CHARGE): EditionState.CHARGED,
    (EditionState.CHARGED, EditionEvent.CHARGE): EditionState.CHARGED,
    (EditionState.CHARGED, EditionEvent.PUBLISH): EditionState.PUBLISHED,
    # Its collection is gone: its founder left before anything of it was released.
    (EditionState.CHARGED, EditionEvent.CARRY_OVER): EditionState.CARRIED,
}


def next_state(state: EditionState, event: EditionEvent) -> EditionState:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("This cannot be done with the edition as it is now."))
