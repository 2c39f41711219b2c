"""Measures an edition in a process of its own, and kills it at a named point.

One process loads the application, the engine and the noise, and forks for each order that it
gets on its standard input, so that a kill costs no start. Run as
`python -m tests.app.releases.dying`.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import create_app, worker
from app.market import market_of
from app.releases import measuring

ROOT = Path(__file__).resolve().parent.parent.parent.parent
#: What a start and a first measurement load.
HEAVY = ("app.wiring", "app.engine.duckdb", "app.engine.measuring")
#: Of counting the people, then of measuring the tables.
STAGES = ("count", "measure")
POINTS = ("after the charge", "before the mark", "after the mark", "after the noise")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Workers:
    """Processes that measure, each forked from one that has loaded everything."""

    def __init__(self) -> None:
        self._source = subprocess.Popen(
            [sys.executable, "-m", "tests.app.releases.dying"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, settings: Mapping[str, str], edition_id: str, *points: str) -> list[int]:
        """Let processes measure an edition at the same time, each up to a point.

        Returns
        -------
        list of int
            How each ended: its code, or less than zero the signal that killed it.
        """
        source = self._source
        if source.stdin is None or source.stdout is None:
            raise RuntimeError("a process without pipes")
        order = {"settings": dict(settings), "edition": edition_id, "points": points}
        source.stdin.write(json.dumps(order) + "\n")
        source.stdin.flush()
        return [int(code) for code in json.loads(source.stdout.readline())]

    def end(self) -> None:
        """Let the process that forks end."""
        if self._source.stdin is not None:
            self._source.stdin.close()
        self._source.wait(30)
        if self._source.stdout is not None:
            self._source.stdout.close()


def serve() -> None:
    """Fork for each order until there are no more."""
    for name in HEAVY:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        children = [_fork(order, point) for point in order["points"]]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        print(json.dumps(codes), flush=True)  # noqa: T201


def _fork(order: dict[str, Any], point: str) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        measure(order["settings"], point, order["edition"])
        code = 0
    finally:
        os._exit(code)


def measure(settings: dict[str, str], point: str, edition_id: str) -> None:
    """Measure an edition in this process, which may die of it, at a point of one stage."""
    app = create_app(settings)
    doors = worker.measuring(market_of(app))
    stage, _, place = point.partition(": ")
    deadly = {stage: _deadly(getattr(doors, stage), place)} if stage in STAGES else {}
    with app.app_context():
        measuring.measure(replace(doors, **deadly), edition_id, lambda _: None)


def _deadly(draw: Callable[..., Any], place: str) -> Callable[..., Any]:
    def drawn(*arguments: Any, **more: Any) -> Any:
        *rest, mark = arguments
        if place == "after the charge":
            die()
        made = draw(*rest, _dying(mark, place), **more)
        if place == "after the noise":
            die()
        return made

    return drawn


def _dying(mark: Callable[[], None], point: str) -> Callable[[], None]:
    def marked() -> None:
        if point == "before the mark":
            die()
        mark()
        if point == "after the mark":
            die()

    return marked


if __name__ == "__main__":
    serve()
