"""The random histories would tell: each market that is broken in one way is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.money.mutants import MUTANTS, Break
from tests.money.steps import Report
from tests.money.weather import Weather
from tests.money.world import World
from tests.support.selection import exhaustive_but

#: So many histories at most; each mutant is found by one of the first of the same list.
MOST = 60


#: Found early, so `make test` plays them, too.
SHORT = ("messages_acted_on_twice", "what_was_spent_may_be_spent_again")


@pytest.mark.parametrize("mutant", exhaustive_but(SHORT, MUTANTS, lambda each: each.__name__))
def test_a_broken_market_is_told_from_the_whole_one(
    worlds: Callable[[str], World], mutant: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Market(Weather):
        world = worlds("sqlite")

    kept = dict(Report.numbers)
    mutant(monkeypatch)
    try:
        with pytest.raises(AssertionError, match=MUTANTS[mutant]):
            run_state_machine_as_test(
                Market,
                settings=settings(
                    max_examples=MOST,
                    stateful_step_count=40,
                    deadline=None,
                    derandomize=True,
                    database=None,
                    report_multiple_bugs=False,
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                ),
            )
    finally:
        # What a broken market does is no figure of ours.
        Report.numbers.clear()
        Report.numbers.update(kept)
