"""A worker killed by signal 9 before or after any commit or any call: one effect, and agreement.

`make test` kills at every fourth boundary, beginning at one of the first four by the printed seed;
`make test-all` kills at each.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

import pytest

from tests.money.mortal import Mortals
from tests.money.scenes import SCENES
from tests.money.stage import Stage
from tests.money.steps import Report
from tests.money.world import World

#: Without `--everything` one of so many boundaries is tried.
ONE_IN = 4
#: The scene whose kills `make test` tries on PostgreSQL, too.
BOTH = "refund"


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(name, marks=[pytest.mark.both_databases] if name == BOTH else [])
        for name in SCENES
    ],
)
def test_killed_at_every_boundary_the_work_is_done_once(
    world: World, mortals: Callable[[World], Mortals], scene: str, everything: bool
) -> None:
    stage = Stage.of(world, mortals(world), scene)
    whole = stage.whole()
    assert whole.boundaries >= 2
    found: dict[int, list[str]] = {}
    step = 1 if everything else ONE_IN
    tried = range(1 + random.randrange(step), whole.boundaries + 1, step)
    for boundary in tried:
        stage.clear()
        (killed,) = stage.mortals.play(scene, die_at=boundary)
        assert killed.signal == signal.SIGKILL, f"nobody died at {boundary}"
        if broken := stage.recover():
            found[boundary] = broken
    Report.numbers["kills_enumerated"] += len(tried)
    Report.numbers[f"kills, {scene}, {world.engine}"] = len(tried)
    Report.numbers["kill_differences"] += sum(map(len, found.values()))
    Report.write()
    assert not found
