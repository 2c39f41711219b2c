"""Thousands of random steps on both databases, and every kill: counted where they are tested.

The tests themselves are run, in a process of their own, with more steps than usual: what is
promised here is exactly what is tested there. They fail where a promise is broken.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.money.figures import Row

ROOT = Path(__file__).parent.parent.parent
HISTORIES = "tests/money/test_state_machine.py"
KILLS = "tests/money/test_kill_everywhere.py"
ENGINES = ("sqlite", "postgresql")
STEPS = 3_000
PYTEST = (sys.executable, "-m", "pytest", "-q", "--everything", "-p", "no:randomly", "--timeout=0")


class PromiseBroken(Exception):
    """A test failed: its words are in the message."""


def measure(steps: int = STEPS, *, quick: bool = False) -> list[Row]:
    """Play so many random steps on each database, and kill a worker at every boundary.

    Parameters
    ----------
    steps : int
        Of all histories on one database together; each is at most forty long.
    quick : bool
        A few steps instead, to see that it works; every kill all the same.

    Raises
    ------
    PromiseBroken
        When a step, an end of a history or a recovery was not as promised.
    """
    steps = 80 if quick else steps
    played, killed = _tested(HISTORIES, steps), _tested(KILLS, steps)
    return [*_histories(played), *_kills(killed)]


def _tested(file: str, steps: int) -> Mapping[str, int]:
    """Run a file of tests; return the numbers it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        environment = {
            **os.environ,
            "MOISSON_MONEY_STEPS": str(steps),
            "MOISSON_MONEY_REPORT": str(report),
        }
        done = subprocess.run(
            [*PYTEST, file],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise PromiseBroken(done.stdout[-4_000:])
        found: dict[str, int] = json.loads(report.read_text())
        return found


def _histories(numbers: Mapping[str, int]) -> list[Row]:
    steps = sum(numbers.get(f"steps_{engine}", 0) for engine in ENGINES)
    compared = numbers.get("reconciliations", 0)
    came_to = sorted(name for name in numbers if name.startswith("came to, "))
    things = ", ".join(f"{numbers[name]} {name.split(', ')[1]}s" for name in came_to)
    how = f"{compared} random histories on SQLite and PostgreSQL; they came to {things}"
    return [
        Row("state_machine_steps", steps, "steps", how),
        Row(
            "history_reconciliation_differences",
            numbers.get("reconciliation_differences", 0),
            "differences",
            f"of the book and the provider at the end of each of {compared} histories, together",
        ),
        Row(
            "history_double_effects",
            numbers.get("double_effects", 0),
            "effects",
            "orders charged, payouts sent, refunds given and payouts taken back more than once",
        ),
    ]


def _kills(numbers: Mapping[str, int]) -> list[Row]:
    paths = len({name.split(", ")[1] for name in numbers if name.startswith("kills, ")})
    return [
        Row(
            "kills_enumerated",
            numbers.get("kills_enumerated", 0),
            "kills",
            f"signal 9 before and after every commit and every call to the provider, "
            f"{paths} paths, SQLite and PostgreSQL",
        ),
        Row(
            "kill_reconciliation_differences",
            numbers.get("kill_differences", 0),
            "differences",
            "broken promises and differences after another process took over, all kills together",
        ),
    ]
