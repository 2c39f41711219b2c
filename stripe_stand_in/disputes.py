"""Disputes: a buyer's bank takes a charge back, and the platform wins or loses.

The bank's side is played on the page /disputes, for tests and demonstrations.
"""

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

#: What a bank asks for a dispute, in cents; kept whoever wins.
FEE = 1_500
#: So long the platform may answer.
ANSWER_SECONDS = 7 * 86_400
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
    "cancellation_rebuttal customer_communication customer_email_address customer_name "
    "customer_purchase_ip customer_signature duplicate_charge_documentation "
    "duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy "
    "refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation "
    "shipping_tracking_number uncategorized_file uncategorized_text"
).split()


def disputable(charge: Mapping[str, Any]) -> bool:
    """Return whether a bank may take a charge back, or the rest of it."""
    rest = charge["amount"] - charge["amount_refunded"]
    return charge["status"] == "succeeded" and not charge["disputed"] and rest > 0


def open_dispute(
    call: Call,
    charge_id: str,
    *,
    amount: int | None = None,
    reason: str = "fraudulent",
    fee: int = FEE,
    inquiry: bool = False,
) -> dict[str, Any]:
    """Take a charge back: the amount and a fee leave the platform's balance.

    Parameters
    ----------
    call : Call
        The request it belongs to.
    charge_id : str
        Of the charge.
    amount : int or None
        In cents; None for all that was not refunded.
    reason : str
        As the bank says it.
    fee : int
        What the bank asks for it, in cents.
    inquiry : bool
        Whether the bank asks first, which moves no money.

    Raises
    ------
    Problem
        For a charge that was given back or is disputed already, and for more than its rest.
    """
    charge = call.get("charge", charge_id)
    if not disputable(charge):
        raise Problem(f"Charge {charge_id} cannot be disputed any more.")
    rest = charge["amount"] - charge["amount_refunded"]
    amount = rest if amount is None else amount
    if not 0 < amount <= rest:
        raise Problem(f"Only {rest} of charge {charge_id} can be disputed.", param="amount")
    dispute = _dispute(call, charge, amount, reason)
    if inquiry:
        dispute.update(status="warning_needs_response", is_charge_refundable=True)
    charge["disputed"] = True
    call.tx.save(charge)
    call.tx.add("dispute", dispute, call.now, {"fee": fee})
    emit(call, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(call, dispute)
    return dispute


def _dispute(call: Call, charge: Mapping[str, Any], amount: int, reason: str) -> dict[str, Any]:
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": call.now + ANSWER_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }


def _withdraw(call: Call, dispute: dict[str, Any]) -> None:
    fee = call.tx.hidden(dispute["id"])["fee"]
    _move(call, dispute, -dispute["amount"], fee, "dispute")
    emit(call, "charge.dispute.funds_withdrawn", dispute)


def close_dispute(call: Call, identifier: str, *, won: bool) -> dict[str, Any]:
    """End a dispute; the amount comes back if the platform won, the fee does not.

    Raises
    ------
    Problem
        If the dispute has ended, or is an inquiry.
    """
    dispute = call.get("dispute", identifier)
    if dispute["status"] != "needs_response":
        raise Problem(f"This dispute is already closed: {identifier}.")
    dispute["status"] = "won" if won else "lost"
    call.tx.save(dispute)
    if won:
        _move(call, dispute, dispute["amount"], 0, "dispute_reversal")
        emit(call, "charge.dispute.funds_reinstated", dispute)
    emit(call, "charge.dispute.closed", dispute)
    return dispute


def end_inquiry(call: Call, identifier: str, *, escalated: bool) -> dict[str, Any]:
    """End an inquiry: the bank turns it into a dispute and takes the money, or drops it.

    Raises
    ------
    Problem
        If it is no open question, or no longer covered by the rest of the charge.
    """
    dispute = call.get("dispute", identifier)
    if dispute["status"] != "warning_needs_response":
        raise Problem(f"This dispute is no open inquiry: {identifier}.")
    if not escalated:
        dispute["status"] = "warning_closed"
        call.tx.save(dispute)
        emit(call, "charge.dispute.closed", dispute)
        return dispute
    charge = call.get("charge", dispute["charge"])
    if charge["amount"] - charge["amount_refunded"] < dispute["amount"]:
        raise Problem(f"Charge {charge['id']} was given back.")
    dispute.update(status="needs_response", is_charge_refundable=False)
    call.tx.save(dispute)
    emit(call, "charge.dispute.updated", dispute)
    _withdraw(call, dispute)
    return dispute


def _move(call: Call, dispute: dict[str, Any], amount: int, fee: int, category: str) -> None:
    currency = dispute["currency"]
    moved = move(call, "adjustment", amount, currency, dispute["id"], fee, category)
    dispute["balance_transactions"].append(moved)
    call.tx.save(dispute)


def get_dispute(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/disputes/{id}."""
    return call.get("dispute", identifier)


def list_disputes(call: Call) -> dict[str, Any]:
    """Answer GET /v1/disputes."""
    return page(call, "dispute", "charge", "payment_intent")


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/disputes",
        list_disputes,
        listing(created=CREATED, charge=Text(), payment_intent=Text()),
    ),
    Endpoint("GET", "/v1/disputes/<identifier>", get_dispute, Fields({"expand": EXPAND})),
)
