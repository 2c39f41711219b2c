"""The platform's balance: the sum of its movements, pending until they settle."""

from __future__ import annotations

from typing import Any

from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.listing import page
from stripe_stand_in.params import CREATED, EXPAND, Fields, Text, listing
from stripe_stand_in.store import new_id

_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "payment_refund": "refund",
    "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "stripe_fee": "fee",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}
_EARNED = ("charge", "payment")


def move(
    call: Call,
    kind: str,
    amount: int,
    currency: str,
    source: str | None,
    fee: int = 0,
    category: str = "",
    description: str | None = None,
) -> dict[str, Any]:
    """Record a movement of the balance, in cents; only charges wait to settle."""
    wait = call.config.settle_seconds if kind in _EARNED else 0
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
        "description": description,
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
    call.tx.sql.execute(
        "INSERT INTO waiting (available_on, currency, net) VALUES (?, ?, ?)",
        (movement["available_on"], currency, movement["net"]),
    )
    return _dated(call, movement)


def charge_fee(call: Call, cents: int, currency: str, description: str) -> dict[str, Any]:
    """Take a fee from the platform's balance, as Stripe does for Connect."""
    return move(call, "stripe_fee", -cents, currency, None, description=description)


def _dated(call: Call, movement: dict[str, Any]) -> dict[str, Any]:
    settled = movement["available_on"] <= call.now
    return {**movement, "status": "available" if settled else "pending"}


def _settle(call: Call) -> None:
    """Add what is available by now to the sums, so that no sum reads every movement."""
    call.tx.sql.execute(
        "INSERT INTO settled (currency, net) SELECT currency, sum(net) FROM waiting "
        "WHERE available_on <= ? GROUP BY currency "
        "ON CONFLICT (currency) DO UPDATE SET net = net + excluded.net",
        (call.now,),
    )
    call.tx.sql.execute("DELETE FROM waiting WHERE available_on <= ?", (call.now,))


def available(call: Call, currency: str) -> int:
    """Return the cents that can be transferred now."""
    _settle(call)
    row = call.tx.sql.execute("SELECT net FROM settled WHERE currency = ?", (currency,)).fetchone()
    return 0 if row is None else int(row[0])


def get_balance(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance."""
    _settle(call)
    sums = {
        "available": dict(call.tx.sql.execute("SELECT currency, net FROM settled")),
        "pending": dict(
            call.tx.sql.execute("SELECT currency, sum(net) FROM waiting GROUP BY currency")
        ),
    }
    currencies = sorted({*sums["available"], *sums["pending"]}) or ["eur"]
    parts = {
        status: [
            {
                "amount": by.get(currency, 0),
                "currency": currency,
                "source_types": {"card": by.get(currency, 0)},
            }
            for currency in currencies
        ]
        for status, by in sums.items()
    }
    return {"object": "balance", "livemode": False, **parts}


def list_movements(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance_transactions."""
    found = page(call, "balance_transaction", "type", "source", "currency")
    return {**found, "data": [_dated(call, each) for each in found["data"]]}


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
