"""A buyer's bank takes a payment back; whatever message comes, in any order, once."""

import itertools
from datetime import timedelta

import pytest

from app.bundles.errors import PriceChanged
from app.catalog.products import ProductKey
from app.core.clock import now
from app.core.permissions import SYSTEM, Actor
from app.orders import holdings, queries
from app.payments.gateway import GatewayRefused, GatewayUnavailable
from app.payouts import sending
from app.refunds import disputes as disputing
from app.refunds import service as refunding
from app.webhooks import service as webhooks
from stripe_stand_in.disputes import FEE
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.trading import Browser, Trade, post


def take_back(trade: Trade, order_id: str) -> str:
    """The bank takes the payment of an order back; return the dispute."""
    with trade.db.unit_of_work(write=False):
        (charge,) = [t.charge for t in queries.traced() if t.order_id == order_id]
    assert post(f"{trade.stand_in_url}/disputes", charge=charge or "") == 303
    newest = next(iter(trade.gateway.disputes(now() - timedelta(days=1))))
    return newest.id


def decide(trade: Trade, dispute_id: str, outcome: str) -> None:
    assert post(f"{trade.stand_in_url}/disputes/{dispute_id}", outcome=outcome) == 303


def owned(trade: Trade, buyer: Actor) -> frozenset[ProductKey]:
    with trade.db.unit_of_work(write=False):
        return holdings.owned(buyer.user_id)


