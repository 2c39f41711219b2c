"""A worker killed by signal 9 before or after any commit or any call: one effect, and agreement."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.money.mortal import Mortals
from tests.money.scenes import SCENES
from tests.money.steps import Report
from tests.money.world import World


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_every_boundary_the_work_is_done_once(
    world: World, mortals: Callable[[World], Mortals], scene: str
) -> None:
    of_scene = mortals(world)
    with world.at():
        SCENES[scene].prepare(world)
    inbox = world.inbox
    world.keep("scene")
    of_scene.warm(scene)
    world.put_back("scene")
    world.inbox = inbox
    (whole,) = of_scene.play(scene)
    assert (whole.signal, whole.said) == (0, [])
    assert whole.boundaries >= 2
    found: dict[int, list[str]] = {}
    for boundary in range(1, whole.boundaries + 1):
        world.put_back("scene")
        world.inbox = inbox
        (killed,) = of_scene.play(scene, die_at=boundary)
        assert killed.signal == signal.SIGKILL, f"nobody died at {boundary}"
        if broken := of_scene.recover(scene):
            found[boundary] = broken
    Report.numbers["kills_enumerated"] += whole.boundaries
    Report.numbers[f"kills_{scene}_{world.engine}"] = whole.boundaries
    Report.numbers["kill_differences"] += sum(map(len, found.values()))
    Report.write()
    assert not found
