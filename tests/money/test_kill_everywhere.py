"""A worker killed by signal 9 before or after any commit or any call: one effect, and agreement."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.money.mortal import Mortals
from tests.money.scenes import SCENES
from tests.money.stage import Stage
from tests.money.steps import Report
from tests.money.world import World


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_every_boundary_the_work_is_done_once(
    world: World, mortals: Callable[[World], Mortals], scene: str
) -> None:
    stage = Stage.of(world, mortals(world), scene)
    whole = stage.whole()
    assert whole.boundaries >= 2
    found: dict[int, list[str]] = {}
    for boundary in range(1, whole.boundaries + 1):
        stage.clear()
        (killed,) = stage.mortals.play(scene, die_at=boundary)
        assert killed.signal == signal.SIGKILL, f"nobody died at {boundary}"
        if broken := stage.recover():
            found[boundary] = broken
    Report.numbers["kills_enumerated"] += whole.boundaries
    Report.numbers[f"kills, {scene}, {world.engine}"] = whole.boundaries
    Report.numbers["kill_differences"] += sum(map(len, found.values()))
    Report.write()
    assert not found
