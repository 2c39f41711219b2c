"""Stripe's answers and messages, read into the market's own values.

Plain dictionaries in, frozen values out; fields that Stripe may leave out are expected to be
absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.payments.errors import WebhookInvalid
from app.payments.gateway import (
    BalanceTransaction,
    BankPayout,
    CheckoutSession,
    ConnectedAccount,
    Dispute,
    EventKind,
    ProviderEvent,
    ProviderRefund,
    Reversal,
    Transfer,
)

_Plain = Mapping[str, Any]

_KINDS = {
    "checkout.session.completed": EventKind.CHECKOUT_COMPLETED,
    "checkout.session.async_payment_succeeded": EventKind.CHECKOUT_COMPLETED,
    "checkout.session.async_payment_failed": EventKind.CHECKOUT_FAILED,
    "checkout.session.expired": EventKind.CHECKOUT_EXPIRED,
    "charge.refunded": EventKind.CHARGE_REFUNDED,
    "refund.created": EventKind.REFUND_CHANGED,
    "refund.updated": EventKind.REFUND_CHANGED,
    "refund.failed": EventKind.REFUND_CHANGED,
    "charge.refund.updated": EventKind.REFUND_CHANGED,
    "transfer.created": EventKind.TRANSFER_CHANGED,
    "transfer.updated": EventKind.TRANSFER_CHANGED,
    "transfer.reversed": EventKind.TRANSFER_CHANGED,
    "account.updated": EventKind.ACCOUNT_CHANGED,
    "capability.updated": EventKind.ACCOUNT_CHANGED,
    "account.application.deauthorized": EventKind.ACCOUNT_CHANGED,
    "account.external_account.created": EventKind.ACCOUNT_CHANGED,
    "account.external_account.updated": EventKind.ACCOUNT_CHANGED,
}


def session(plain: _Plain) -> CheckoutSession:
    """Read a Checkout Session, its payment expanded or not."""
    intent = plain.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    movement = charge.get("balance_transaction") if isinstance(charge, Mapping) else None
    return CheckoutSession(
        id=plain["id"],
        order_id=plain.get("client_reference_id"),
        url=plain.get("url"),
        status=plain["status"],
        payment_status=plain["payment_status"],
        amount_total_cents=plain["amount_total"],
        currency=plain["currency"].upper(),
        payment_intent=_id(intent),
        charge=_id(charge),
        fee_cents=movement["fee"] if isinstance(movement, Mapping) else None,
        settled_in=movement["currency"].upper() if isinstance(movement, Mapping) else None,
        intent_status=intent["status"] if isinstance(intent, Mapping) else None,
    )


def refund(plain: _Plain) -> ProviderRefund:
    """Read a refund."""
    return ProviderRefund(
        id=plain["id"],
        payment_intent=_id(plain.get("payment_intent")),
        charge=_id(plain.get("charge")),
        amount_cents=plain["amount"],
        currency=plain["currency"].upper(),
        status=plain.get("status") or "pending",
        moved=plain.get("balance_transaction") is not None,
        returned=plain.get("failure_balance_transaction") is not None,
        metadata=dict(plain.get("metadata") or {}),
    )


def dispute(plain: _Plain) -> Dispute:
    """Read a dispute with the movements of money it caused."""
    nets = [int(each["net"]) for each in plain.get("balance_transactions") or []]
    return Dispute(
        id=plain["id"],
        payment_intent=_id(plain.get("payment_intent")),
        charge=_id(plain.get("charge")),
        amount_cents=plain["amount"],
        currency=plain["currency"].upper(),
        status=plain["status"],
        withdrawn_cents=-sum(net for net in nets if net < 0),
        reinstated_cents=sum(net for net in nets if net > 0),
    )


def account(plain: _Plain) -> ConnectedAccount:
    """Read an account by the one capability that decides whether it can be paid."""
    found: Any = plain
    for name in ("configuration", "recipient", "capabilities", "stripe_balance"):
        found = (found or {}).get(name)
    transfers = (found or {}).get("stripe_transfers") or {}
    return ConnectedAccount(
        id=plain["id"],
        status=transfers.get("status", "pending"),
        closed=bool(plain.get("closed")),
    )


def transfer(plain: _Plain) -> Transfer:
    """Read a transfer."""
    return Transfer(
        id=plain["id"],
        account_id=_id(plain.get("destination")) or "",
        amount_cents=plain["amount"],
        reversed_cents=plain["amount_reversed"],
        currency=plain["currency"].upper(),
        group=plain.get("transfer_group"),
        metadata=dict(plain.get("metadata") or {}),
    )


def reversal(plain: _Plain) -> Reversal:
    """Read money of a transfer that came back."""
    return Reversal(plain["id"], plain["amount"], dict(plain.get("metadata") or {}))


def bank_payout(plain: _Plain) -> BankPayout:
    """Read a payout to the platform's own bank."""
    return BankPayout(
        id=plain["id"],
        amount_cents=plain["amount"],
        currency=plain["currency"].upper(),
        status=plain["status"],
        created=datetime.fromtimestamp(plain["created"], UTC),
        moved=plain.get("balance_transaction") is not None,
        returned=plain.get("failure_balance_transaction") is not None,
    )


