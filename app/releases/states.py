"""The life of an edition, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class EditionState(StrEnum):
    """Where an edition is."""

    CLOSED = "closed"
    CHARGED = "charged"
    PUBLISHED = "published"
    EMPTY = "empty"


class EditionEvent(StrEnum):
    """What happens to an edition."""

    CHARGE = "charge"
    PUBLISH = "publish"
    NOBODY = "nobody"


_NEXT = {
    (EditionState.CLOSED, EditionEvent.CHARGE): EditionState.CHARGED,
    (EditionState.CLOSED, EditionEvent.NOBODY): EditionState.EMPTY,
    # The noise of a charge was drawn and lost: its people are charged again, or nobody can be.
    (EditionState.CHARGED, EditionEvent.CHARGE): EditionState.CHARGED,
    (EditionState.CHARGED, EditionEvent.NOBODY): EditionState.EMPTY,
    (EditionState.CHARGED, EditionEvent.PUBLISH): EditionState.PUBLISHED,
}


def next_state(state: EditionState, event: EditionEvent) -> EditionState:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("This cannot be done with the edition as it is now."))
