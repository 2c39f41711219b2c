"""The payout run: each transfer is intended in the book, sent, then confirmed in the book.

intent     contributor + amount, transit - amount     committed before the provider is asked
sent       transit + amount, provider - amount
refused    the intent is reversed

No answer leaves the payout intended; the next run repeats it with the same key, so that
however often and wherever a worker dies, the money moves once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select

from app.core import audit, jobs
from app.core.clock import now
from app.core.db import Database, new_id, session
from app.ledger import accounts
from app.ledger import service as ledger
from app.payments.gateway import (
    GatewayError,
    GatewayRefused,
    KeyConflict,
    PaymentGateway,
    Transfer,
)
from app.payouts import queries, service, settlement, taking_back
from app.payouts.errors import OutcomeUnknown
from app.payouts.models import Payout, PayoutRun
from app.payouts.queries import Held, PayoutView, Terms
from app.payouts.states import Event, State, next_state
from app.users import queries as users
from pricing.money import MICROS_PER_CENT

#: The provider forgets a key after a day: older ones are looked up before they are sent again.
KEY_LIFE = timedelta(hours=23)
#: Messages tell when an account changes; so old a state is asked for again.
FRESH = timedelta(hours=1)
log = structlog.get_logger("payouts")


@dataclass(frozen=True)
class Paying:
    """What a payout run needs."""

    db: Database
    gateway: PaymentGateway
    terms: Terms


@dataclass
class Tally:
    """What a payout run did."""

    sent: int = 0
    refused: int = 0
    unknown: int = 0


@dataclass
class _Purse:
    """What the provider lets transfers use, asked for when it is not known to be enough."""

    gateway: PaymentGateway
    cents: int = -1

    def covers(self, cents: int, currency: str) -> bool:
        if self.cents < cents:
            self.cents = self.gateway.available_balance(currency)
        return self.cents >= cents


def run(
    paying: Paying,
    progress: Callable[[int], None] = lambda _: None,
    *,
    again: bool = False,
    name: str | None = None,
) -> Tally:
    """Settle all, finish what is under way, then pay everybody who can be paid.

    Parameters
    ----------
    again : bool
        Try even those whom the provider refused within the last day.
    name : str, optional
        Of the run: one that was cut off goes on where it was, under the same name.
    """
    tally = Tally()
    settlement.settle_all(paying.db)
    with paying.db.unit_of_work(write=False):
        started, taking = queries.under_way(), taking_back.under_way()
    for payout_id in taking:
        _take_back(paying, payout_id, tally)
    for payout_id in started:
        _count(tally, _send(paying, payout_id))
    run_id, contributors, before = _begin(paying, name or new_id())
    purse = _Purse(paying.gateway)
    total = max(1, before + len(contributors))
    for number, user_id in enumerate(contributors, before + 1):
        try:
            intended = _intend(paying, purse, user_id, run_id, again=again)
        except GatewayError as error:
            log.warning("account unknown", error=type(error).__name__)
            tally.unknown += 1
            intended = None
        if intended is not None:
            _count(tally, _send(paying, intended))
        if number * 100 // total > (number - 1) * 100 // total:
            _remember(paying.db, run_id, number, user_id)
            progress(100 * number // total)
    _end(paying.db, run_id, tally)
    return tally


def _begin(paying: Paying, run_id: str) -> tuple[str, tuple[str, ...], int]:
    """Open a run, or go on with one; return it, who is still to be looked at, and how many were."""
    least = max(1, paying.terms.minimum_cents)
    with paying.db.unit_of_work():
        row = session().get(PayoutRun, run_id)
        left = queries.contributors(least, row.last_user_id if row else "")
        if row is None:
            session().add(PayoutRun(id=run_id, contributors=len(left), begun_at=now()))
            return run_id, left, 0
        row.contributors, row.ended_at = row.looked_at + len(left), None
        return run_id, left, row.looked_at


def _remember(db: Database, run_id: str, looked_at: int, user_id: str) -> None:
    with db.unit_of_work():
        row = session().get_one(PayoutRun, run_id)
        row.looked_at, row.last_user_id = looked_at, user_id


def _end(db: Database, run_id: str, tally: Tally) -> None:
    with db.unit_of_work():
        row = session().get_one(PayoutRun, run_id)
        row.unknown = tally.unknown
        if tally.unknown:
            # Gone through again from the start: those who were paid are owed nothing.
            row.last_user_id, row.looked_at = "", 0
        else:
            row.looked_at, row.ended_at = row.contributors, now()


def _take_back(paying: Paying, payout_id: str, tally: Tally) -> None:
    try:
        with paying.db.unit_of_work():
            taking_back.send(paying.gateway, payout_id)
    except GatewayRefused:
        tally.refused += 1
    except GatewayError:
        tally.unknown += 1


def _count(tally: Tally, state: State) -> None:
    tally.sent += state is State.SENT
    tally.refused += state is State.REFUSED
    tally.unknown += state is State.INTENDED


def _intend(paying: Paying, purse: _Purse, user_id: str, run_id: str, *, again: bool) -> str | None:
    """Write down that a contributor is to be paid; None where something holds it."""
    with paying.db.unit_of_work(write=False):
        # A closed account is paid no more: its owner was paid before, or gave the rest up.
        closed = users.user(user_id) is None
        cents = queries.standing(user_id, paying.terms, again=again).payable_cents
        known = queries.account(user_id)
        code = queries.currency()
    if closed or not cents or known is None:
        return None
    if known.refreshed_at is None or known.refreshed_at < now() - FRESH:
        with paying.db.unit_of_work():
            if not service.refresh(paying.gateway, user_id):
                return None
    if not purse.covers(cents, code):
        service.wait(paying.db, user_id)
        return None
    with paying.db.unit_of_work():
        settlement.settle(user_id)
        standing = queries.standing(user_id, paying.terms, again=again)
        account = queries.account(user_id)
        if standing.held is not Held.READY or account is None or account.account_id is None:
            return None
        payout_id = new_id()
        payout = Payout(
            id=payout_id,
            user_id=user_id,
            account_id=account.account_id,
            cents=standing.payable_cents,
            currency=queries.currency(),
            state=State.INTENDED,
            key=f"payout:{payout_id}",
            at=now(),
            run_id=run_id,
        )
        session().add(payout)
        session().flush()
        micros = payout.cents * MICROS_PER_CENT
        lines = {accounts.contributor(user_id): micros, accounts.transit(payout_id): -micros}
        ledger.post("payout", payout.key, payout.currency, lines)
        purse.cents -= payout.cents
    return payout_id


def _send(paying: Paying, payout_id: str) -> State:
    with paying.db.unit_of_work(write=False):
        payout = queries.payout(payout_id)
    if payout.state is not State.INTENDED:
        return payout.state
    try:
        transfer = _transferred(paying.gateway, payout)
    except GatewayRefused as error:
        return _refused(paying, payout, error)
    except GatewayError as error:
        log.warning("payout without an answer", payout=payout_id, error=type(error).__name__)
        return State.INTENDED
    return _confirm(paying.db, payout_id, transfer)


def _refused(paying: Paying, payout: PayoutView, error: GatewayRefused) -> State:
    state = _refuse(paying.db, payout.id, error.code or type(error).__name__)
    try:
        # Why is told by the account: it may have been restricted without our hearing of it.
        with paying.db.unit_of_work():
            service.refresh(paying.gateway, payout.user_id)
    except GatewayError:
        log.warning("account unknown after a refusal", payout=payout.id)
    return state


def _transferred(gateway: PaymentGateway, payout: PayoutView) -> Transfer:
    """Send a payout, unless the provider has it already under a key it may have forgotten."""
    if payout.at < now() - KEY_LIFE:
        for known in gateway.transfers_in_group(payout.id):
            return known
    try:
        return gateway.transfer(
            payout.account_id,
            payout.cents,
            payout.amount.currency,
            payout.id,
            payout.key,
            {"payout": payout.id},
        )
    except KeyConflict:
        for known in gateway.transfers_in_group(payout.id):
            return known
        raise


def _confirm(db: Database, payout_id: str, transfer: Transfer) -> State:
    with db.unit_of_work():
        payout = _locked(payout_id)
        if payout.state == State.INTENDED:
            payout.state = next_state(State(payout.state), Event.SEND)
            payout.transfer_id, payout.ended_at = transfer.id, now()
            micros = payout.cents * MICROS_PER_CENT
            lines = {accounts.transit(payout_id): micros, accounts.PROVIDER: -micros}
            ledger.post("transfer", f"transfer:{payout_id}", payout.currency, lines)
            audit.record("system", "send-payout", "payout", payout_id, cents=payout.cents)
            service.waits_no_more(payout.user_id)
        return State(payout.state)


def _refuse(db: Database, payout_id: str, reason: str) -> State:
    with db.unit_of_work():
        payout = _locked(payout_id)
        if payout.state == State.INTENDED:
            payout.state = next_state(State(payout.state), Event.REFUSE)
            payout.reason, payout.ended_at = reason[:80], now()
            ledger.reverse(payout.key, "payout-refused", f"payout-refused:{payout_id}")
            audit.record("system", "refuse-payout", "payout", payout_id)
        return State(payout.state)


def _locked(payout_id: str) -> Payout:
    chosen = select(Payout).where(Payout.id == payout_id).with_for_update()
    return session().scalars(chosen.execution_options(populate_existing=True)).one()


def register(paying: Paying) -> None:
    """Tell the worker how to pay."""

    @jobs.handler(service.PAYOUTS_JOB)
    def pay(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        tally = run(paying, progress, again=bool(payload["again"]), name=payload.get("run"))
        log.info("payout run", sent=tally.sent, refused=tally.refused, unknown=tally.unknown)
        if tally.unknown:
            raise OutcomeUnknown
