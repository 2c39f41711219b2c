import pytest

from app.core.permissions import Actor, Role
from tests.app.payouts.conftest import trade
from tests.support import factories
from tests.support.trading import Trade, published

__all__ = ["trade"]


@pytest.fixture
def buyer(trade: Trade, request: pytest.FixtureRequest) -> Actor:
    if "made" in request.fixturenames:
        # An edition is copied into a market where nothing has happened yet.
        request.getfixturevalue("made")
    return factories.account(trade.app, Role.BUYER)


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return published(trade.app)
