import pytest

from app.core.errors import Conflict
from app.payouts.states import PayoutEvent, PayoutState, next_state

TABLE = {
    (PayoutState.INTENDED, PayoutEvent.SEND): PayoutState.SENT,
    (PayoutState.INTENDED, PayoutEvent.REFUSE): PayoutState.REFUSED,
}


@pytest.mark.parametrize("state", PayoutState)
@pytest.mark.parametrize("event", PayoutEvent)
def test_the_table_of_states(state: PayoutState, event: PayoutEvent) -> None:
    expected = TABLE.get((state, event))
    if expected is None:
        with pytest.raises(Conflict):
            next_state(state, event)
    else:
        assert next_state(state, event) is expected
