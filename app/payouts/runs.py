"""Payout runs and what was taken back of payouts, for the operator's pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.catalog.price_lists import currency
from app.core.db import session
from app.payouts.models import Payout, PayoutReversal, PayoutRun
from app.payouts.states import PayoutState, ReversalState
from pricing.money import Money


@dataclass(frozen=True)
class RunView:
    """One time of paying everybody: how far it came, and what it sent."""

    id: str
    begun_at: datetime
    ended_at: datetime | None
    contributors: int
    looked_at: int
    unknown: int
    sent: int
    refused: int
    under_way: int
    amount: Money


@dataclass(frozen=True)
class ReversalView:
    """Money of a payout that the market took back, or tried to."""

    amount: Money
    state: ReversalState
    reason: str
    at: datetime


def latest_runs(limit: int = 10) -> tuple[RunView, ...]:
    """Return the latest payout runs, newest first."""
    chosen = select(PayoutRun).order_by(PayoutRun.begun_at.desc(), PayoutRun.id).limit(limit)
    return tuple(_run(row) for row in session().scalars(chosen))


def _run(row: PayoutRun) -> RunView:
    found = session().execute(
        select(Payout.state, func.count(), func.sum(Payout.cents))
        .where(Payout.run_id == row.id)
        .group_by(Payout.state)
    )
    by_state = {PayoutState(state): (count, int(cents)) for state, count, cents in found}
    sent, refused, waiting = (
        by_state.get(state, (0, 0))
        for state in (PayoutState.SENT, PayoutState.REFUSED, PayoutState.INTENDED)
    )
    return RunView(
        row.id,
        row.begun_at,
        row.ended_at,
        row.contributors,
        row.looked_at,
        row.unknown,
        sent[0],
        refused[0],
        waiting[0],
        Money.from_cents(sent[1], currency()),
    )


def reversals_of(payout_id: str) -> tuple[ReversalView, ...]:
    """Return what was taken back of a payout, oldest first."""
    chosen = select(PayoutReversal, Payout.currency).join(
        Payout, Payout.id == PayoutReversal.payout_id
    )
    found = session().execute(
        chosen.where(Payout.id == payout_id).order_by(PayoutReversal.at, PayoutReversal.id)
    )
    return tuple(
        ReversalView(
            Money.from_cents(row.cents, code), ReversalState(row.state), row.reason, row.at
        )
        for row, code in found
    )
