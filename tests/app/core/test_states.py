"""The lives of datasets, editions, orders and payouts: what is in the tables, and nothing else."""

import importlib
import itertools

import pytest

from app.core.errors import Conflict
from app.orders.states import OrderEvent, OrderState, next_state

#: feature: state, event, next state. Written out a second time, to be read beside the code.
LIVES = {
    ("datasets", "Dataset"): """
        reading read uploaded     | reading refuse unreadable
        reading erase erased      | unreadable erase erased
        reading ask choosing      | choosing choose reading | choosing erase erased
        uploaded check checking   | checked check checking | checking check checking
        checking pass checked     | checking fail uploaded | checked publish listed
        checked revise uploaded
        listed unlist checked     | listed measure measured | measured relist listed
        uploaded erase erased     | checking erase erased  | checked erase erased
        listed erase erased       | measured erase erased  | erased erase erased
    """,
    ("releases", "Edition"): """
        closed count counting     | counting count counting | counting charge charged
        counting carry-over carried
        charged charge charged    | charged publish published
        charged carry-over carried
    """,
    ("payouts", "Payout"): "intended send sent | intended refuse refused",
}


@pytest.mark.parametrize(("feature", "kind"), LIVES)
def test_what_can_happen_is_exactly_what_is_written(feature: str, kind: str) -> None:
    states = importlib.import_module(f"app.{feature}.states")
    every = getattr(states, f"{kind}State"), getattr(states, f"{kind}Event")
    rows = LIVES[feature, kind].replace("\n", "|").split("|")
    allowed = {tuple(row.split()[:2]): row.split()[2] for row in rows if row.strip()}
    for state, event in itertools.product(*every):
        if (state.value, event.value) in allowed:
            assert states.next_state(state, event) == allowed[state.value, event.value]
        else:
            with pytest.raises(Conflict):
                states.next_state(state, event)


def test_an_order_that_is_refunded_stays_so_unless_the_bank_would_not_take_it() -> None:
    restored = next_state(OrderState.REFUNDED, OrderEvent.RESTORE)
    assert restored is OrderState.PAID
    for event in set(OrderEvent) - {OrderEvent.RESTORE}:
        with pytest.raises(Conflict):
            next_state(OrderState.REFUNDED, event)


def test_an_order_is_paid_before_it_is_refunded() -> None:
    for state in (OrderState.QUOTED, OrderState.PAYING, OrderState.EXPIRED):
        with pytest.raises(Conflict):
            next_state(state, OrderEvent.REFUND)
