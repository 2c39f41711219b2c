"""The life of a payout, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class State(StrEnum):
    """Where a payout is."""

    INTENDED = "intended"
    SENT = "sent"
    REFUSED = "refused"


class ReversalState(StrEnum):
    """Where money is that is taken back from a contributor's account."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"


class Event(StrEnum):
    """What the provider answered."""

    SEND = "send"
    REFUSE = "refuse"


_NEXT = {
    (State.INTENDED, Event.SEND): State.SENT,
    (State.INTENDED, Event.REFUSE): State.REFUSED,
}


def next_state(state: State, event: Event) -> State:
    """Return the state after an answer; no answer leaves a payout intended.

    Raises
    ------
    Conflict
        When the payout has ended.
    """
    return step(_NEXT, state, event, _l("This payout has ended already."))
