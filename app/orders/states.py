"""The life of an order, as one pure function."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.states import step


class OrderState(StrEnum):
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


class OrderEvent(StrEnum):
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
    (OrderState.QUOTED, OrderEvent.CHECK_OUT): OrderState.PAYING,
    (OrderState.PAYING, OrderEvent.CHECK_OUT): OrderState.PAYING,
    # What costs nothing is granted without the provider.
    (OrderState.QUOTED, OrderEvent.GRANT): OrderState.PAID,
    # Paid with earnings, inside the book.
    (OrderState.QUOTED, OrderEvent.SPEND): OrderState.PAID,
    (OrderState.PAYING, OrderEvent.PAY): OrderState.PAID,
    (OrderState.EXPIRED, OrderEvent.PAY): OrderState.PAID,
    # Paid in a way that takes days: it arrives, or it does not.
    (OrderState.PAYING, OrderEvent.WAIT): OrderState.PENDING,
    (OrderState.PENDING, OrderEvent.PAY): OrderState.PAID,
    (OrderState.PENDING, OrderEvent.FAIL): OrderState.EXPIRED,
    (OrderState.PAYING, OrderEvent.FAIL): OrderState.EXPIRED,
    (OrderState.QUOTED, OrderEvent.EXPIRE): OrderState.EXPIRED,
    (OrderState.PAYING, OrderEvent.EXPIRE): OrderState.EXPIRED,
    (OrderState.PAID, OrderEvent.ASK_REFUND): OrderState.REFUNDING,
    (OrderState.REFUNDING, OrderEvent.ASK_REFUND): OrderState.REFUNDING,
    (OrderState.REFUNDING, OrderEvent.REFUND): OrderState.REFUNDED,
    (OrderState.PAID, OrderEvent.REFUND): OrderState.REFUNDED,
    (OrderState.REFUNDING, OrderEvent.REFUSE_REFUND): OrderState.PAID,
    # Given back, and then the buyer's bank would not take it.
    (OrderState.REFUNDED, OrderEvent.RESTORE): OrderState.PAID,
    (OrderState.PAID, OrderEvent.DISPUTE): OrderState.DISPUTED,
    (OrderState.DISPUTED, OrderEvent.WIN): OrderState.PAID,
    (OrderState.DISPUTED, OrderEvent.LOSE): OrderState.LOST,
    # Of a part only: the rest was paid.
    (OrderState.DISPUTED, OrderEvent.LOSE_PART): OrderState.PAID,
    # Lost first and won in the end.
    (OrderState.LOST, OrderEvent.WIN): OrderState.PAID,
}


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
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
