"""Messages that never came are found in the provider's own list."""

from datetime import timedelta

import pytest

from app.core.clock import fixed_at, now
from app.core.permissions import Role
from app.payments.gateway import GatewayUnavailable
from app.payouts import queries as payouts
from app.webhooks import queries, replaying, service
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.controls import Controls
from tests.support.trading import Trade, published


def lost(trade: Trade) -> str:
    """An order that was paid and whose messages were all lost."""
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    order_id = trade.place(buyer, trade.keys(made, "gold"))
    page = trade.check_out(buyer, order_id)
    Controls(trade.stand_in_url).deliveries("drop")
    trade.pay(page)
    trade.deliver()
    assert trade.state(order_id) == "paying"
    return order_id


@pytest.mark.both_databases
def test_a_lost_message_is_taken_from_the_list_once(trade: Trade) -> None:
    order_id = lost(trade)
    found = replaying.replay(trade.db, trade.gateway)
    assert found > 0
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    assert replaying.replay(trade.db, trade.gateway) == 0
    with trade.db.unit_of_work(write=False):
        assert queries.replayed_until() is not None
    trade.check_agreement()


def test_a_message_that_comes_after_its_replay_changes_nothing(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    order_id = trade.place(buyer, trade.keys(made, "gold"))
    controls = Controls(trade.stand_in_url)
    controls.deliveries("hold")
    trade.pay(trade.check_out(buyer, order_id))
    replaying.replay(trade.db, trade.gateway)
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    with trade.db.unit_of_work(write=False):
        before = queries.count()
    controls.release()
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        assert queries.count() == before
    trade.check_agreement()


def test_an_account_that_was_restricted_without_a_message_is_noticed(trade: Trade) -> None:
    made = published(trade.app)
    account = trade.onboard(made.producer)
    controls = Controls(trade.stand_in_url)
    controls.deliveries("drop")
    controls.account_status(account, "restricted")
    with trade.db.unit_of_work(write=False):
        known = payouts.account(made.producer.user_id)
        assert known is not None
        assert known.payable
    assert replaying.replay(trade.db, trade.gateway) > 0
    factories.run_jobs(trade.app)
    with trade.db.unit_of_work(write=False):
        known = payouts.account(made.producer.user_id)
        assert known is not None
        assert not known.payable


def test_a_replay_that_is_cut_off_begins_again_where_it_did(trade: Trade) -> None:
    order_id = lost(trade)
    silent = Broken(trade.gateway, "account_events", times=1)
    with pytest.raises(GatewayUnavailable):
        replaying.replay(trade.db, silent)  # type: ignore[arg-type]
    with trade.db.unit_of_work(write=False):
        assert queries.replayed_until() is None
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    assert replaying.replay(trade.db, silent) >= 0  # type: ignore[arg-type]
    trade.check_agreement()


def test_the_hours_look_goes_through_the_list(trade: Trade) -> None:
    lost(trade)
    with fixed_at(now() + timedelta(hours=1)):
        service.schedule(trade.db)
        factories.run_jobs(trade.app)
    with trade.db.unit_of_work(write=False):
        assert queries.count() > 0
        assert queries.replayed_until() is not None
