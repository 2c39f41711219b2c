"""Refunds: made, pending, done, failed or canceled; what fails comes back to the balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stripe_stand_in.balance import move
from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import emit
from stripe_stand_in.listing import page
from stripe_stand_in.params import CREATED, EXPAND, Fields, Labels, Text, Whole, listing
from stripe_stand_in.problems import Problem
from stripe_stand_in.store import new_id

#: The setting that says whether new refunds "succeed" at once or "pend".
MANNER = "refunds"

FAILURES = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)


def create_refund(call: Call) -> dict[str, Any]:
    """Answer POST /v1/refunds: part of a charge, or all that is left of it."""
    charge = _charge_to_refund(call)
    left = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise Problem(f"Charge {charge['id']} was not paid.", code="charge_not_refundable")
    if charge["disputed"] and not _won(call, charge["id"]):
        raise Problem(f"Charge {charge['id']} is disputed.", code="charge_disputed")
    if left == 0:
        raise Problem(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = call.params.get("amount", left)
    if amount > left:
        raise Problem(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    refund = _refund(call, charge, amount)
    refund["balance_transaction"] = move(
        call, _kind(charge), -amount, charge["currency"], refund["id"]
    )["id"]
    call.tx.add("refund", refund, call.now)
    _count(call, charge, amount)
    emit(call, "refund.created", refund)
    emit(call, "charge.refunded", charge)
    return refund


def _refund(call: Call, charge: Mapping[str, Any], amount: int) -> dict[str, Any]:
    pends = call.tx.setting(MANNER, "succeed") == "pend"
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "metadata": call.params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        **({"pending_reason": "processing"} if pends else {}),
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if pends else "succeeded",
        "transfer_reversal": None,
    }


def _won(call: Call, charge_id: str) -> bool:
    """Return whether no dispute of a charge is open or lost; an inquiry takes nothing."""
    row = call.tx.sql.execute(
        "SELECT count(*) FROM objects WHERE kind = 'dispute' "
        "AND json_extract(body, '$.charge') = ? AND json_extract(body, '$.status') "
        "NOT IN ('won', 'warning_needs_response', 'warning_closed')",
        (charge_id,),
    ).fetchone()
    return bool(row[0] == 0)


def _kind(charge: Mapping[str, Any]) -> str:
    """Return the type of a refund's movement, which says what was paid with."""
    return "payment_refund" if "payment_method_details" in charge else "refund"


def _count(call: Call, charge: dict[str, Any], amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.tx.save(charge)


def _charge_to_refund(call: Call) -> dict[str, Any]:
    named = [name for name in ("payment_intent", "charge") if name in call.params]
    if len(named) != 1:
        raise Problem("Name one of charge and payment_intent.", code="parameter_missing")
    if named == ["charge"]:
        return call.named("charge", "charge")
    intent = call.named("payment_intent", "payment_intent")
    return call.get("charge", intent["latest_charge"])


def end_refund(
    call: Call, identifier: str, *, succeeded: bool, reason: str = "expired_or_canceled_card"
) -> dict[str, Any]:
    """Record that the buyer's bank accepted a refund, or rejected it.

    Raises
    ------
    Problem
        If its status forbids it: only a pending refund can succeed, only a pending or succeeded
        one can fail.
    """
    refund = call.get("refund", identifier)
    if refund["status"] not in (("pending",) if succeeded else ("pending", "succeeded")):
        raise Problem(f"Refund {identifier} has a status of {refund['status']}.")
    if not succeeded:
        refund["failure_reason"] = reason
    return _ended(call, refund, "succeeded" if succeeded else "failed")


def cancel_refund(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v1/refunds/{id}/cancel: only while it is pending."""
    refund = call.get("refund", identifier)
    if refund["status"] != "pending":
        raise Problem(f"Refund {identifier} has a status of {refund['status']}.")
    return _ended(call, refund, "canceled")


def _ended(call: Call, refund: dict[str, Any], status: str) -> dict[str, Any]:
    refund["status"] = status
    refund.pop("pending_reason", None)
    if status != "succeeded":
        back = move(call, "refund_failure", refund["amount"], refund["currency"], refund["id"])
        refund["failure_balance_transaction"] = back["id"]
        _count(call, call.get("charge", refund["charge"]), -refund["amount"])
    call.tx.save(refund)
    emit(call, "refund.updated", refund)
    if status == "failed":
        emit(call, "refund.failed", refund)
    emit(call, "charge.refund.updated", refund)
    return refund


def get_refund(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/refunds/{id}."""
    return call.get("refund", identifier)


def list_refunds(call: Call) -> dict[str, Any]:
    """Answer GET /v1/refunds."""
    return page(call, "refund", "charge", "payment_intent")


_ONE = Fields({"expand": EXPAND})

ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/refunds",
        list_refunds,
        listing(created=CREATED, charge=Text(), payment_intent=Text()),
    ),
    Endpoint("GET", "/v1/refunds/<identifier>", get_refund, _ONE),
    Endpoint("POST", "/v1/refunds/<identifier>/cancel", cancel_refund, _ONE),
    Endpoint(
        "POST",
        "/v1/refunds",
        create_refund,
        Fields(
            {
                "amount": Whole(1),
                "charge": Text(),
                "payment_intent": Text(),
                "metadata": Labels(),
                "reason": Text(choices=("duplicate", "fraudulent", "requested_by_customer")),
                "expand": EXPAND,
            }
        ),
    ),
)
