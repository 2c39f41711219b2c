"""The life of an edition, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class State(StrEnum):
    """Where an edition is."""

    CLOSED = "closed"
    CHARGED = "charged"
    PUBLISHED = "published"
    EMPTY = "empty"


class Event(StrEnum):
    """What happens to an edition."""

    CHARGE = "charge"
    PUBLISH = "publish"
    NOBODY = "nobody"


_NEXT = {
    (State.CLOSED, Event.CHARGE): State.CHARGED,
    (State.CLOSED, Event.NOBODY): State.EMPTY,
    # The noise of a charge was drawn and lost: its people are charged again, or nobody can be.
    (State.CHARGED, Event.CHARGE): State.CHARGED,
    (State.CHARGED, Event.NOBODY): State.EMPTY,
    (State.CHARGED, Event.PUBLISH): State.PUBLISHED,
}


def next_state(state: State, event: Event) -> State:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("This cannot be done with the edition as it is now."))
