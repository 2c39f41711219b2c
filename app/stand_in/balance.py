"""The platform's balance: the sum of its movements, pending until they settle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.stand_in.call import Call, Endpoint
from app.stand_in.listing import page
from app.stand_in.params import CREATED, EXPAND, Fields, Text, listing
from app.stand_in.store import new_id

_CATEGORIES = {
    "charge": "charge",
    "refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}


def move(
    call: Call,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    fee: int = 0,
    category: str = "",
) -> dict[str, Any]:
    """Record a movement of the balance, in cents; only charges wait to settle."""
    wait = call.config.settle_seconds if kind == "charge" else 0
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Processing fee (stand-in)",
            "type": "stripe_fee",
        }
    ]
    movement = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": call.now + wait,
        "balance_type": "payments",
        "created": call.now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category or _CATEGORIES[kind],
        "source": source,
        "status": "pending",
        "type": kind,
    }
    call.tx.add("balance_transaction", _dated(call, movement), call.now)
    return _dated(call, movement)


def _dated(call: Call, movement: dict[str, Any]) -> dict[str, Any]:
    settled = movement["available_on"] <= call.now
    return {**movement, "status": "available" if settled else "pending"}


def movements(call: Call) -> Iterator[dict[str, Any]]:
    """Return all movements, newest first, with their status now."""
    return (_dated(call, each) for each in call.tx.all("balance_transaction"))


def available(call: Call, currency: str) -> int:
    """Return the cents that can be transferred now."""
    row = call.tx.sql.execute(
        "SELECT coalesce(sum(json_extract(body, '$.net')), 0) FROM objects "
        "WHERE kind = 'balance_transaction' AND json_extract(body, '$.currency') = ? "
        "AND json_extract(body, '$.available_on') <= ?",
        (currency, call.now),
    ).fetchone()
    return int(row[0])


def get_balance(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance."""
    sums: dict[str, dict[str, int]] = {}
    for each in movements(call):
        by_status = sums.setdefault(each["currency"], {"available": 0, "pending": 0})
        by_status[each["status"]] += each["net"]
    sums = sums or {"eur": {"available": 0, "pending": 0}}
    parts = {
        status: [
            {"amount": by[status], "currency": currency, "source_types": {"card": by[status]}}
            for currency, by in sorted(sums.items())
        ]
        for status in ("available", "pending")
    }
    return {"object": "balance", "livemode": False, **parts}


def list_movements(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance_transactions."""
    return page(call, movements(call), "type", "source", "currency")


def get_movement(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/balance_transactions/{id}."""
    return _dated(call, call.get("balance_transaction", identifier))


ENDPOINTS = (
    Endpoint("GET", "/v1/balance", get_balance, Fields({"expand": EXPAND})),
    Endpoint(
        "GET",
        "/v1/balance_transactions",
        list_movements,
        listing(created=CREATED, type=Text(), source=Text(), currency=Text(3)),
    ),
    Endpoint(
        "GET", "/v1/balance_transactions/<identifier>", get_movement, Fields({"expand": EXPAND})
    ),
)
