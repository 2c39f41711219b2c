"""The life of a dataset, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class State(StrEnum):
    """Where a dataset is."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    LISTED = "listed"
    MEASURED = "measured"
    ERASED = "erased"


class Event(StrEnum):
    """What happens to a dataset."""

    CHECK = "check"
    PASS = "pass"  # noqa: S105 (a check that passes)
    FAIL = "fail"
    PUBLISH = "publish"
    MEASURE = "measure"
    UNLIST = "unlist"
    RELIST = "relist"
    ERASE = "erase"


_NEXT = {
    (State.UPLOADED, Event.CHECK): State.CHECKING,
    (State.CHECKED, Event.CHECK): State.CHECKING,
    (State.CHECKING, Event.CHECK): State.CHECKING,
    (State.CHECKING, Event.PASS): State.CHECKED,
    (State.CHECKING, Event.FAIL): State.UPLOADED,
    (State.CHECKED, Event.PUBLISH): State.LISTED,
    (State.LISTED, Event.UNLIST): State.CHECKED,
    (State.LISTED, Event.MEASURE): State.MEASURED,
    (State.MEASURED, Event.RELIST): State.LISTED,
    **{(state, Event.ERASE): State.ERASED for state in State},
}


def next_state(state: State, event: Event) -> State:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("This cannot be done with the dataset as it is now."))
