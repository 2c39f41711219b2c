"""The table of what holds a contributor's money: which row decides, and that each has words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.payouts.holds import HOLDS, Facts, Held, decide, words
from app.payouts.states import PayoutState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READY = Facts(
    now=NOON,
    owed=9_000_000,
    waiting=0,
    free_cents=900,
    minimum_cents=500,
    account_id="acct_1",
    payable=True,
    status="active",
    asked=True,
    waits_since=None,
    latest=None,
    refused_at=None,
)
REFUSED = {"latest": PayoutState.REFUSED, "refused_at": NOON - timedelta(hours=1)}
CASES: dict[Held, dict[str, object]] = {
    Held.READY: {},
    Held.SETTLING: {"waits_since": NOON},
    Held.REFUSED: REFUSED,
    Held.REVIEW: {"looks_at": True},
    Held.NOT_READY: {"payable": False, "status": "pending"},
    Held.RESTRICTED: {"payable": False, "status": "restricted"},
    Held.NO_ACCOUNT: {"account_id": None, "payable": False},
    Held.MINIMUM: {"free_cents": 499, "owed": 4_990_000},
    Held.WINDOW: {"free_cents": 499, "waiting": 1},
    Held.NOTHING: {"free_cents": 0, "owed": 0},
    Held.DEBT: {"free_cents": -1, "owed": -10_000},
    Held.OPERATOR: {"held_by_operator": True},
    Held.UNDER_WAY: {"latest": PayoutState.INTENDED},
}


@pytest.mark.parametrize(("held", "facts"), CASES.items(), ids=lambda one: str(one)[:12])
def test_each_reason_has_facts_that_decide_it(held: Held, facts: dict[str, object]) -> None:
    assert decide(replace(READY, **facts)) is held  # type: ignore[arg-type]


def test_what_is_under_way_comes_before_everything_and_debt_before_the_rest() -> None:
    whole = {name: value for facts in CASES.values() for name, value in facts.items()}
    assert decide(replace(READY, **whole)) is Held.UNDER_WAY  # type: ignore[arg-type]
    whole["latest"] = PayoutState.REFUSED
    whole["owed"] = -1
    assert decide(replace(READY, **whole)) is Held.OPERATOR  # type: ignore[arg-type]
    whole["held_by_operator"] = False
    assert decide(replace(READY, **whole)) is Held.DEBT  # type: ignore[arg-type]


def test_a_refusal_rests_for_a_day_unless_it_is_asked_again() -> None:
    later = NOON - timedelta(hours=25)
    assert decide(replace(READY, **{**REFUSED, "refused_at": later})) is Held.READY  # type: ignore[arg-type]
    assert decide(replace(READY, **REFUSED, again=True)) is Held.READY  # type: ignore[arg-type]


def test_only_the_last_two_send() -> None:
    assert {held for held in Held if held.sends} == {Held.READY, Held.SETTLING}


def test_every_reason_stands_in_the_table_once_with_words(lite_app: Flask) -> None:
    assert [hold.held for hold in HOLDS] == list(Held)
    places = {"amount": "€9", "days": 14, "minimum": "€5", "day": "2 Mar", "time": "noon"}
    places |= {"reason": "because.", "review": 120}
    said = {words(held, **places) for held in Held}
    assert len(said) == len(Held)
    assert not [text for text in said if "%(" in text or not text]
