import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.clock import fixed_at, now
from app.core.db import session
from app.core.permissions import Actor, Role
from app.earnings import settlement
from app.jobs import queries as jobs_queries
from app.jobs.states import JobState
from app.market import market_of
from app.payments.gateway import GatewayRefused, KeyConflict, NotEnoughBalance
from app.payouts import queries, sending, service
from app.payouts.holds import Held
from app.payouts.models import ConnectedAccount
from app.payouts.queries import PayoutTerms, PayoutView
from app.payouts.states import PayoutState
from app.reconciliation import service as reconciliation
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.controls import Controls
from tests.support.reached import reached_by
from tests.support.trading import LONG_AGO, TERMS, Trade, published, trading


def sold(trade: Trade) -> factories.Published:
    """An edition with one sale, its producer ready to be paid."""
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(buyer, keys)
    trade.onboard(made.producer)
    return made


def payouts_of(trade: Trade, user: Actor) -> tuple[PayoutView, ...]:
    with trade.db.unit_of_work(write=False):
        return queries.payouts_of(user.user_id)


def transferred(trade: Trade) -> int:
    """Cents the provider has sent, as it says itself."""
    moved = trade.gateway.balance_transactions(LONG_AGO)
    return -sum(each.net_cents for each in moved if each.type == "transfer")


@pytest.mark.both_databases
def test_an_unknown_outcome_is_repeated_with_the_same_key_and_pays_once(trade: Trade) -> None:
    made = sold(trade)
    due = trade.standing(made.producer).payable_cents
    lost = Broken(trade.gateway, "transfer", after=True)
    assert sending.run(trade.paying(lost)).unknown == 1
    (payout,) = payouts_of(trade, made.producer)
    assert payout.state is PayoutState.INTENDED
    assert trade.standing(made.producer).held is Held.UNDER_WAY
    assert trade.balance(f"transit:{payout.id}") == -due * 10_000
    assert sending.run(trade.paying()).sent == 1
    assert transferred(trade) == due
    assert sending.run(trade.paying()).sent == 0
    trade.check_agreement()


def test_a_worker_killed_before_the_call_is_resumed(trade: Trade) -> None:
    made = sold(trade)
    killed = Broken(trade.gateway, "transfer")
    sending.run(trade.paying(killed))
    assert transferred(trade) == 0
    sending.run(trade.paying())
    (payout,) = payouts_of(trade, made.producer)
    assert (payout.state, payout.cents) == (PayoutState.SENT, transferred(trade))
    trade.check_agreement()


@pytest.mark.parametrize("after", [False, True])
def test_a_payout_older_than_its_key_is_looked_up_before_it_is_sent(
    trade: Trade, after: bool
) -> None:
    made = sold(trade)
    lost = Broken(trade.gateway, "transfer", after=after)
    with fixed_at(now() - timedelta(hours=30)):
        # The sale was a moment ago, so the window of the terms is set back as well.
        sending.run(trade.paying(lost, PayoutTerms(-2, 100)))
    (payout,) = payouts_of(trade, made.producer)
    assert payout.state is PayoutState.INTENDED
    seen = Broken(trade.gateway)
    assert sending.run(trade.paying(seen)).sent == 1
    calls = [name for name, _ in seen.asked]
    assert calls[0] == "transfers_in_group"
    assert ("transfer" in calls) is not after
    assert transferred(trade) == payout.cents
    trade.check_agreement()


@pytest.mark.parametrize("after", [False, True])
def test_a_key_in_conflict_is_looked_up(trade: Trade, after: bool) -> None:
    made = sold(trade)
    conflict = Broken(trade.gateway, "transfer", after=after, error=KeyConflict("other"))
    tally = sending.run(trade.paying(conflict))
    assert (tally.sent, tally.unknown) == ((1, 0) if after else (0, 1))
    assert transferred(trade) == (payouts_of(trade, made.producer)[0].cents if after else 0)


def test_a_refusal_gives_the_money_back_to_the_account_and_rests_a_day(trade: Trade) -> None:
    made = sold(trade)
    owed = trade.standing(made.producer).owed
    no = Broken(trade.gateway, "transfer", error=GatewayRefused("no", "account_invalid"), times=1)
    assert sending.run(trade.paying(no)).refused == 1
    (payout,) = payouts_of(trade, made.producer)
    assert (payout.state, payout.reason) == (PayoutState.REFUSED, "account_invalid")
    standing = trade.standing(made.producer)
    assert (standing.owed, standing.held) == (owed, Held.REFUSED)
    assert sending.run(trade.paying()).sent == 0
    assert sending.run(trade.paying(), again=True).sent == 1
    again, refused = payouts_of(trade, made.producer)
    assert {again.key, refused.key} == {f"payout:{again.id}", f"payout:{refused.id}"}
    trade.check_agreement()


def test_a_refused_payout_is_tried_again_after_a_day(trade: Trade) -> None:
    made = sold(trade)
    no = Broken(trade.gateway, "transfer", error=NotEnoughBalance("no", "balance_insufficient"))
    assert sending.run(trade.paying(no)).refused == 1
    with fixed_at(now() + timedelta(hours=25)):
        assert trade.standing(made.producer).held is Held.READY


def test_nothing_is_intended_while_the_balance_is_not_available(
    database_url: str, tmp_path: object
) -> None:
    with trading(database_url, tmp_path, settle=3_600) as trade:  # type: ignore[arg-type]
        made = sold(trade)
        assert sending.run(trade.paying()) == sending.Tally()
        assert payouts_of(trade, made.producer) == ()


