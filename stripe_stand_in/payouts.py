"""The platform's payouts to its own bank, and the settings of its balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stripe_stand_in.balance import available, move
from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import emit
from stripe_stand_in.listing import page
from stripe_stand_in.params import (
    CREATED,
    EXPAND,
    ByName,
    Fields,
    Labels,
    Several,
    Text,
    Truth,
    Whole,
    listing,
)
from stripe_stand_in.problems import Problem
from stripe_stand_in.store import new_id

_ARRIVAL_SECONDS = 2 * 86_400
_SETTING = "balance_settings"

#: Outcome -> the statuses it may follow; a bank may send back what has arrived.
OUTCOMES = {
    "in_transit": ("pending",),
    "paid": ("pending", "in_transit"),
    "failed": ("pending", "in_transit", "paid"),
}


def new_payout(
    call: Call, amount: int, currency: str, *, given: Mapping[str, Any], automatic: bool
) -> dict[str, Any]:
    """Return a payout that has moved nothing yet."""
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": call.now + _ARRIVAL_SECONDS,
        "automatic": automatic,
        "balance_transaction": None,
        "created": call.now,
        "currency": currency,
        "description": given.get("description"),
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": given.get("statement_descriptor"),
        "status": "pending",
        "type": "bank_account",
    }


def create_payout(call: Call) -> dict[str, Any]:
    """Answer POST /v1/payouts: needs enough available balance."""
    amount, currency = call.params["amount"], call.params["currency"]
    if available(call, currency) < amount:
        raise Problem(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
        )
    payout = new_payout(call, amount, currency, given=call.params, automatic=False)
    payout["balance_transaction"] = move(call, "payout", -amount, currency, payout["id"])["id"]
    call.tx.add("payout", payout, call.now)
    emit(call, "payout.created", payout)
    return payout


def fail(payout: dict[str, Any]) -> None:
    """Mark a payout as sent back by the bank."""
    payout.update(
        status="failed",
        failure_code="account_closed",
        failure_message="The bank account has been closed",
    )


def end_payout(call: Call, identifier: str, outcome: str) -> dict[str, Any]:
    """Set a payout to "in_transit", "paid" or "failed"; a failed one returns to the balance.

    Raises
    ------
    Problem
        If the outcome cannot follow what has happened.
    """
    payout = call.get("payout", identifier)
    if payout["status"] not in OUTCOMES[outcome]:
        raise Problem(f"Payout {identifier} has a status of {payout['status']}.")
    if outcome == "failed":
        fail(payout)
        _come_back(call, payout, "payout_failure")
    payout["status"] = outcome
    call.tx.save(payout)
    emit(call, f"payout.{'updated' if outcome == 'in_transit' else outcome}", payout)
    return payout


def cancel_payout(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v1/payouts/{id}/cancel: only while it is pending."""
    payout = call.get("payout", identifier)
    if payout["status"] != "pending":
        raise Problem("Only pending payouts can be canceled.", code="payouts_not_allowed")
    payout["status"] = "canceled"
    _come_back(call, payout, "payout_cancel")
    call.tx.save(payout)
    emit(call, "payout.canceled", payout)
    return payout


def _come_back(call: Call, payout: dict[str, Any], kind: str) -> None:
    back = move(call, kind, payout["amount"], payout["currency"], payout["id"])
    payout["failure_balance_transaction"] = back["id"]


def get_payout(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/payouts/{id}."""
    return call.get("payout", identifier)


def list_payouts(call: Call) -> dict[str, Any]:
    """Answer GET /v1/payouts."""
    return page(call, "payout", "status")


def get_settings(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance_settings; the stand-in pays out only when it is asked to."""
    return dict(
        call.tx.setting(
            _SETTING,
            {
                "object": "balance_settings",
                "payments": {
                    "debit_negative_balances": True,
                    "payouts": {
                        "minimum_balance_by_currency": None,
                        "schedule": {"interval": "manual"},
                        "statement_descriptor": None,
                        "status": "enabled",
                    },
                    "settlement_timing": {"delay_days": call.config.settle_seconds // 86_400},
                },
            },
        )
    )


def set_settings(call: Call) -> dict[str, Any]:
    """Answer POST /v1/balance_settings: what is given replaces what was."""
    settings = get_settings(call)
    payments, given = settings["payments"], call.params.get("payments", {})
    if "debit_negative_balances" in given:
        payments["debit_negative_balances"] = given["debit_negative_balances"]
    wanted = given.get("payouts", {})
    payouts = payments["payouts"]
    if "schedule" in wanted:
        payouts["schedule"] = wanted["schedule"]
    if "statement_descriptor" in wanted:
        payouts["statement_descriptor"] = wanted["statement_descriptor"]
    if "minimum_balance_by_currency" in wanted:
        kept = {
            **(payouts["minimum_balance_by_currency"] or {}),
            **wanted["minimum_balance_by_currency"],
        }
        payouts["minimum_balance_by_currency"] = {
            currency: cents for currency, cents in kept.items() if cents is not None
        } or None
    call.tx.set(_SETTING, settings)
    emit(call, "balance_settings.updated", settings)
    return settings


_ONE = Fields({"expand": EXPAND})
_DAYS = Text(choices=("monday", "tuesday", "wednesday", "thursday", "friday"))
_SCHEDULE = Fields(
    {
        "interval": Text(choices=("daily", "manual", "monthly", "weekly")),
        "monthly_payout_days": Several(Whole(1, 31)),
        "weekly_payout_days": Several(_DAYS),
    }
)
_PAYOUTS = Fields(
    {
        "minimum_balance_by_currency": ByName(Whole(0)),
        "schedule": _SCHEDULE,
        "statement_descriptor": Text(22),
    }
)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/payouts",
        create_payout,
        Fields(
            {
                "amount": Whole(1),
                "currency": Text(3, pattern="[a-z]{3}"),
                "description": Text(),
                "metadata": Labels(),
                "statement_descriptor": Text(22),
                "expand": EXPAND,
            },
            ("amount", "currency"),
        ),
    ),
    Endpoint("GET", "/v1/payouts", list_payouts, listing(created=CREATED, status=Text())),
    Endpoint("GET", "/v1/payouts/<identifier>", get_payout, _ONE),
    Endpoint("POST", "/v1/payouts/<identifier>/cancel", cancel_payout, _ONE),
    Endpoint("GET", "/v1/balance_settings", get_settings, _ONE),
    Endpoint(
        "POST",
        "/v1/balance_settings",
        set_settings,
        Fields(
            {
                "payments": Fields({"debit_negative_balances": Truth(), "payouts": _PAYOUTS}),
                "expand": EXPAND,
            }
        ),
    ),
)
