"""Compare the book's account of the provider with the provider's own list.

Every line of the account `provider` belongs to one movement of the provider's balance: a
sale to a charge, a refund to a refund, a payout's transfer to a transfer. They are paired by
the provider's names for them, and where a name is not known by kind and amount. What is left
over is written down with its class; nothing is repaired here.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.core import jobs
from app.core.clock import now
from app.core.db import Database, checkpoint, new_id, session
from app.core.permissions import Actor, Role, require
from app.ledger import accounts
from app.ledger import queries as ledger
from app.orders import queries as orders
from app.payments.gateway import BalanceTransaction, GatewayError, PaymentGateway
from app.payouts import queries, service
from app.payouts.errors import OutcomeUnknown
from app.payouts.models import Reconciliation
from app.payouts.queries import Difference, ReconciliationView
from pricing.money import MICROS_PER_CENT, Money

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
#: The provider's words for what each kind of our transactions is there.
TYPES = {
    "sale": ("charge", "payment"),
    "refund": ("refund", "payment_refund"),
    "refund-failed": ("refund_failure", "payment_failure_refund"),
    "transfer": ("transfer",),
    "dispute": ("adjustment",),
    "reinstatement": ("adjustment",),
}


class Kind(StrEnum):
    """How the book and the provider can disagree."""

    ONLY_IN_BOOK = "only-in-book"
    ONLY_AT_PROVIDER = "only-at-provider"
    OTHER_AMOUNT = "other-amount"


@dataclass(frozen=True)
class BookLine:
    """A line of the account `provider`.

    Attributes
    ----------
    source_id : str or None
        The provider's name for what it stands for, where we know it.
    """

    key: str
    kind: str
    source_id: str | None
    micros: int
    at: datetime


def match(
    book: Iterable[BookLine], movements: Iterable[BalanceTransaction]
) -> tuple[int, tuple[Difference, ...]]:
    """Pair lines with movements; return how many pairs agree, and every difference."""
    left = {each.id: each for each in movements}
    by_source: dict[str, list[BalanceTransaction]] = {}
    for each in left.values():
        if each.source_id:
            by_source.setdefault(each.source_id, []).append(each)
    matched, differences, nameless = 0, [], []
    for line in book:
        if line.source_id is None:
            nameless.append(line)
            continue
        found = _best(line, [m for m in by_source.get(line.source_id, ()) if m.id in left])
        if found is None or left.pop(found.id, None) is None:
            differences.append(_difference(Kind.ONLY_IN_BOOK, line, None))
        elif _micros(found) == line.micros:
            matched += 1
        else:
            differences.append(_difference(Kind.OTHER_AMOUNT, line, found))
    for line in nameless:
        alike = next((each for each in left.values() if _alike(line, each)), None)
        if alike is None:
            differences.append(_difference(Kind.ONLY_IN_BOOK, line, None))
        else:
            del left[alike.id]
            matched += 1
    differences += [_difference(Kind.ONLY_AT_PROVIDER, None, each) for each in left.values()]
    return matched, tuple(differences)


def _best(line: BookLine, movements: list[BalanceTransaction]) -> BalanceTransaction | None:
    """Choose among the movements of one thing: a dispute takes money and may give it back."""
    same = (each for each in movements if _micros(each) == line.micros)
    return next(same, movements[0] if movements else None)


def _alike(line: BookLine, movement: BalanceTransaction) -> bool:
    return movement.type in TYPES.get(line.kind, ()) and _micros(movement) == line.micros


def _micros(movement: BalanceTransaction) -> int:
    return movement.net_cents * MICROS_PER_CENT


def _difference(
    kind: Kind, line: BookLine | None, movement: BalanceTransaction | None
) -> Difference:
    at = line.at if line else movement.created if movement else now()
    return Difference(
        kind,
        movement.type if movement else line.kind if line else "",
        line.key if line else "",
        (movement.source_id or movement.id) if movement else (line and line.source_id) or "",
        line.micros if line else 0,
        _micros(movement) if movement else 0,
        at.isoformat(),
    )


def compare(actor: Actor, gateway: PaymentGateway) -> ReconciliationView:
    """Compare, keep the result, return it.

    The book is read first: what it holds then, the provider has by the time it is asked.

    Raises
    ------
    Forbidden, GatewayUnavailable, GatewayRefused
    """
    require(actor, Role.OPERATOR)
    code = queries.currency()
    lines, held = _book(code), ledger.balance(accounts.PROVIDER, code)
    checkpoint()
    movements = [each for each in gateway.balance_transactions(BEGINNING) if each.currency == code]
    matched, differences = match(lines, movements)
    total = Money(sum(_micros(each) for each in movements), code)
    row = Reconciliation(
        id=new_id(),
        at=now(),
        currency=code,
        book_micros=held.micros,
        provider_micros=total.micros,
        matched=matched,
        differences=json.dumps([asdict(one) for one in differences]),
    )
    session().add(row)
    return ReconciliationView(row.at, held, total, matched, differences)


def _book(code: str) -> list[BookLine]:
    names: dict[str, str | None] = {}
    for order in orders.traced():
        names[f"sale:{order.order_id}"] = order.charge
    for refund in orders.refunds():
        names[f"refund:{refund.id}"] = refund.provider_id
        names[f"refund-failed:{refund.id}"] = refund.provider_id
    for payout_id, transfer in queries.transfers().items():
        names[f"transfer:{payout_id}"] = transfer
    return [
        BookLine(each.key, each.kind, _name(each, names), each.amount.micros, each.at)
        for each in ledger.entries(accounts.PROVIDER, code)
    ]


def _name(entry: ledger.EntryView, names: dict[str, str | None]) -> str | None:
    if entry.kind in ("dispute", "reinstatement"):
        # Booked under the provider's own name for the dispute.
        return entry.key.split(":", 1)[1]
    return names.get(entry.key)


def register(db: Database, gateway: PaymentGateway, system: Actor) -> None:
    """Tell the worker how to compare."""

    @jobs.handler(service.RECONCILE_JOB)
    def reconcile(_payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        try:
            with db.unit_of_work():
                compare(system, gateway)
        except GatewayError as error:
            raise OutcomeUnknown from error
