"""Processes that are killed by signal 9 at a chosen boundary, and others that take over.

A boundary is the moment before or after a commit of the database, or before or after a call to
the provider. One process imports the application and forks for each order it gets on its
standard input, so that a kill costs no start. Run as `python -m tests.money.mortal`.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from app.catalog.products import ProductKey
from app.core.permissions import Actor, Role
from app.market import market_of
from stripe_stand_in import StandInConfig
from tests.money import promises, rest
from tests.money.provider import Provider
from tests.money.scenes import SCENES
from tests.money.steps import ANSWERS
from tests.money.world import NOWHERE, People, World, hasty, started
from tests.support.provider import SECRET

ROOT = Path(__file__).resolve().parent.parent.parent
#: After so long a dead worker's jobs are taken over, and everything is asked about again.
LATER = timedelta(minutes=5)


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes
    ----------
    signal : int
        That killed it; 0 where none did.
    boundaries, calls : int
        That it came to; of them calls to the provider. 0 where it was killed.
    said : list of str
        Its answer, or what was found broken.
    """

    signal: int
    boundaries: int
    calls: int
    said: list[str]


class Mortals:
    """Orders for processes that work on one market."""

    def __init__(self, world: World) -> None:
        self._world = world
        people = world.people
        told = {
            "engine": world.engine,
            "folder": str(world.folder),
            "url": world.database.url,
            "stand_in": world.stand_in_url,
            "producers": [who.user_id for who in people.producers],
            "buyers": [who.user_id for who in people.buyers],
            "operator": people.operator.user_id,
            "keys": [str(key) for key in people.keys],
            "others": [str(key) for key in people.others],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.money.mortal", json.dumps(told)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def warm(self, scene: str) -> None:
        """Let the process that forks do everything once itself, so that its children know how."""
        self._ask(do=scene, here=True)

    def play(self, scene: str, *, die_at: int = 0, copies: int = 1) -> list[Ended]:
        """Let processes play a scene at the same moment, and die at a boundary."""
        return self._ask(do=scene, die_at=die_at, copies=copies)

    def recover(self, scene: str) -> list[str]:
        """Let a new process finish what is left and look; return what is broken."""
        (ended,) = self._ask(do="recover", scene=scene)
        if ended.signal or (not ended.boundaries and not ended.said):
            return [f"nobody could take over: {ended}"]
        return ended.said

    def _ask(self, **order: Any) -> list[Ended]:
        world, process = self._world, self._process
        order["state"] = str(world.config.state)
        order["ahead"] = world.ahead.total_seconds()
        order["inbox"] = [payload.decode() for payload in world.inbox]
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return [Ended(**each) for each in json.loads(process.stdout.readline())]

    def end(self) -> None:
        """Let the process that forks end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Boundaries:
    """Counts boundaries, and kills its process at one of them."""

    def __init__(self, die_at: int = 0) -> None:
        self.count, self.calls, self._die_at = 0, 0, die_at

    def pass_one(self) -> None:
        """Pass a boundary, or die there."""
        self.count += 1
        if self.count == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, app: Flask) -> None:
        """Put boundaries round every commit and every call to the provider."""
        dialect, gateway = market_of(app).db.engine.dialect, market_of(app).gateway
        dialect.do_commit = self._around(dialect.do_commit)
        asked = self._around(gateway._ask)

        def ask(call: Callable[[], Any]) -> Any:
            self.calls += 1
            return asked(call)

        gateway._ask = ask

    def _around(self, work: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def bounded(argument: Any) -> Any:
            self.pass_one()
            done = work(argument)
            self.pass_one()
            return done

        return bounded


def _world(told: dict[str, Any]) -> World:
    """Make the market that the test made, without a stand-in of its own."""
    world = World(told["engine"], Path(told["folder"]), _Url(told["url"]), Flask("none"), "")
    world.stand_in_url = told["stand_in"]
    roles = frozenset({Role.PRODUCER, Role.BUYER})
    world.people = People(
        (Actor(told["producers"][0], roles), Actor(told["producers"][1], roles)),
        tuple(Actor(name, frozenset({Role.BUYER})) for name in told["buyers"]),
        Actor(told["operator"], frozenset({Role.OPERATOR})),
        tuple(ProductKey.parse(text) for text in told["keys"]),
        tuple(ProductKey.parse(text) for text in told["others"]),
    )
    world.app = started(world.settings)
    world.close()
    return world


@dataclass
class _Url:
    """A database that the test puts back."""

    url: str

    def keep(self, name: str) -> None:
        raise NotImplementedError

    def put_back(self, name: str) -> None:
        raise NotImplementedError


def serve(told: dict[str, Any]) -> None:
    """Fork for each order until there are no more."""
    world = _world(told)
    # What the application says, e-mails among it, is no answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    gc.disable()
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("here"):
            print(json.dumps([_warmed(world, order)]), file=answers, flush=True)  # noqa: T201
            continue
        gate, opened = os.pipe()
        children = [_fork(world, order, (gate, opened)) for _ in range(order.get("copies", 1))]
        os.close(gate)
        # Whoever waits at the gate goes on as soon as nobody holds it any more.
        os.close(opened)
        print(json.dumps([_ended(*child) for child in children]), file=answers, flush=True)  # noqa: T201


def _warmed(world: World, order: dict[str, Any]) -> dict[str, Any]:
    """Play and recover in this process, by connections that no child gets."""
    _begin(world, order)
    said = _performed(world, order["do"]) + _recover(world, order["do"])
    client = market_of(world.app).gateway._client._requestor._client
    client.close()
    client._thread_local.session = None
    world.close()
    gc.freeze()
    return asdict(Ended(0, 1, 1, said))


def _fork(world: World, order: dict[str, Any], gate: tuple[int, int]) -> tuple[int, int]:
    answer, say = os.pipe()
    child = os.fork()
    if child:
        os.close(say)
        return child, answer
    code = 1
    try:
        os.close(gate[1])
        os.read(gate[0], 1)
        os.write(say, json.dumps(_perform(world, order)).encode())
        code = 0
    except BaseException as error:
        os.write(say, json.dumps(asdict(Ended(0, 0, 0, [f"broken by {error!r}"]))).encode())
    finally:
        os._exit(code)


def _ended(child: int, answer: int) -> dict[str, Any]:
    with os.fdopen(answer) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    said = json.loads(text) if text else asdict(Ended(0, 0, 0, []))
    return {**said, "signal": killed}


def _perform(world: World, order: dict[str, Any]) -> dict[str, Any]:
    _begin(world, order)
    boundaries = Boundaries(order.get("die_at", 0))
    boundaries.watch(world.app)
    if order["do"] == "recover":
        said = _recover(world, order["scene"])
    else:
        said = _performed(world, order["do"])
    return asdict(Ended(0, boundaries.count, boundaries.calls, said))


def _begin(world: World, order: dict[str, Any]) -> None:
    world.config = StandInConfig(
        state=Path(order["state"]),
        webhook_url=f"{NOWHERE}/webhooks/stripe",
        webhook_secret=SECRET,
        durable=False,
    )
    world.ahead = timedelta(seconds=order["ahead"])
    world.inbox = [text.encode() for text in order["inbox"]]


def _performed(world: World, scene: str) -> list[str]:
    """Play a scene; return what the answer was, if it was not yes."""
    try:
        with world.at():
            SCENES[scene].play(world)
    except ANSWERS as answer:
        return [type(answer).__name__]
    return []


def _recover(world: World, name: str) -> list[str]:
    """Take over as a worker that starts: finish, let the person try again, look at both sides."""
    world.ahead += LATER
    scene = SCENES[name]
    with world.at():
        db, gateway = world.trade.db, world.trade.gateway
        rest.work(world)
        with db.unit_of_work(write=False):
            done = scene.effects(Provider.of(world.provider))
        if done < scene.once:
            # Killed before anything was intended: whoever asked for it asks again.
            scene.play(world)
            rest.work(world)
        there = Provider.of(world.provider)
        with db.unit_of_work(write=False):
            done = scene.effects(there)
        found = promises.broken(db, there, world.people)
        found += [f"{name} happened {done} times"] if done != scene.once else []
        found += [f"{there.double()} things were done twice"] if there.double() else []
        if name != "check out":
            # There the payment page is open, and the order waits for its buyer.
            found += promises.unfinished(db, there)
        return found + promises.differences(db, gateway)


if __name__ == "__main__":
    with hasty():
        serve(json.loads(sys.argv[1]))
