"""What is asked of the provider once: whatever the answer, and whoever asks again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.core.clock import now
from app.market import market_of
from app.payments.errors import GatewayRefused, GatewayUnavailable, KeyConflict
from app.payments.intents import KEY_LIFE, ask_once, carry_out


def failing(error: Exception) -> Callable[[], str]:
    def ask() -> str:
        raise error

    return ask


def nobody_asks() -> str:
    raise AssertionError("it was asked again")


def test_a_fresh_intent_is_asked_without_a_look() -> None:
    assert ask_once(now(), lambda: "made", nobody_asks) == "made"


def test_an_intent_older_than_its_key_is_looked_for_before_it_is_asked_again() -> None:
    long_ago = now() - KEY_LIFE - timedelta(minutes=1)
    assert ask_once(long_ago, nobody_asks, lambda: "found") == "found"
    assert ask_once(long_ago, lambda: "made", lambda: None) == "made"


def test_a_key_used_for_another_request_finds_what_that_did() -> None:
    conflict = KeyConflict("another request")
    assert ask_once(now(), failing(conflict), lambda: "found") == "found"
    with pytest.raises(KeyConflict):
        ask_once(now(), failing(conflict), lambda: None)


def test_a_no_is_written_down_before_it_is_told(lite_app: Flask) -> None:
    applied: list[str | None] = []
    with market_of(lite_app).db.unit_of_work(), pytest.raises(GatewayRefused):
        carry_out(now(), failing(GatewayRefused("no")), lambda: None, applied.append)
    assert applied == [None]


def test_what_is_not_known_changes_nothing(lite_app: Flask) -> None:
    applied: list[str | None] = []
    with market_of(lite_app).db.unit_of_work(), pytest.raises(GatewayUnavailable):
        carry_out(now(), failing(GatewayUnavailable("?")), lambda: None, applied.append)
    assert applied == []


def test_what_was_made_is_applied(lite_app: Flask) -> None:
    applied: list[str | None] = []
    with market_of(lite_app).db.unit_of_work():
        carry_out(now(), lambda: "made", lambda: None, applied.append)
    assert applied == ["made"]
