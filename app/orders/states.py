"""The life of an order, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class State(StrEnum):
    """Where an order is."""

    QUOTED = "quoted"
    PAYING = "paying"
    PENDING = "pending"
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
    SPEND = "spend"
    WAIT = "wait"
    PAY = "pay"
    FAIL = "fail"
    EXPIRE = "expire"
    ASK_REFUND = "ask-refund"
    REFUND = "refund"
    RESTORE = "restore"
    REFUSE_REFUND = "refuse-refund"
    DISPUTE = "dispute"
    WIN = "win"
    LOSE = "lose"
    LOSE_PART = "lose-part"


_NEXT = {
    (State.QUOTED, Event.CHECK_OUT): State.PAYING,
    (State.PAYING, Event.CHECK_OUT): State.PAYING,
    # What costs nothing is granted without the provider.
    (State.QUOTED, Event.GRANT): State.PAID,
    # Paid with earnings, inside the book.
    (State.QUOTED, Event.SPEND): State.PAID,
    (State.PAYING, Event.PAY): State.PAID,
    (State.EXPIRED, Event.PAY): State.PAID,
    # Paid in a way that takes days: it arrives, or it does not.
    (State.PAYING, Event.WAIT): State.PENDING,
    (State.PENDING, Event.PAY): State.PAID,
    (State.PENDING, Event.FAIL): State.EXPIRED,
    (State.PAYING, Event.FAIL): State.EXPIRED,
    (State.QUOTED, Event.EXPIRE): State.EXPIRED,
    (State.PAYING, Event.EXPIRE): State.EXPIRED,
    (State.PAID, Event.ASK_REFUND): State.REFUNDING,
    (State.REFUNDING, Event.ASK_REFUND): State.REFUNDING,
    (State.REFUNDING, Event.REFUND): State.REFUNDED,
    (State.PAID, Event.REFUND): State.REFUNDED,
    (State.REFUNDING, Event.REFUSE_REFUND): State.PAID,
    # Given back, and then the buyer's bank would not take it.
    (State.REFUNDED, Event.RESTORE): State.PAID,
    (State.PAID, Event.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Event.WIN): State.PAID,
    (State.DISPUTED, Event.LOSE): State.LOST,
    # Of a part only: the rest was paid.
    (State.DISPUTED, Event.LOSE_PART): State.PAID,
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


class RefundState(StrEnum):
    """Where a refund is.

    Intended before the provider is asked; pending once it said yes and until the buyer's bank
    took the money; failed where that bank would not, which may turn out days later.
    """

    INTENDED = "intended"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"


class RefundEvent(StrEnum):
    """What the provider answered, then or later."""

    ACCEPT = "accept"
    SUCCEED = "succeed"
    REFUSE = "refuse"
    FAIL = "fail"


_NEXT_OF_REFUND = {
    (RefundState.INTENDED, RefundEvent.ACCEPT): RefundState.PENDING,
    (RefundState.PENDING, RefundEvent.ACCEPT): RefundState.PENDING,
    (RefundState.INTENDED, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    (RefundState.PENDING, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    (RefundState.SUCCEEDED, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    # A look that was overtaken by a later one.
    (RefundState.SUCCEEDED, RefundEvent.ACCEPT): RefundState.SUCCEEDED,
    (RefundState.INTENDED, RefundEvent.REFUSE): RefundState.REFUSED,
    (RefundState.INTENDED, RefundEvent.FAIL): RefundState.FAILED,
    (RefundState.PENDING, RefundEvent.FAIL): RefundState.FAILED,
    (RefundState.SUCCEEDED, RefundEvent.FAIL): RefundState.FAILED,
}


def next_refund(state: RefundState, event: RefundEvent) -> RefundState:
    """Return the state of a refund after an answer; no answer leaves it intended.

    Raises
    ------
    Conflict
        When it has ended.
    """
    return step(_NEXT_OF_REFUND, state, event, _l("This refund has ended already."))
