"""Markets that are broken in one way each, for the state machine to tell from the whole one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.ledger import accounts
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.orders import locking as rows
from app.orders import paying
from app.orders import queries as orders
from app.orders.models import Order, Refund
from app.payments import intents
from app.payments.gateway import CheckoutSession, GatewayRefused, GatewayUnavailable, Transfer
from app.payments.stripe_gateway import StripeGateway
from app.payouts import sending
from app.payouts.states import PayoutState
from app.reconciliation import bank_payouts as bank
from app.refunds import disputes as disputing
from app.refunds import service as refunding

Break = Callable[[pytest.MonkeyPatch], None]
CENT = 10_000


def _around(patch: pytest.MonkeyPatch, where: Any, name: str, made: Callable[..., Any]) -> None:
    """Put a function in place of another one, which it gets as its first argument."""
    real = getattr(where, name)
    patch.setattr(where, name, lambda *args, **more: made(real, *args, **more))


def payouts_booked_twice(patch: pytest.MonkeyPatch) -> None:
    def confirm(real: Any, db: Any, payout_id: str, transfer: Transfer) -> PayoutState:
        state: PayoutState = real(db, payout_id, transfer)
        micros = transfer.amount_cents * CENT
        with db.unit_of_work():
            lines = {accounts.transit(payout_id): micros, accounts.PROVIDER: -micros}
            ledger.post("transfer", f"transfer-again:{payout_id}", "EUR", lines)
        return state

    _around(patch, sending, "_confirm", confirm)


def unpaid_orders_granted(patch: pytest.MonkeyPatch) -> None:
    def seen(real: Any, *args: Any) -> CheckoutSession:
        known: CheckoutSession = real(*args)
        fee = known.fee_cents or 0
        return replace(known, payment_status="paid", fee_cents=fee, settled_in=known.currency)

    _around(patch, rows, "seen", seen)


def payouts_sent_again_with_a_new_key(patch: pytest.MonkeyPatch) -> None:
    def transfer(real: Any, self: Any, account: str, cents: int, *more: Any) -> Transfer:
        currency, group, key, labels = more
        try:
            return real(self, account, cents, currency, group, key, labels)  # type: ignore[no-any-return]
        except GatewayUnavailable:
            return real(self, account, cents, currency, group, f"{key}:again", labels)  # type: ignore[no-any-return]

    _around(patch, StripeGateway, "transfer", transfer)


def silence_taken_for_a_no(patch: pytest.MonkeyPatch) -> None:
    def transfer(real: Any, *args: Any) -> Transfer:
        try:
            return real(*args)  # type: ignore[no-any-return]
        except GatewayUnavailable as error:
            raise GatewayRefused("no answer is no") from error

    _around(patch, StripeGateway, "transfer", transfer)


def old_keys_trusted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(intents, "KEY_LIFE", timedelta(days=9_999))


def refunds_not_booked(patch: pytest.MonkeyPatch) -> None:
    def book(_real: Any, _order: Order, row: Refund) -> None:
        row.booked = True

    _around(patch, refunding, "_book", book)


def messages_acted_on_twice(patch: pytest.MonkeyPatch) -> None:
    def pay(real: Any, order: Order, seen: CheckoutSession) -> None:
        real(order, seen)
        lines = ledger_queries.lines(f"sale:{order.id}")
        ledger.post("sale", f"sale:{order.id}:again", order.currency, lines)

    _around(patch, paying, "_pay", pay)


def disputes_overlooked(patch: pytest.MonkeyPatch) -> None:
    _around(patch, disputing, "apply", lambda _real, _dispute: True)


def failed_refunds_stay_refunds(patch: pytest.MonkeyPatch) -> None:
    _around(patch, refunding, "_fail", lambda _real, _order, _row: None)


def what_was_spent_may_be_spent_again(patch: pytest.MonkeyPatch) -> None:
    _around(patch, orders, "spent_from", lambda _real, _account: 0)


def withdrawals_overlooked(patch: pytest.MonkeyPatch) -> None:
    _around(patch, bank, "apply", lambda _real, _seen: None)


TWICE = "was sent . times|was given . times|carried out and counts as refused"
MISSING = "provider holds|only-at-provider|only-in-book"

#: Each with the words of a promise that it breaks.
MUTANTS: dict[Break, str] = {
    payouts_booked_twice: "not on its way as it should",
    unpaid_orders_granted: "without a charge",
    payouts_sent_again_with_a_new_key: TWICE,
    silence_taken_for_a_no: TWICE,
    old_keys_trusted: TWICE,
    refunds_not_booked: "in the book: False",
    messages_acted_on_twice: "is the sale of no order",
    disputes_overlooked: MISSING,
    failed_refunds_stay_refunds: MISSING,
    what_was_spent_may_be_spent_again: "earned .* is not",
    withdrawals_overlooked: MISSING,
}
