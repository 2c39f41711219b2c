"""The lives of datasets, editions, orders and payouts: what is in the tables, and nothing else."""

import importlib
import itertools

import pytest

from app.core.errors import Conflict

#: feature: state, event, next state. Written out a second time, to be read beside the code.
LIVES = {
    "datasets": """
        uploaded check checking   | checked check checking | checking check checking
        checking pass checked     | checking fail uploaded | checked publish listed
        listed unlist checked     | listed measure measured | measured relist listed
        uploaded erase erased     | checking erase erased  | checked erase erased
        listed erase erased       | measured erase erased  | erased erase erased
    """,
    "releases": "closed charge charged | closed nobody empty | charged charge charged"
    " | charged nobody empty | charged publish published",
    "payouts": "intended send sent | intended refuse refused",
}


@pytest.mark.parametrize("feature", LIVES)
def test_what_can_happen_is_exactly_what_is_written(feature: str) -> None:
    states = importlib.import_module(f"app.{feature}.states")
    rows = LIVES[feature].replace("\n", "|").split("|")
    allowed = {tuple(row.split()[:2]): row.split()[2] for row in rows if row.strip()}
    for state, event in itertools.product(states.State, states.Event):
        if (state.value, event.value) in allowed:
            assert states.next_state(state, event) == allowed[state.value, event.value]
        else:
            with pytest.raises(Conflict):
                states.next_state(state, event)


def test_an_order_that_is_refunded_stays_so_unless_the_bank_would_not_take_it() -> None:
    states = importlib.import_module("app.orders.states")
    restored = states.next_state(states.State.REFUNDED, states.Event.RESTORE)
    assert restored is states.State.PAID
    for event in set(states.Event) - {states.Event.RESTORE}:
        with pytest.raises(Conflict):
            states.next_state(states.State.REFUNDED, event)


def test_an_order_is_paid_before_it_is_refunded() -> None:
    states = importlib.import_module("app.orders.states")
    for state in (states.State.QUOTED, states.State.PAYING, states.State.EXPIRED):
        with pytest.raises(Conflict):
            states.next_state(state, states.Event.REFUND)
