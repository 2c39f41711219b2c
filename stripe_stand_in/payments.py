"""Payment intents and charges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stripe_stand_in.balance import move
from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import emit
from stripe_stand_in.listing import page
from stripe_stand_in.params import CREATED, EXPAND, Fields, Text, listing
from stripe_stand_in.problems import Problem
from stripe_stand_in.store import new_id


def charge_card(call: Call, session: Mapping[str, Any], hidden: Mapping[str, Any]) -> str:
    """Take the money of a session; return the payment intent's id."""
    intent, charge = _begun(call, session, hidden)
    _earn(call, intent, charge, "charge")
    return str(intent["id"])


def debit_bank(call: Call, session: Mapping[str, Any], hidden: Mapping[str, Any]) -> str:
    """Start a bank debit for a session, settled later; return the payment intent's id."""
    intent, charge = _begun(call, session, hidden)
    details = ("bank_code", "branch_code", "country", "fingerprint", "last4", "mandate")
    debit = {"type": "sepa_debit", "sepa_debit": dict.fromkeys(details)}
    charge.update(status="pending", paid=False, payment_method_details=debit)
    intent.update(status="processing", amount_received=0)
    call.tx.save(charge)
    call.tx.save(intent)
    emit(call, "charge.pending", charge)
    emit(call, "payment_intent.processing", intent)
    return str(intent["id"])


def settle_debit(call: Call, intent_id: str, *, succeeded: bool) -> None:
    """Let the bank pay, or not.

    Raises
    ------
    Problem
        When it has said so already, or was never asked.
    """
    intent = call.get("payment_intent", intent_id)
    if intent["status"] != "processing":
        raise Problem(f"This PaymentIntent has a status of {intent['status']}: {intent_id}.")
    charge = call.get("charge", intent["latest_charge"])
    if succeeded:
        charge.update(status="succeeded", paid=True)
        intent.update(status="succeeded", amount_received=intent["amount"])
        _earn(call, intent, charge, "payment")
        return
    message = "The customer's account has insufficient funds to cover this payment."
    charge.update(
        status="failed",
        amount_captured=0,
        captured=False,
        failure_code="insufficient_funds",
        failure_message=message,
    )
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = {
        "type": "card_error",
        "code": "payment_intent_payment_attempt_failed",
        "charge": charge["id"],
        "decline_code": "insufficient_funds",
        "message": message,
    }
    call.tx.save(charge)
    call.tx.save(intent)
    emit(call, "charge.failed", charge)
    emit(call, "payment_intent.payment_failed", intent)


def _begun(
    call: Call, session: Mapping[str, Any], hidden: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    intent = _intent(call, session, hidden)
    charge = _charge(call, intent)
    intent["latest_charge"] = charge["id"]
    call.tx.add("payment_intent", intent, call.now)
    call.tx.add("charge", charge, call.now)
    return intent, charge


def _earn(call: Call, intent: dict[str, Any], charge: dict[str, Any], kind: str) -> None:
    fee = call.config.fee(charge["amount"])
    paid = move(call, kind, charge["amount"], charge["currency"], charge["id"], fee)
    charge["balance_transaction"] = paid["id"]
    call.tx.save(charge)
    call.tx.save(intent)
    emit(call, "charge.succeeded", charge)
    emit(call, "payment_intent.succeeded", intent)


def _intent(call: Call, session: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_received": session["amount_total"],
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": call.now,
        "currency": session["currency"],
        "customer": None,
        "description": hidden.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": hidden.get("metadata", {}),
        "next_action": None,
        "payment_method": None,
        "payment_method_types": session["payment_method_types"],
        "processing": None,
        "receipt_email": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": hidden.get("transfer_group"),
    }


def _charge(call: Call, intent: Mapping[str, Any]) -> dict[str, Any]:
    nobody = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "balance_transaction": None,
        "billing_details": nobody,
        "captured": True,
        "created": call.now,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": None,
        "receipt_email": None,
        "receipt_url": None,
        "refunded": False,
        "status": "succeeded",
        "transfer_group": intent["transfer_group"],
    }


def get_intent(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/payment_intents/{id}."""
    return call.get("payment_intent", identifier)


def list_intents(call: Call) -> dict[str, Any]:
    """Answer GET /v1/payment_intents."""
    return page(call, "payment_intent")


def get_charge(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/charges/{id}."""
    return call.get("charge", identifier)


def list_charges(call: Call) -> dict[str, Any]:
    """Answer GET /v1/charges."""
    return page(call, "charge", "payment_intent", "transfer_group")


_ONE = Fields({"expand": EXPAND})

ENDPOINTS = (
    Endpoint("GET", "/v1/payment_intents", list_intents, listing(created=CREATED)),
    Endpoint("GET", "/v1/payment_intents/<identifier>", get_intent, _ONE),
    Endpoint(
        "GET",
        "/v1/charges",
        list_charges,
        listing(created=CREATED, payment_intent=Text(), transfer_group=Text()),
    ),
    Endpoint("GET", "/v1/charges/<identifier>", get_charge, _ONE),
)
