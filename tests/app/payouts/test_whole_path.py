import pytest

from app.core.permissions import Role
from app.payouts import sending
from app.payouts.holds import Held
from tests.support import factories
from tests.support.trading import Trade, published

pytestmark = pytest.mark.both_databases


def test_an_order_is_paid_earned_and_paid_out(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(buyer, keys)
    before = trade.standing(made.producer)
    assert before.earned.micros > 0
    assert before.held is Held.NO_ACCOUNT
    trade.onboard(made.producer)
    ready = trade.standing(made.producer)
    assert ready.held is Held.READY
    tally = sending.run(trade.paying())
    assert (tally.sent, tally.refused, tally.unknown) == (1, 0, 0)
    after = trade.standing(made.producer)
    assert after.paid.micros == ready.payable_cents * 10_000
    assert after.owed.micros == ready.owed.micros - after.paid.micros
    assert 0 <= after.owed.micros < 10_000
    trade.check_agreement()
