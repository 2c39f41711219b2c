from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stripe_stand_in.description import faults_of_answer, faults_of_event, faults_of_request
from tests.support.controls import Controls
from tests.support.provider import Market, Receiver, running


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """A running stand-in; what it says, and what it is asked by the library, must agree with
    Stripe's description."""
    with running(tmp_path / "stand_in.db", Receiver()) as market:
        yield market
    check_description(market)


@pytest.fixture
def controls(market: Market) -> Controls:
    """The controls of the running stand-in."""
    return Controls(market.url)


def check_description(market: Market, *, requests: bool = True) -> None:
    for method, path, status, body in market.answers:
        assert not faults_of_answer(method, path, status, body), (method, path, body)
    for request in market.requests if requests else ():
        assert not faults_of_request(*request), request
    for event in market.receiver.events:
        assert not faults_of_event(event), event
