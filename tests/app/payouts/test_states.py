import pytest

from app.core.errors import Conflict
from app.payouts.states import Event, State, next_state

TABLE = {
    (State.INTENDED, Event.SEND): State.SENT,
    (State.INTENDED, Event.REFUSE): State.REFUSED,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_the_table_of_states(state: State, event: Event) -> None:
    expected = TABLE.get((state, event))
    if expected is None:
        with pytest.raises(Conflict):
            next_state(state, event)
    else:
        assert next_state(state, event) is expected
