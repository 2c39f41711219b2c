"""The life of a dataset, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class DatasetState(StrEnum):
    """Where a dataset is."""

    READING = "reading"
    CHOOSING = "choosing"
    UNREADABLE = "unreadable"
    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    LISTED = "listed"
    MEASURED = "measured"
    ERASED = "erased"


class DatasetEvent(StrEnum):
    """What happens to a dataset."""

    READ = "read"
    REFUSE = "refuse"
    ASK = "ask"
    CHOOSE = "choose"
    CHECK = "check"
    PASS = "pass"  # noqa: S105 (a check that passes)
    FAIL = "fail"
    REVISE = "revise"
    PUBLISH = "publish"
    MEASURE = "measure"
    UNLIST = "unlist"
    RELIST = "relist"
    ERASE = "erase"


_NEXT = {
    (DatasetState.READING, DatasetEvent.READ): DatasetState.UPLOADED,
    (DatasetState.READING, DatasetEvent.REFUSE): DatasetState.UNREADABLE,
    (DatasetState.READING, DatasetEvent.ASK): DatasetState.CHOOSING,
    (DatasetState.CHOOSING, DatasetEvent.CHOOSE): DatasetState.READING,
    (DatasetState.UPLOADED, DatasetEvent.CHECK): DatasetState.CHECKING,
    (DatasetState.CHECKED, DatasetEvent.CHECK): DatasetState.CHECKING,
    (DatasetState.CHECKING, DatasetEvent.CHECK): DatasetState.CHECKING,
    (DatasetState.CHECKING, DatasetEvent.PASS): DatasetState.CHECKED,
    (DatasetState.CHECKING, DatasetEvent.FAIL): DatasetState.UPLOADED,
    (DatasetState.CHECKED, DatasetEvent.REVISE): DatasetState.UPLOADED,
    (DatasetState.CHECKED, DatasetEvent.PUBLISH): DatasetState.LISTED,
    (DatasetState.LISTED, DatasetEvent.UNLIST): DatasetState.CHECKED,
    (DatasetState.LISTED, DatasetEvent.MEASURE): DatasetState.MEASURED,
    (DatasetState.MEASURED, DatasetEvent.RELIST): DatasetState.LISTED,
    **{(state, DatasetEvent.ERASE): DatasetState.ERASED for state in DatasetState},
}


def next_state(state: DatasetState, event: DatasetEvent) -> DatasetState:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("This cannot be done with the dataset as it is now."))
