"""The life of an order, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class State(StrEnum):
    """Where an order is."""

    QUOTED = "quoted"
    PAYING = "paying"
    PAID = "paid"
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    LOST = "lost"


class Event(StrEnum):
    """What happens to an order."""

    CHECK_OUT = "check-out"
    GRANT = "grant"
    PAY = "pay"
    EXPIRE = "expire"
    ASK_REFUND = "ask-refund"
    REFUND = "refund"
    REFUSE_REFUND = "refuse-refund"
    DISPUTE = "dispute"
    WIN = "win"
    LOSE = "lose"


_NEXT = {
    (State.QUOTED, Event.CHECK_OUT): State.PAYING,
    (State.PAYING, Event.CHECK_OUT): State.PAYING,
    # What costs nothing is granted without the provider.
    (State.QUOTED, Event.GRANT): State.PAID,
    (State.PAYING, Event.PAY): State.PAID,
    (State.EXPIRED, Event.PAY): State.PAID,
    (State.QUOTED, Event.EXPIRE): State.EXPIRED,
    (State.PAYING, Event.EXPIRE): State.EXPIRED,
    (State.PAID, Event.ASK_REFUND): State.REFUNDING,
    (State.REFUNDING, Event.ASK_REFUND): State.REFUNDING,
    (State.REFUNDING, Event.REFUND): State.REFUNDED,
    (State.PAID, Event.REFUND): State.REFUNDED,
    (State.REFUNDING, Event.REFUSE_REFUND): State.PAID,
    (State.PAID, Event.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Event.WIN): State.PAID,
    (State.DISPUTED, Event.LOSE): State.LOST,
    # Lost first and won in the end.
    (State.LOST, Event.WIN): State.PAID,
}


def next_state(state: State, event: Event) -> State:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("This cannot be done with the order as it is now."))
