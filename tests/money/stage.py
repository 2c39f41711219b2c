"""A scene, ready to be played again and again from the same beginning."""

from __future__ import annotations

from dataclasses import dataclass

from tests.money.mortal import Ended, Mortals
from tests.money.scenes import SCENES
from tests.money.world import World


@dataclass
class Stage:
    """A prepared scene, and the processes that play it."""

    world: World
    mortals: Mortals
    scene: str
    inbox: list[bytes]

    @classmethod
    def of(cls, world: World, mortals: Mortals, scene: str) -> Stage:
        """Prepare a scene on a market as it was built."""
        with world.at():
            SCENES[scene].prepare(world)
        stage = cls(world, mortals, scene, world.inbox)
        world.keep("scene")
        mortals.warm(scene)
        return stage

    def clear(self) -> None:
        """Put everything back to the beginning of the scene."""
        self.world.put_back("scene")
        self.world.inbox = self.inbox

    def whole(self) -> Ended:
        """Let a process play the scene to its end; return what it came to."""
        self.clear()
        (ended,) = self.mortals.play(self.scene)
        assert (ended.signal, ended.said) == (0, [])
        return ended

    def recover(self) -> list[str]:
        """Let another process take over; return what is broken."""
        return self.mortals.recover(self.scene)
