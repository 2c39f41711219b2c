"""Two processes that do the same at the same moment do it once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.money.mortal import Mortals
from tests.money.stage import Stage
from tests.money.world import World

pytestmark = pytest.mark.both_databases

#: Each scene, and how often it is tried: nobody can order which one comes first. `make test`
#: tries a third as often.
ROUNDS = {"payouts": 10, "sale": 10, "refund": 4, "refund of a part": 4, "taking back": 4}
ANSWER_NAMES = {"PaymentPending", "RefundUnderWay", "NothingToRefund", "NotTakenBack", "Conflict"}


@pytest.mark.parametrize("scene", ROUNDS)
def test_two_at_once_do_it_once(
    world: World, mortals: Callable[[World], Mortals], scene: str, everything: bool
) -> None:
    stage = Stage.of(world, mortals(world), scene)
    for _ in range(ROUNDS[scene] if everything else max(1, ROUNDS[scene] // 3)):
        stage.clear()
        both = stage.mortals.play(scene, copies=2)
        assert [each.signal for each in both] == [0, 0]
        for each in both:
            assert set(each.said) <= ANSWER_NAMES, each
        assert any(not each.said for each in both)
        assert stage.recover() == []
