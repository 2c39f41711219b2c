"""The life of a payout, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class PayoutState(StrEnum):
    """Where a payout is."""

    INTENDED = "intended"
    SENT = "sent"
    REFUSED = "refused"


class ReversalState(StrEnum):
    """Where money is that is taken back from a contributor's account."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"


class PayoutEvent(StrEnum):
    """What the provider answered."""

    SEND = "send"
    REFUSE = "refuse"


_NEXT = {
    (PayoutState.INTENDED, PayoutEvent.SEND): PayoutState.SENT,
    (PayoutState.INTENDED, PayoutEvent.REFUSE): PayoutState.REFUSED,
}


def next_state(state: PayoutState, event: PayoutEvent) -> PayoutState:
    """Return the state after an answer; no answer leaves a payout intended.

    Raises
    ------
    Conflict
        When the payout has ended.
    """
    return step(_NEXT, state, event, _l("This payout has ended already."))
