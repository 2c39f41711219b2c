"""The payout run: each transfer is intended in the book, sent, then confirmed in the book.

intent     contributor + amount, transit - amount     committed before the provider is asked
sent       transit + amount, provider - amount
refused    the intent is reversed

No answer leaves the payout intended; the next run repeats it with the same key, so that
however often and wherever a worker dies, the money moves once.

Several contributors may be paid at a time, because most of it is waiting for the provider: each
by the same steps as alone, under their own lock.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import Database, new_id, session
from app.core.dialects import has_one_writer
from app.earnings import settlement
from app.jobs.runner import Handlers
from app.ledger import accounts
from app.ledger import service as ledger
from app.market import Market
from app.payments.gateway import (
    GatewayError,
    GatewayRefused,
    PaymentGateway,
    Transfer,
)
from app.payments.intents import ask_once
from app.payouts import queries, service
from app.payouts import reversals as taking_back
from app.payouts.errors import OutcomeUnknown
from app.payouts.models import Payout, PayoutRun
from app.payouts.queries import PayoutTerms, PayoutView
from app.payouts.states import PayoutEvent, PayoutState, next_state
from app.users import queries as users
from pricing.money import MICROS_PER_CENT

#: Messages tell when an account changes; so old a state is asked for again.
FRESH = timedelta(hours=1)
#: So many contributors are paid at a time by the worker; one where the database has one writer.
AT_ONCE = 4
#: How far a run came is written down after at least so many for each of these.
STRETCH = 8
log = structlog.get_logger("payouts")


@dataclass(frozen=True)
class Paying:
    """What a payout run needs."""

    db: Database
    gateway: PaymentGateway
    terms: PayoutTerms


def paying(market: Market) -> Paying:
    """Return what a payout run needs, from a market's settings."""
    return Paying(market.db, market.gateway, queries.terms(market.settings))


@dataclass
class Tally:
    """What a payout run did."""

    sent: int = 0
    refused: int = 0
    unknown: int = 0


class _Later(Exception):
    """Cannot be told before what is on its way has arrived."""


@dataclass
class _Available:
    """The part of the market's balance at the provider that transfers may still use.

    The provider is asked for it when what is left is not known to be enough, and only while no
    transfer is being sent: a transfer under way may or may not be in its answer already.
    """

    gateway: PaymentGateway
    cents: int = -1
    under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, cents: int, currency: str) -> bool:
        """Take so much out for a transfer, if it is there; `done` follows.

        Raises
        ------
        _Later
        """
        with self._lock:
            if self.cents < cents:
                if self.under_way:
                    raise _Later
                self.cents = self.gateway.available_balance(currency)
            if self.cents < cents:
                return False
            self.cents -= cents
            self.under_way += 1
            return True

    def done(self, unused_cents: int) -> None:
        """Say that a transfer has ended, or was not begun, and what of it was not used."""
        with self._lock:
            self.cents += unused_cents
            self.under_way -= 1


@dataclass(frozen=True)
class _Run:
    """What all payouts of one run share."""

    paying: Paying
    available: _Available
    id: str
    again: bool


