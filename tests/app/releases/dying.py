"""Measures an edition in a process of its own, and kills it at a named point.

Run as `python -m tests.app.releases.dying POINT EDITION`, settings in the environment.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app import create_app
from app.releases import measuring

POINTS = ("after the charge", "before the mark", "after the mark", "after the noise")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(point: str, edition_id: str) -> None:
    app = create_app(dict(os.environ))
    doors = app.extensions["measuring"]

    def measured(*arguments: Any) -> Any:
        *rest, mark = arguments
        if point == "after the charge":
            die()
        release = doors.measure(*rest, _dying(mark, point))
        if point == "after the noise":
            die()
        return release

    with app.app_context():
        measuring.measure(replace(doors, measure=measured), edition_id, lambda _: None)


def _dying(mark: Callable[[], None], point: str) -> Callable[[], None]:
    def marked() -> None:
        if point == "before the mark":
            die()
        mark()
        if point == "after the mark":
            die()

    return marked


if __name__ == "__main__":
    main(*sys.argv[1:])
