"""Compare the book's account of the provider with the provider's own list.

Every line of the account `provider` belongs to one movement of the provider's balance: a
sale to a charge, a refund to a refund, a payout's transfer to a transfer. They are paired by
the provider's names for them, and where a name is not known by kind and amount. What is left
over is written down with its class; nothing is repaired here.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.catalog.price_lists import currency
from app.core.clock import now
from app.core.db import Database, checkpoint, new_id, session
from app.core.permissions import Actor, Role, require
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.ledger import accounts
from app.ledger import queries as ledger
from app.orders import queries as orders
from app.payments.gateway import Balance, GatewayError, PaymentGateway
from app.payouts import queries
from app.payouts.errors import OutcomeUnknown
from app.reconciliation import cover as reserve
from app.reconciliation import queries as reconciliations
from app.reconciliation.differences import (
    BookLine,
    Difference,
    Kind,
    match,
)
from app.reconciliation.models import Reconciliation
from app.reconciliation.queries import ReconciliationView
from pricing.money import MICROS_PER_CENT

#: Kinds of transactions whose key holds the provider's name.
OWN_NAMES = ("dispute", "reinstatement", "withdrawal", "withdrawal-failed")
JOB = "reconcile"
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def compare(actor: Actor, gateway: PaymentGateway) -> ReconciliationView:
    """Compare, keep the result, return it.

    The book is read first: what it holds then, the provider has by the time it is asked.

    Raises
    ------
    Forbidden, GatewayUnavailable, GatewayRefused
    """
    require(actor, Role.OPERATOR)
    code = currency()
    lines, held = _book(code), ledger.balance(accounts.PROVIDER, code)
    owed = reserve.owed_by_account(code)
    checkpoint()
    balance = gateway.balance(code)
    movements = list(gateway.balance_transactions(BEGINNING))
    matched, differences = match(lines, movements, code)
    total = sum(each.net_cents for each in movements if each.currency == code)
    differences = (*differences, *_other_balance(balance, total))
    row = Reconciliation(
        id=new_id(),
        at=now(),
        currency=code,
        book_micros=held.micros,
        provider_micros=total * MICROS_PER_CENT,
        available_micros=balance.available_cents * MICROS_PER_CENT,
        pending_micros=balance.pending_cents * MICROS_PER_CENT,
        owed=json.dumps(owed, sort_keys=True),
        matched=matched,
        differences=json.dumps([asdict(one) for one in differences]),
    )
    session().add(row)
    session().flush()
    view = reconciliations.latest_reconciliation()
    if view is None:
        raise RuntimeError("a comparison was kept and is not there")
    return view


def _other_balance(balance: Balance, total_cents: int) -> tuple[Difference, ...]:
    """Say so where the provider's balance is not the sum of its movements."""
    held = balance.available_cents + balance.pending_cents
    if held == total_cents:
        return ()
    sums = (total_cents * MICROS_PER_CENT, held * MICROS_PER_CENT)
    return (Difference(Kind.OTHER_BALANCE, "balance", "", "", *sums, now().isoformat()),)


def _book(code: str) -> list[BookLine]:
    names: dict[str, str | None] = {}
    for order in orders.traced():
        names[f"sale:{order.order_id}"] = order.charge
    for refund in orders.refunds():
        names[f"refund:{refund.id}"] = refund.provider_id
        names[f"refund-failed:{refund.id}"] = refund.provider_id
    for payout_id, transfer in queries.transfers().items():
        names[f"transfer:{payout_id}"] = transfer
    for reversal_id, name in queries.reversals().items():
        names[f"reversal:{reversal_id}"] = name
    return [
        BookLine(
            each.key,
            each.kind,
            _name(each, names),
            each.amount.micros,
            each.at,
            each.key.split(":", 1)[1] if each.kind == "correction" else None,
        )
        for each in ledger.entries(accounts.PROVIDER, code)
    ]


def _name(entry: ledger.EntryView, names: dict[str, str | None]) -> str | None:
    if entry.kind in OWN_NAMES:
        # Booked under the provider's own name for it.
        return entry.key.split(":", 1)[1]
    return names.get(entry.key)


def schedule(db: Database) -> None:
    """Add the day's comparison with the provider."""
    with db.unit_of_work():
        jobs.enqueue(JOB, f"{JOB}:{now():%Y-%m-%d}", {})


def install_worker(
    handlers: Handlers, db: Database, gateway: PaymentGateway, system: Actor
) -> None:
    """Tell the worker how to compare."""

    def reconcile(_payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        try:
            with db.unit_of_work():
                compare(system, gateway)
        except GatewayError as error:
            raise OutcomeUnknown from error

    handlers.add(JOB, reconcile)
