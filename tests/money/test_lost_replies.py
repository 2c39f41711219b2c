"""A reply lost at any call to the provider, whether it is repeated soon or after its key's day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.money.mortal import Mortals
from tests.money.scenes import SCENES
from tests.money.stage import Stage
from tests.money.world import World

#: What a person or a job is told where the provider does not answer.
TOLD = ("GatewayUnavailable", "OutcomeUnknown")
#: In words, the kind of fault, and how long nobody repeats anything.
WAYS = [
    ("repeated soon", "lost", timedelta()),
    ("repeated when the key is forgotten", "lost", timedelta(hours=25)),
    ("an error that was kept", "500-kept", timedelta(hours=25)),
]


#: Earnings are spent without the provider.
ASKING = [name for name in SCENES if name != "earnings spent"]


def ways() -> list[Any]:
    """Every scene with every way; an offer ends before the provider forgets its error."""
    every = [(scene, *way) for scene in ASKING for way in WAYS]
    return [
        pytest.param(scene, kind, later, id=f"{scene}, {name}")
        for scene, name, kind, later in every
        if (scene, kind) != ("check out", "500-kept")
    ]


@pytest.mark.parametrize(("scene", "kind", "later"), ways())
def test_whatever_reply_is_lost_the_work_is_done_once(
    world: World, mortals: Callable[[World], Mortals], scene: str, kind: str, later: timedelta
) -> None:
    stage = Stage.of(world, mortals(world), scene)
    whole = stage.whole()
    assert whole.calls
    found: dict[int, list[str]] = {}
    for call in range(1, whole.calls + 1):
        stage.clear()
        # Three get past the library's own two repetitions.
        world.controls.fault(kind, skip=call - 1, times=3)
        (ended,) = stage.mortals.play(scene)
        assert not ended.signal
        assert set(ended.said) <= set(TOLD)
        assert not world.controls.faults(), f"call {call} never came"
        world.wait(later)
        if broken := stage.recover():
            found[call] = broken
    assert not found
