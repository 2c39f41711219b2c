"""Whatever buyers, contributors, operators, banks and networks do, in any order."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.money.steps import Report
from tests.money.weather import Weather
from tests.money.world import World

pytestmark = pytest.mark.both_databases

#: Steps of all examples of one engine together, in `make test-all`; `make test` plays a quarter.
STEPS = int(os.environ.get("MOISSON_MONEY_STEPS", "400"))
LENGTH = 40
#: A failing history is shown as it was found; making it shorter takes minutes.
PHASES = tuple(Phase) if "MOISSON_MONEY_SHRINK" in os.environ else (Phase.generate,)


@pytest.mark.timeout(max(600, STEPS))
def test_the_book_is_right_after_every_step_and_agrees_with_the_provider_in_the_end(
    world: World, everything: bool
) -> None:
    class Market(Weather):
        pass

    Market.world = world
    try:
        _run(Market, STEPS if everything else STEPS // 4)
    finally:
        Report.write()


def _run(machine: type[Weather], steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // LENGTH),
            stateful_step_count=LENGTH,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            report_multiple_bugs=False,
            database=None,
        ),
    )