def balance_transaction(plain: _Plain) -> BalanceTransaction:
    """Read a movement of the balance."""
    return BalanceTransaction(
        id=plain["id"],
        type=plain["type"],
        amount_cents=plain["amount"],
        fee_cents=plain["fee"],
        net_cents=plain["net"],
        currency=plain["currency"].upper(),
        source_id=_id(plain.get("source")),
        created=datetime.fromtimestamp(plain["created"], UTC),
        available=plain["status"] == "available",
    )


def event_of_payload(payload: bytes) -> ProviderEvent:
    """Read a message whose signature has been verified.

    Raises
    ------
    WebhookInvalid
        If it is not an event.
    """
    try:
        plain = json.loads(payload)
        if plain.get("object") == "v2.core.event":
            return thin_event(plain)
        return event(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WebhookInvalid("a signed message that is not an event") from error


def event(plain: _Plain) -> ProviderEvent:
    """Read a snapshot event."""
    about = plain["data"]["object"]
    metadata = {str(k): str(v) for k, v in (about.get("metadata") or {}).items()}
    kind = _KINDS.get(plain["type"], EventKind.OTHER)
    if plain["type"].startswith("charge.dispute."):
        kind = EventKind.DISPUTE_CHANGED
    if plain["type"].startswith("payout."):
        kind = EventKind.BANK_PAYOUT_CHANGED
    order = about.get("client_reference_id") or metadata.get("order_id")
    return ProviderEvent(
        id=plain["id"],
        type=plain["type"],
        kind=kind,
        object_id=str(about.get("id") or ""),
        livemode=bool(plain["livemode"]),
        created=datetime.fromtimestamp(plain["created"], UTC),
        order_id=order,
        payment_intent=_id(about.get("payment_intent")),
        metadata=metadata,
        account=plain.get("account"),
    )


def thin_event(plain: _Plain) -> ProviderEvent:
    """Read a thin event: what to look at, without its contents."""
    account_event = plain["type"].startswith("v2.core.account")
    return ProviderEvent(
        id=plain["id"],
        type=plain["type"],
        kind=EventKind.ACCOUNT_CHANGED if account_event else EventKind.OTHER,
        object_id=str((plain.get("related_object") or {}).get("id") or ""),
        livemode=bool(plain["livemode"]),
        created=datetime.fromisoformat(plain["created"]),
        order_id=None,
        payment_intent=None,
        metadata={},
    )


def _id(value: Any) -> str | None:
    """Return the id of something that may be expanded, absent or null."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return None if value is None else str(value)