def test_an_account_that_is_restricted_meanwhile_gets_nothing(trade: Trade) -> None:
    made = sold(trade)
    # How it stood an hour ago is not relied upon; how it stood just now is.
    with trade.db.unit_of_work():
        row = session().get_one(ConnectedAccount, made.producer.user_id)
        row.refreshed_at = now() - timedelta(hours=2)
    silent = Broken(trade.gateway, "connected_account")
    assert sending.run(trade.paying(silent)).unknown == 1

    class Restricted(Broken):
        def connected_account(self, account_id: str) -> object:
            return queries_account(account_id)

    assert sending.run(trade.paying(Restricted(trade.gateway))) == sending.Tally()
    assert trade.standing(made.producer).held is Held.RESTRICTED
    assert payouts_of(trade, made.producer) == ()


def test_an_account_that_was_restricted_a_moment_ago_is_refused_and_then_told(
    trade: Trade,
) -> None:
    made = sold(trade)
    with trade.db.unit_of_work(write=False):
        account = queries.account(made.producer.user_id)
    controls = Controls(trade.stand_in_url)
    controls.deliveries("drop")
    controls.account_status((account.account_id if account else "") or "", "restricted")
    assert sending.run(trade.paying()).refused == 1
    assert trade.standing(made.producer).held is Held.RESTRICTED
    (refused,) = payouts_of(trade, made.producer)
    assert (refused.state, refused.transfer_id) == ("refused", None)
    trade.check_agreement()


def queries_account(account_id: str) -> object:
    return service.ProviderAccount(account_id, "restricted", closed=False)


@pytest.mark.both_databases
def test_many_workers_at_once_pay_once(trade: Trade) -> None:
    made = sold(trade)
    due = trade.standing(made.producer).payable_cents
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with trade.app.app_context():
                sending.run(trade.paying())
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    assert transferred(trade) == due
    assert [p.state for p in payouts_of(trade, made.producer)] == [PayoutState.SENT]
    trade.check_agreement()


def test_the_refund_window_and_the_minimum_hold_money(trade: Trade) -> None:
    made = sold(trade)
    window = PayoutTerms(refund_days=14, minimum_cents=100)
    standing = trade.standing(made.producer, window)
    assert (standing.held, standing.payable_cents) == (Held.WINDOW, 0)
    assert standing.waiting == standing.earned
    assert sending.run(trade.paying(terms=window)) == sending.Tally()
    rich = PayoutTerms(refund_days=0, minimum_cents=10**9)
    assert trade.standing(made.producer, rich).held is Held.MINIMUM
    with fixed_at(now() + timedelta(days=15)):
        assert trade.standing(made.producer, window).held is Held.READY


def test_a_refund_before_the_payout_takes_the_earning_back(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    order = trade.bought(buyer, keys)
    trade.onboard(made.producer)
    trade.refund(order)
    trade.deliver()
    standing = trade.standing(made.producer)
    assert (standing.owed.micros, standing.held) == (0, Held.NOTHING)
    assert sending.run(trade.paying()) == sending.Tally()
    trade.check_agreement()


def test_a_refund_after_the_payout_leaves_a_debt_that_later_sales_make_good(trade: Trade) -> None:
    made = published(trade.app)
    first, second = (factories.account(trade.app, Role.BUYER) for _ in range(2))
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(second, keys[:1])
    order = trade.bought(first, keys)
    trade.onboard(made.producer)
    assert sending.run(trade.paying()).sent == 1
    sent = transferred(trade)
    trade.refund(order)
    trade.deliver()
    standing = trade.standing(made.producer)
    assert standing.held is Held.DEBT
    assert standing.owed.micros < 0
    with trade.db.unit_of_work():
        settlement.settle(made.producer.user_id)
    account = f"contributor:{made.producer.user_id}"
    assert trade.balance(account) == -standing.owed.micros
    assert trade.standing(made.producer).owed == standing.owed
    assert sending.run(trade.paying()) == sending.Tally()
    trade.check_agreement()
    trade.bought(factories.account(trade.app, Role.BUYER), keys)
    after = trade.standing(made.producer)
    assert after.owed.micros > standing.owed.micros
    sending.run(trade.paying())
    assert transferred(trade) >= sent
    assert transferred(trade) * 10_000 <= after.earned.micros
    trade.check_agreement()


def test_the_job_is_tried_again_after_an_unknown_outcome(trade: Trade) -> None:
    made = sold(trade)
    operator = factories.account(trade.app, Role.OPERATOR)
    with trade.db.unit_of_work():
        job_id = service.ask_for_run(operator)
    with reached_by(trade.app, Broken(trade.gateway, "transfer", after=True, times=1)):
        factories.run_jobs(trade.app)
    with trade.db.unit_of_work(write=False):
        job = jobs_queries.job(job_id)
        assert job is not None
        assert (job.state, job.message) == (JobState.QUEUED, "OutcomeUnknown")
    with fixed_at(now() + timedelta(minutes=5)):
        factories.run_jobs(trade.app)
    assert payouts_of(trade, made.producer)[0].state is PayoutState.SENT
    trade.check_agreement()


@pytest.mark.both_databases
def test_the_schedule_adds_one_run_an_hour(trade: Trade) -> None:
    sold(trade)
    for _ in range(2):
        service.schedule(trade.db)
        reconciliation.schedule(trade.db)
    with trade.db.unit_of_work(write=False):
        kinds = [job.kind for job in jobs_queries.latest()]
    assert kinds.count(service.PAYOUTS_JOB) == 1
    assert kinds.count(reconciliation.JOB) == 1
    factories.run_jobs(trade.app)
    trade.check_agreement()


def test_terms_of_the_application_come_from_its_settings(trade: Trade) -> None:
    terms = sending.paying(market_of(trade.app)).terms
    assert terms == replace(TERMS, large_cents=50_000)
