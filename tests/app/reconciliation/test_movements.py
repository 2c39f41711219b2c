"""Money that neither buys nor pays: withdrawals, reversals, gifts, earnings spent, corrections."""

from datetime import timedelta

import pytest

from app.core.clock import now
from app.core.db import session
from app.core.errors import Forbidden
from app.core.permissions import SYSTEM, Actor, Role
from app.earnings import giving
from app.ledger import queries as ledger
from app.orders import queries as orders
from app.payments.gateway import GatewayRefused, GatewayUnavailable
from app.payouts import (
    in_kind,
    queries,
    sending,
    service,
)
from app.payouts import reversals as taking_back
from app.payouts import runs as records
from app.payouts.errors import NotTakenBack, TooMuch
from app.payouts.models import PayoutReversal
from app.reconciliation import corrections as correcting
from app.reconciliation import cover as reserve
from app.reconciliation import handovers as handing_over
from app.reconciliation import service as reconciliation
from app.reconciliation.corrections import Against
from app.reconciliation.cover import Cover
from app.reconciliation.differences import Kind, Remedy
from app.reconciliation.errors import NotADifference
from app.users import service as users_service
from app.webhooks import service as webhooks
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.controls import Controls
from tests.support.trading import TERMS, Trade, post, published


@pytest.fixture
def controls(trade: Trade) -> Controls:
    return Controls(trade.stand_in_url)


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return published(trade.app)


def sold(trade: Trade, made: factories.Published) -> str:
    return trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))


def paid_out(trade: Trade, made: factories.Published) -> tuple[str, str]:
    """A payout that was sent, and the account it went to."""
    sold(trade, made)
    account = trade.onboard(made.producer)
    assert sending.run(trade.paying()).sent == 1
    with trade.db.unit_of_work(write=False):
        (payout,) = queries.payouts_of(made.producer.user_id)
    return payout.id, account


def withdraw(trade: Trade, cents: int) -> str:
    """The provider sends the market's own money to its bank."""
    made = trade.gateway._client.v1.payouts.create(  # type: ignore[attr-defined]
        {"amount": cents, "currency": "eur"}
    )
    return str(made.id)


@pytest.mark.parametrize("end", ["paid", "failed"])
def test_the_markets_own_money_goes_to_its_bank_and_comes_back_if_that_fails(
    trade: Trade, made: factories.Published, controls: Controls, end: str
) -> None:
    sold(trade, made)
    held = trade.balance("provider")
    name = withdraw(trade, 30)
    trade.deliver()
    assert (trade.balance("bank"), trade.balance("provider")) == (300_000, held - 300_000)
    trade.check_agreement()
    controls.payout(name, "in_transit")
    controls.payout(name, end)
    trade.deliver()
    assert trade.balance("bank") == (300_000 if end == "paid" else 0)
    trade.check_agreement()


def test_a_withdrawal_without_a_message_is_found_within_the_hour(
    trade: Trade, made: factories.Published, controls: Controls
) -> None:
    sold(trade, made)
    controls.deliveries("drop")
    withdraw(trade, 30)
    assert not trade.compare().agrees
    webhooks.schedule(trade.db)
    factories.run_jobs(trade.app)
    trade.check_agreement()


def test_a_payout_is_taken_back_and_owed_again(trade: Trade, made: factories.Published) -> None:
    payout_id, _ = paid_out(trade, made)
    before = trade.standing(made.producer)
    with trade.db.unit_of_work():
        taking_back.take_back(SYSTEM, trade.gateway, payout_id, 40, "sent by mistake")
    after = trade.standing(made.producer)
    assert after.owed.micros - before.owed.micros == 400_000
    assert before.paid.micros - after.paid.micros == 400_000
    trade.check_agreement()
    with trade.db.unit_of_work():
        taking_back.take_back(SYSTEM, trade.gateway, payout_id)
    assert trade.standing(made.producer).paid.micros == 0
    with pytest.raises(NotTakenBack), trade.db.unit_of_work():
        taking_back.take_back(SYSTEM, trade.gateway, payout_id, 1)
    trade.check_agreement()


def test_what_the_account_does_not_hold_any_more_is_not_taken_back(
    trade: Trade, made: factories.Published, controls: Controls
) -> None:
    payout_id, account = paid_out(trade, made)
    controls.pay_out(account)
    with pytest.raises(GatewayRefused), trade.db.unit_of_work():
        taking_back.take_back(SYSTEM, trade.gateway, payout_id)
    with trade.db.unit_of_work(write=False):
        assert session().query(PayoutReversal).one().state == "refused"
    trade.check_agreement()


