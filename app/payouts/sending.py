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
from app.payouts import queries, service, settlement
from app.payouts.errors import OutcomeUnknown
from app.payouts.models import Payout
from app.payouts.queries import Held, PayoutView, Terms
from app.payouts.states import Event, State, next_state
from app.users import queries as users
from pricing.money import MICROS_PER_CENT

#: The provider forgets a key after a day: older ones are looked up before they are sent again.
KEY_LIFE = timedelta(hours=23)
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


def run(
    paying: Paying, progress: Callable[[int], None] = lambda _: None, *, again: bool = False
) -> Tally:
    """Settle all, finish what is under way, then pay everybody who can be paid.

    Parameters
    ----------
    again : bool
        Try even those whom the provider refused within the last day.
    """
    tally = Tally()
    settlement.settle_all(paying.db)
    with paying.db.unit_of_work(write=False):
        started, contributors = queries.under_way(), queries.contributors()
    for payout_id in started:
        _count(tally, _send(paying, payout_id))
    for number, user_id in enumerate(contributors, 1):
        try:
            intended = _intend(paying, user_id, again=again)
        except GatewayError as error:
            log.warning("account unknown", error=type(error).__name__)
            tally.unknown += 1
            continue
        if intended is not None:
            _count(tally, _send(paying, intended))
        progress(100 * number // len(contributors))
    return tally


def _count(tally: Tally, state: State) -> None:
    tally.sent += state is State.SENT
    tally.refused += state is State.REFUSED
    tally.unknown += state is State.INTENDED


def _intend(paying: Paying, user_id: str, *, again: bool) -> str | None:
    """Write down that a contributor is to be paid; None where something holds it."""
    with paying.db.unit_of_work(write=False):
        # A closed account is paid no more: its owner was paid before, or gave the rest up.
        closed = users.user(user_id) is None
        cents = queries.standing(user_id, paying.terms, again=again).payable_cents
        code = queries.currency()
    if closed or not cents:
        return None
    with paying.db.unit_of_work():
        if not service.refresh(paying.gateway, user_id):
            return None
    if paying.gateway.available_balance(code) < cents:
        log.info("payout waits for the available balance")
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
        )
        session().add(payout)
        session().flush()
        micros = payout.cents * MICROS_PER_CENT
        lines = {accounts.contributor(user_id): micros, accounts.transit(payout_id): -micros}
        ledger.post("payout", payout.key, payout.currency, lines)
    return payout_id


def _send(paying: Paying, payout_id: str) -> State:
    with paying.db.unit_of_work(write=False):
        payout = queries.payout(payout_id)
    if payout.state is not State.INTENDED:
        return payout.state
    try:
        transfer = _transferred(paying.gateway, payout)
    except GatewayRefused as error:
        return _refuse(paying.db, payout_id, error.code or type(error).__name__)
    except GatewayError as error:
        log.warning("payout without an answer", payout=payout_id, error=type(error).__name__)
        return State.INTENDED
    return _confirm(paying.db, payout_id, transfer)


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
        tally = run(paying, progress, again=bool(payload["again"]))
        log.info("payout run", sent=tally.sent, refused=tally.refused, unknown=tally.unknown)
        if tally.unknown:
            raise OutcomeUnknown