def run(
    paying: Paying,
    progress: Callable[[int], None] = lambda _: None,
    *,
    again: bool = False,
    name: str | None = None,
    at_once: int = 1,
) -> Tally:
    """Settle all, finish what is under way, then pay everybody who can be paid.

    Parameters
    ----------
    again : bool
        Try even those whom the provider refused within the last day.
    name : str, optional
        Of the run: one that was cut off goes on where it was, under the same name.
    at_once : int
        How many contributors are paid at a time.
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
    this = _Run(paying, _Available(paying.gateway), run_id, again)
    total = max(1, before + len(contributors))
    size = 1 if at_once == 1 else at_once * STRETCH
    with ThreadPoolExecutor(at_once) as pool:
        for first in range(0, len(contributors), size):
            stretch = contributors[first : first + size]
            for state in _pay_all(this, stretch, pool if at_once > 1 else None):
                _count(tally, state)
            # Everybody up to here was looked at: a run that is cut off goes on behind them.
            number = before + first + len(stretch)
            if number * 100 // total > (number - len(stretch)) * 100 // total:
                _remember(paying.db, run_id, number, stretch[-1])
                progress(100 * number // total)
    _end(paying.db, run_id, tally)
    return tally


def _pay_all(
    this: _Run, stretch: Sequence[str], pool: ThreadPoolExecutor | None
) -> list[PayoutState | None]:
    """Pay some contributors, in a pool or one after the other; return what came of each."""
    if pool is None:
        return [_pay(this, user_id) for user_id in stretch]
    begun: list[Future[PayoutState | None]] = []
    try:
        for user_id in stretch:
            begun.append(pool.submit(copy_context().run, _pay, this, user_id))
    finally:
        wait(begun)
    states: list[PayoutState | None] = []
    for user_id, future in zip(stretch, begun, strict=True):
        try:
            states.append(future.result())
        except _Later:
            # All others have ended by now.
            states.append(_pay(this, user_id))
    return states


def _pay(this: _Run, user_id: str) -> PayoutState | None:
    """Pay a contributor; return what came of it, None where something holds it."""
    with this.paying.db.unit_of_work(write=False):
        # A closed account is paid no more: its owner was paid before, or gave the rest up.
        closed = users.user(user_id) is None
        standing = queries.standing(user_id, this.paying.terms, again=this.again)
        known = queries.account(user_id)
    cents = standing.payable_cents
    if closed or not cents or known is None:
        return None
    try:
        if known.refreshed_at is None or known.refreshed_at < now() - FRESH:
            with this.paying.db.unit_of_work():
                if not service.refresh(this.paying.gateway, user_id):
                    return None
        if not this.available.take(cents, standing.owed.currency):
            service.wait(this.paying.db, user_id)
            return None
    except GatewayError as error:
        log.warning("account unknown", error=type(error).__name__)
        return PayoutState.INTENDED
    used = 0
    try:
        intended = _intend(this, user_id)
        if intended is None:
            return None
        used = intended.cents
        return _deliver(this.paying, intended)
    finally:
        this.available.done(cents - used)


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


def _count(tally: Tally, state: PayoutState | None) -> None:
    tally.sent += state is PayoutState.SENT
    tally.refused += state is PayoutState.REFUSED
    tally.unknown += state is PayoutState.INTENDED


def _intend(this: _Run, user_id: str) -> PayoutView | None:
    """Write down that a contributor is to be paid; None where something holds it."""
    with this.paying.db.unit_of_work():
        settlement.settle(user_id)
        standing = queries.standing(user_id, this.paying.terms, again=this.again)
        account = queries.account(user_id)
        if not standing.held.sends or account is None or account.account_id is None:
            return None
        payout_id = new_id()
        payout = Payout(
            id=payout_id,
            user_id=user_id,
            account_id=account.account_id,
            cents=standing.payable_cents,
            currency=standing.owed.currency,
            state=PayoutState.INTENDED,
            key=f"payout:{payout_id}",
            at=now(),
            run_id=this.id,
        )
        session().add(payout)
        session().flush()
        micros = payout.cents * MICROS_PER_CENT
        lines = {accounts.contributor(user_id): micros, accounts.transit(payout_id): -micros}
        ledger.post("payout", payout.key, payout.currency, lines)
        return queries.payout_view(payout)


def _send(paying: Paying, payout_id: str) -> PayoutState:
    with paying.db.unit_of_work(write=False):
        payout = queries.payout(payout_id)
    return _deliver(paying, payout)


def _deliver(paying: Paying, payout: PayoutView) -> PayoutState:
    """Send a payout whose intent is committed, and book what the provider says."""
    if payout.state is not PayoutState.INTENDED:
        return payout.state
    try:
        transfer = _transferred(paying.gateway, payout)
    except GatewayRefused as error:
        return _refused(paying, payout, error)
    except GatewayError as error:
        log.warning("payout without an answer", payout=payout.id, error=type(error).__name__)
        return PayoutState.INTENDED
    return _confirm(paying.db, payout.id, transfer)


def _refused(paying: Paying, payout: PayoutView, error: GatewayRefused) -> PayoutState:
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
    return ask_once(
        payout.at,
        lambda: gateway.transfer(
            payout.account_id,
            payout.cents,
            payout.amount.currency,
            payout.id,
            payout.key,
            {"payout": payout.id},
        ),
        lambda: next(iter(gateway.transfers_in_group(payout.id)), None),
    )


def _confirm(db: Database, payout_id: str, transfer: Transfer) -> PayoutState:
    with db.unit_of_work():
        payout = _locked(payout_id)
        if payout.state == PayoutState.INTENDED:
            payout.state = next_state(PayoutState(payout.state), PayoutEvent.SEND)
            payout.transfer_id, payout.ended_at = transfer.id, now()
            micros = payout.cents * MICROS_PER_CENT
            lines = {accounts.transit(payout_id): micros, accounts.PROVIDER: -micros}
            ledger.post("transfer", f"transfer:{payout_id}", payout.currency, lines)
            audit.record("system", "send-payout", "payout", payout_id, cents=payout.cents)
            service.waits_no_more(payout.user_id)
        return PayoutState(payout.state)


def _refuse(db: Database, payout_id: str, reason: str) -> PayoutState:
    with db.unit_of_work():
        payout = _locked(payout_id)
        if payout.state == PayoutState.INTENDED:
            payout.state = next_state(PayoutState(payout.state), PayoutEvent.REFUSE)
            payout.reason, payout.ended_at = reason[:80], now()
            ledger.reverse(payout.key, "payout-refused", f"payout-refused:{payout_id}")
            audit.record("system", "refuse-payout", "payout", payout_id)
        return PayoutState(payout.state)


def _locked(payout_id: str) -> Payout:
    chosen = select(Payout).where(Payout.id == payout_id).with_for_update()
    return session().scalars(chosen.execution_options(populate_existing=True)).one()


def install_worker(handlers: Handlers, paying: Paying) -> None:
    """Tell the worker how to pay."""

    def pay(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        again, name = bool(payload["again"]), payload.get("run")
        at_once = 1 if has_one_writer(paying.db.engine) else AT_ONCE
        tally = run(paying, progress, again=again, name=name, at_once=at_once)
        log.info("payout run", sent=tally.sent, refused=tally.refused, unknown=tally.unknown)
        if tally.unknown:
            raise OutcomeUnknown

    handlers.add(service.PAYOUTS_JOB, pay)