def test_a_reversal_without_an_answer_is_finished_once_by_the_next_run(
    trade: Trade, made: factories.Published
) -> None:
    payout_id, _ = paid_out(trade, made)
    lost = Broken(trade.gateway, "reverse_transfer", after=True)
    with pytest.raises(GatewayUnavailable), trade.db.unit_of_work():
        taking_back.take_back(SYSTEM, lost, payout_id, 40)  # type: ignore[arg-type]
    with trade.db.unit_of_work():
        row = session().query(PayoutReversal).one()
        row.at -= timedelta(days=2)
    asked = Broken(trade.gateway)
    sending.run(trade.paying(asked))
    assert "reverse_transfer" not in [name for name, _ in asked.asked]
    trade.check_agreement()
    with trade.db.unit_of_work(write=False):
        assert session().query(PayoutReversal).one().state == "done"


@pytest.mark.both_databases
def test_gifts_are_handed_over_once_and_never_more_than_there_are(
    trade: Trade, made: factories.Published
) -> None:
    with trade.db.unit_of_work():
        giving.give(made.producer)
    sold(trade, made)
    sending.run(trade.paying())
    given = -trade.balance("donations") // 10_000
    assert given > 10
    operator = factories.account(trade.app, Role.OPERATOR)
    with trade.db.unit_of_work():
        handing_over.hand_over(operator, given - 5, "A hospital", "transfer 17")
    with pytest.raises(TooMuch), trade.db.unit_of_work():
        handing_over.hand_over(operator, 6, "A hospital", "")
    with pytest.raises(Forbidden), trade.db.unit_of_work():
        handing_over.hand_over(made.producer, 1, "Me", "")
    assert trade.balance("bank") == -(given - 5) * 10_000
    trade.check_agreement()


def elsewhere(trade: Trade) -> factories.Published:
    """Somebody else's edition: nobody buys what they have a part in."""
    return factories.published(trade.app, factories.account(trade.app, Role.PRODUCER))


def spender(trade: Trade, made: factories.Published) -> Actor:
    """The producer, who buys, too, and whom the provider knows."""
    with trade.db.unit_of_work():
        users_service.mark_identified(made.producer.user_id)
    return Actor(made.producer.user_id, frozenset({Role.PRODUCER, Role.BUYER}))


def test_earnings_are_spent_on_tables_inside_the_book(
    trade: Trade, made: factories.Published
) -> None:
    sold(trade, made)
    both = spender(trade, made)
    held = trade.balance("provider")
    order_id = trade.place(both, trade.keys(elsewhere(trade), "silver")[:1])
    with trade.db.unit_of_work(write=False):
        price = orders.order(SYSTEM, order_id).total_cents
        free = in_kind.spendable_cents(both.user_id, TERMS)
    assert 0 < price <= free
    with trade.db.unit_of_work():
        in_kind.pay(both, order_id, TERMS)
    assert trade.state(order_id) == "paid"
    assert trade.balance("provider") == held
    standing = trade.standing(made.producer)
    assert standing.spent.micros == price * 10_000
    assert standing.free_cents == free - price
    trade.check_agreement()
    with pytest.raises(Exception, match="cannot be done"), trade.db.unit_of_work():
        in_kind.pay(both, order_id, TERMS)
    trade.refund(order_id)
    assert trade.state(order_id) == "refunded"
    after = trade.standing(made.producer)
    assert (after.spent.micros, after.free_cents) == (0, free)
    trade.check_agreement()


def test_more_than_was_earned_is_not_spent_nor_somebody_elses_order_paid(
    trade: Trade, made: factories.Published
) -> None:
    both = spender(trade, made)
    order_id = trade.place(both, trade.keys(elsewhere(trade), "silver")[:1])
    with pytest.raises(TooMuch), trade.db.unit_of_work():
        in_kind.pay(both, order_id, TERMS)
    assert trade.state(order_id) == "quoted"
    stranger = factories.account(trade.app, Role.BUYER)
    other = trade.place(stranger, trade.keys(made, "silver")[:1])
    with pytest.raises(Exception, match="not yours"), trade.db.unit_of_work():
        in_kind.pay(both, other, TERMS)


@pytest.mark.both_databases
def test_what_is_spent_is_not_paid_out_as_well(trade: Trade, made: factories.Published) -> None:
    sold(trade, made)
    both = spender(trade, made)
    trade.onboard(made.producer)
    order_id = trade.place(both, trade.keys(elsewhere(trade), "silver")[:1])
    with trade.db.unit_of_work():
        in_kind.pay(both, order_id, TERMS)
    assert sending.run(trade.paying()).sent == 1
    standing = trade.standing(made.producer)
    assert 0 <= standing.owed.micros
    assert standing.spent + standing.paid + standing.owed == standing.earned
    trade.check_agreement()


