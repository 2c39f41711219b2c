"""Transfers to connected accounts, and their reversals."""

from __future__ import annotations

from typing import Any

from stripe_stand_in.accounts import transfers_active
from stripe_stand_in.balance import available, move
from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import emit
from stripe_stand_in.holdings import give_back, receive
from stripe_stand_in.listing import Filter, page
from stripe_stand_in.params import CREATED, EXPAND, Fields, Labels, Text, Whole, listing
from stripe_stand_in.problems import Problem
from stripe_stand_in.store import new_id


def create_transfer(call: Call) -> dict[str, Any]:
    """Answer POST /v1/transfers: needs an active account and enough available balance."""
    account = call.named("v2.core.account", "destination")
    if not transfers_active(account):
        raise Problem(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    amount, currency = call.params["amount"], call.params["currency"]
    if available(call, currency) < amount:
        raise Problem(
            "You have insufficient available funds in your Stripe account.",
            code="balance_insufficient",
        )
    identifier = new_id("tr")
    transfer = {
        "id": identifier,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": call.now,
        "currency": currency,
        "description": call.params.get("description"),
        "destination": account["id"],
        "livemode": False,
        "metadata": call.params.get("metadata", {}),
        "reversals": _reversals(identifier, []),
        "reversed": False,
        "source_transaction": None,
        "source_type": "card",
        "transfer_group": call.params.get("transfer_group"),
    }
    transfer["balance_transaction"] = move(call, "transfer", -amount, currency, identifier)["id"]
    receive(call, account["id"], amount, currency)
    call.tx.add("transfer", transfer, call.now)
    emit(call, "transfer.created", transfer)
    return transfer


def _reversals(transfer: str, data: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": data[:10],
        "has_more": len(data) > 10,
        "url": f"/v1/transfers/{transfer}/reversals",
    }


def create_reversal(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v1/transfers/{id}/reversals: part of it, or all that is left."""
    transfer = call.get("transfer", identifier)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount", left)
    if not 0 < amount <= left:
        raise Problem(
            f"Reversal amount ({amount}) is greater than what is left of the transfer ({left})",
            param="amount",
        )
    give_back(call, transfer["destination"], amount, transfer["currency"])
    reversal = {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": call.now,
        "currency": transfer["currency"],
        "destination_payment_refund": None,
        "metadata": call.params.get("metadata", {}),
        "source_refund": None,
        "transfer": identifier,
    }
    moved = move(call, "transfer_refund", amount, transfer["currency"], reversal["id"])
    reversal["balance_transaction"] = moved["id"]
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"] = _reversals(identifier, [reversal, *transfer["reversals"]["data"]])
    call.tx.add("transfer_reversal", reversal, call.now)
    call.tx.save(transfer)
    emit(call, "transfer.reversed", transfer)
    return reversal


def get_transfer(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/transfers/{id}."""
    return call.get("transfer", identifier)


def list_transfers(call: Call) -> dict[str, Any]:
    """Answer GET /v1/transfers."""
    return page(call, "transfer", "destination", "transfer_group")


def list_reversals(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/transfers/{id}/reversals."""
    wanted = Filter("transfer_reversal")
    wanted.equal("transfer", call.get("transfer", identifier)["id"])
    return page(call, wanted)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/transfers",
        list_transfers,
        listing(created=CREATED, destination=Text(), transfer_group=Text()),
    ),
    Endpoint("GET", "/v1/transfers/<identifier>", get_transfer, Fields({"expand": EXPAND})),
    Endpoint(
        "POST",
        "/v1/transfers",
        create_transfer,
        Fields(
            {
                "amount": Whole(1),
                "currency": Text(3, pattern="[a-z]{3}"),
                "destination": Text(),
                "description": Text(),
                "metadata": Labels(),
                "transfer_group": Text(),
                "expand": EXPAND,
            },
            ("amount", "currency", "destination"),
        ),
    ),
    Endpoint("GET", "/v1/transfers/<identifier>/reversals", list_reversals, listing()),
    Endpoint(
        "POST",
        "/v1/transfers/<identifier>/reversals",
        create_reversal,
        Fields({"amount": Whole(1), "metadata": Labels(), "expand": EXPAND}),
    ),
)
