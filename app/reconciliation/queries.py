"""The comparisons with the provider, and what was moved to the market's own bank."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.db import session
from app.core.errors import NotFound
from app.reconciliation.differences import Difference, Kind
from app.reconciliation.models import BankPayout, Handover, Reconciliation
from pricing.money import Money


@dataclass(frozen=True)
class ReconciliationView:
    """One comparison of the book with the provider.

    Attributes
    ----------
    owed : mapping of str to int, optional
        What was owed to others then, in millionths, by kind of account.
    """

    at: datetime
    book: Money
    provider: Money
    matched: int
    differences: tuple[Difference, ...]
    available: Money | None = None
    pending: Money | None = None
    owed: Mapping[str, int] | None = None

    @property
    def agrees(self) -> bool:
        """Whether nothing differs, in the lines and in the total."""
        return not self.differences and self.book == self.provider


@dataclass(frozen=True)
class WithdrawalView:
    """The market's own money on its way to its bank, as the provider tells it."""

    id: str
    amount: Money
    status: str
    at: datetime


@dataclass(frozen=True)
class HandoverView:
    """What contributors gave away, handed over."""

    amount: Money
    to_whom: str
    reference: str
    at: datetime


def latest_reconciliation() -> ReconciliationView | None:
    """Return the latest comparison of the book with the provider."""
    found = latest_reconciliations(1)
    return found[0] if found else None


def latest_reconciliations(limit: int = 30) -> tuple[ReconciliationView, ...]:
    """Return the latest comparisons of the book with the provider, newest first."""
    chosen = select(Reconciliation).order_by(Reconciliation.at.desc(), Reconciliation.id)
    return tuple(_reconciliation(row) for row in session().scalars(chosen.limit(limit)))


def _reconciliation(row: Reconciliation) -> ReconciliationView:
    def money(micros: int | None) -> Money | None:
        return None if micros is None else Money(micros, row.currency)

    return ReconciliationView(
        row.at,
        Money(row.book_micros, row.currency),
        Money(row.provider_micros, row.currency),
        row.matched,
        tuple(Difference(**one) for one in json.loads(row.differences)),
        money(row.available_micros),
        money(row.pending_micros),
        None if row.owed is None else json.loads(row.owed),
    )


def unbooked(movement_id: str) -> Difference:
    """Return the difference about a movement that only the provider has.

    Raises
    ------
    NotFound
        When the latest comparison does not have it.
    """
    view = latest_reconciliation()
    for each in view.differences if view else ():
        if each.movement_id == movement_id and each.kind == Kind.ONLY_AT_PROVIDER:
            return each
    raise NotFound(_l("The latest comparison does not know that movement as unbooked."))


def withdrawals(limit: int = 30) -> tuple[WithdrawalView, ...]:
    """Return the latest payouts to the market's own bank."""
    chosen = select(BankPayout).order_by(BankPayout.at.desc(), BankPayout.id).limit(limit)
    return tuple(
        WithdrawalView(row.id, Money.from_cents(row.cents, row.currency), row.status, row.at)
        for row in session().scalars(chosen)
    )


def handovers(limit: int = 100) -> tuple[HandoverView, ...]:
    """Return the latest gifts that were handed over."""
    chosen = select(Handover).order_by(Handover.at.desc(), Handover.id).limit(limit)
    return tuple(
        HandoverView(Money.from_cents(row.cents, row.currency), row.to_whom, row.reference, row.at)
        for row in session().scalars(chosen)
    )