def test_a_fee_only_the_provider_knows_is_shown_and_booked_on_the_operators_word(
    trade: Trade, made: factories.Published, controls: Controls
) -> None:
    sold(trade, made)
    controls.fee(200, "eur", "Connect, a month")
    view = trade.compare()
    (difference,) = view.differences
    assert (difference.kind, difference.what) == (Kind.ONLY_AT_PROVIDER, "stripe_fee")
    assert difference.remedy is Remedy.BOOK
    operator = factories.account(trade.app, Role.OPERATOR)
    name = difference.movement_id
    for wrong in (("txn_unknown", "fee"), (name, "  ")):
        with pytest.raises(NotADifference), trade.db.unit_of_work():
            correcting.correct(operator, trade.gateway, wrong[0], Against.PLATFORM, wrong[1])
    for _ in range(2):
        with trade.db.unit_of_work():
            correcting.correct(operator, trade.gateway, name, Against.PLATFORM, "monthly fee")
    trade.check_agreement()
    with trade.db.unit_of_work(write=False):
        assert ledger.lines(f"correction:{name}") == {"provider": -2_000_000, "platform": 2_000_000}


def compared(trade: Trade) -> reserve.Cover:
    with trade.db.unit_of_work():
        reconciliation.compare(SYSTEM, trade.gateway)
    with trade.db.unit_of_work(write=False):
        seen = reserve.latest()
    assert seen is not None
    return seen


def test_the_reserve_says_what_is_owed_held_and_free(
    trade: Trade, made: factories.Published
) -> None:
    order_id = sold(trade, made)
    seen = compared(trade)
    with trade.db.unit_of_work(write=False):
        share = ledger.balance("platform", "EUR")
    assert seen.cover is Cover.COVERED
    assert seen.free == -share
    assert seen.missing.micros == 0
    assert seen.fresh
    # Refunded after it was withdrawn: the provider holds less than is owed.
    withdraw(trade, seen.free.micros // 10_000)
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        later = reserve.latest()
    # What was free is withdrawn: the same figure is not offered again.
    assert later is not None
    assert not later.fresh
    sold(trade, made)
    trade.refund(order_id)
    after = compared(trade)
    assert after.held + after.missing >= after.owed
    assert after.free.micros == 0 or after.missing.micros == 0


def test_a_contributors_bank_that_sends_money_back_is_shown(
    trade: Trade, made: factories.Published, controls: Controls
) -> None:
    _, account = paid_out(trade, made)
    controls.pay_out(account)
    controls.payout_failed(account)
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        known = queries.account(made.producer.user_id)
        assert known is not None
        assert known.bank_refused_at is not None
    with trade.db.unit_of_work():
        service.bank_said(account, refused=False)
    with trade.db.unit_of_work(write=False):
        known = queries.account(made.producer.user_id)
        assert known is not None
        assert known.bank_refused_at is None


@pytest.mark.both_databases
def test_a_run_that_is_cut_off_goes_on_where_it_was(
    trade: Trade, made: factories.Published
) -> None:
    sold(trade, made)
    trade.onboard(made.producer)

    def cut(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sending.run(trade.paying(), cut, name="r" * 32)
    sending.run(trade.paying(), name="r" * 32)
    with trade.db.unit_of_work(write=False):
        (run,) = records.latest_runs()
        assert (run.contributors, run.looked_at, run.sent) == (1, 1, 1)
        assert run.ended_at is not None
        assert len(queries.payouts_of(made.producer.user_id)) == 1
    trade.check_agreement()


def test_a_balance_that_does_not_cover_a_payout_is_told_to_its_contributor(
    trade: Trade, made: factories.Published, controls: Controls
) -> None:
    sold(trade, made)
    trade.onboard(made.producer)
    with trade.db.unit_of_work(write=False):
        held = trade.gateway.balance("EUR").available_cents
    name = withdraw(trade, held)
    assert sending.run(trade.paying()).sent == 0
    with trade.db.unit_of_work(write=False):
        known = queries.account(made.producer.user_id)
        assert known is not None
        assert known.waits_since is not None
    controls.payout(name, "in_transit")
    controls.payout(name, "failed")
    assert sending.run(trade.paying()).sent == 1
    with trade.db.unit_of_work(write=False):
        known = queries.account(made.producer.user_id)
        assert known is not None
        assert known.waits_since is None


@pytest.mark.parametrize(
    ("every", "name", "following"),
    [
        ("hour", "2026-03-01T10", "2026-03-01T11:00"),
        ("day", "2026-03-01", "2026-03-02T00:00"),
        ("week", "2026-W09", "2026-03-02T00:00"),
        ("month", "2026-03", "2026-04-01T00:00"),
    ],
)
def test_a_run_in_each_period(every: str, name: str, following: str) -> None:
    moment = now().replace(year=2026, month=3, day=1, hour=10, minute=30)
    assert service.period_of(moment, every) == name
    assert f"{service.next_run(moment, every):%Y-%m-%dT%H:%M}" == following


def test_a_declined_card_books_nothing(trade: Trade, made: factories.Published) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    order_id = trade.place(buyer, trade.keys(made, "gold"))
    page = trade.check_out(buyer, order_id)
    assert post(page, card="declined") == 422
    trade.deliver()
    assert trade.state(order_id) == "paying"
    assert trade.balance("provider") == 0
    trade.check_agreement()