def test_a_dispute_undoes_the_sale_and_a_won_one_does_it_again(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    keys = trade.keys(made, "gold")
    order_id = trade.bought(buyer, keys)
    earned, platform = trade.standing(made.producer).earned, trade.balance("platform")
    assert earned.micros > 0
    dispute_id = take_back(trade, order_id)
    trade.deliver()
    assert trade.state(order_id) == "disputed"
    assert owned(trade, buyer) == frozenset()
    assert trade.standing(made.producer).earned.micros == 0
    assert trade.balance(f"pool:{made.edition_id}") == 0
    with trade.db.unit_of_work(write=False):
        fee = queries.order(SYSTEM, order_id).fee_cents
    assert trade.balance("platform") == (FEE + fee) * 10_000
    trade.check_agreement()
    decide(trade, dispute_id, "won")
    trade.deliver()
    assert trade.state(order_id) == "paid"
    assert owned(trade, buyer) == frozenset(keys)
    assert trade.standing(made.producer).earned == earned
    assert trade.balance("platform") == platform + FEE * 10_000
    trade.check_agreement()


def test_a_lost_dispute_stays_undone(trade: Trade, buyer: Actor, made: factories.Published) -> None:
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    dispute_id = take_back(trade, order_id)
    decide(trade, dispute_id, "lost")
    trade.deliver()
    assert trade.state(order_id) == "lost"
    assert trade.standing(made.producer).earned.micros == 0
    trade.check_agreement()
    page = Browser(trade.app, buyer).get(f"/orders/{order_id}").text
    assert "taken this payment back for good" in page
    assert "CSV" not in page


def test_an_upgrade_waits_while_what_it_rests_on_is_taken_back(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    """Pay for silver, upgrade, have the bank take the silver back: the gold goes with it."""
    silver, gold = trade.keys(made, "silver"), trade.keys(made, "gold")
    early = trade.bought(buyer, silver)
    late = trade.bought(buyer, gold)
    dispute_id = take_back(trade, early)
    trade.deliver()
    assert trade.state(late) == "paid"
    assert owned(trade, buyer) == frozenset()
    with trade.db.unit_of_work(write=False):
        assert holdings.entitled(buyer.user_id, gold[0]) is None
    browser = Browser(trade.app, buyer)
    assert "These tables wait" in browser.get(f"/orders/{late}").text
    assert browser.get(f"/downloads/{gold[0]}/table.csv").status_code in (403, 404)
    decide(trade, dispute_id, "lost")
    trade.deliver()
    assert owned(trade, buyer) == frozenset()
    # Paid for again, it carries the upgrade again.
    again = trade.bought(buyer, silver)
    assert owned(trade, buyer) == {*silver, *gold}
    with trade.db.unit_of_work(write=False):
        assert holdings.entitled(buyer.user_id, gold[0]) == late
        assert holdings.entitled(buyer.user_id, silver[0]) == again
    trade.check_agreement()


def test_an_open_offer_is_void_once_what_it_counts_on_is_taken_back(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    early = trade.bought(buyer, trade.keys(made, "silver"))
    offer = trade.place(buyer, trade.keys(made, "gold"))
    take_back(trade, early)
    trade.deliver()
    with pytest.raises(PriceChanged):
        trade.check_out(buyer, offer)


@pytest.mark.both_databases
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_messages_in_any_order_and_twice_have_one_effect(
    trade: Trade, buyer: Actor, made: factories.Published, outcome: str
) -> None:
    """What the provider says then decides, however often and in whatever order it is asked."""
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    dispute_id = take_back(trade, order_id)
    open_ = trade.gateway.dispute(dispute_id)
    decide(trade, dispute_id, outcome)
    closed = trade.gateway.dispute(dispute_id)
    for seen in itertools.chain((closed, open_, closed), (open_, open_, closed)):
        with trade.db.unit_of_work():
            assert disputing.apply(seen)
    assert trade.state(order_id) == {"won": "paid", "lost": "lost"}[outcome]
    trade.deliver()
    trade.check_agreement()


def test_a_dispute_is_found_without_any_message(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    take_back(trade, order_id)
    webhooks.catch_up(trade.db, trade.gateway, lambda _: None)
    assert trade.state(order_id) == "disputed"
    trade.check_agreement()


def test_a_dispute_told_before_the_payment_is_booked(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold"))
    trade.pay(trade.check_out(buyer, order_id))
    session = trade.gateway.checkout(
        next(e for e in trade.gateway.events(now() - timedelta(days=1)) if e.order_id).object_id
    )
    assert post(f"{trade.stand_in_url}/disputes", charge=session.charge or "") == 303
    trade.deliver()
    assert trade.state(order_id) == "disputed"
    trade.check_agreement()


def test_a_lost_answer_is_asked_for_again(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    dispute_id = take_back(trade, order_id)
    silent = Broken(trade.gateway, "dispute", times=1)
    with pytest.raises(Exception, match="no answer"), trade.db.unit_of_work():
        disputing.look(silent, dispute_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "paid"
    with trade.db.unit_of_work():
        assert disputing.look(silent, dispute_id)  # type: ignore[arg-type]
    assert trade.state(order_id) == "disputed"


def test_earnings_that_were_paid_out_become_a_debt(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    trade.onboard(made.producer)
    assert sending.run(trade.paying()).sent == 1
    take_back(trade, order_id)
    trade.deliver()
    standing = trade.standing(made.producer)
    assert standing.owed.micros < 0
    assert standing.payable_cents == 0
    trade.check_agreement()


def test_what_a_bank_took_while_a_refund_was_refused_is_lost_and_no_longer_held(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    """It was asked for first; the bank took everything, kept it, and then it was refused."""
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        refunding.refund(SYSTEM, Broken(trade.gateway, "refund"), order_id)  # type: ignore[arg-type]
    dispute = take_back(trade, order_id)
    trade.deliver()
    decide(trade, dispute, "lost")
    trade.deliver()
    with pytest.raises(GatewayRefused), trade.db.unit_of_work():
        refunding.send_refund(trade.gateway, order_id)
    assert trade.state(order_id) == "lost"
    assert owned(trade, buyer) == frozenset()
    trade.check_agreement()


def test_a_disputed_order_is_not_refunded(
    trade: Trade, buyer: Actor, made: factories.Published
) -> None:
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    take_back(trade, order_id)
    trade.deliver()
    with pytest.raises(Exception, match="cannot be done"):
        trade.refund(order_id)
    assert trade.state(order_id) == "disputed"
    with trade.db.unit_of_work(write=False):
        assert refunding.later_purchases(order_id) == ()
