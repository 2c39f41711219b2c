"""Connected accounts, version 2: recipients of transfers, and their onboarding links."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import emit, emit_thin, moment
from stripe_stand_in.holdings import held
from stripe_stand_in.listing import Filter, page_2
from stripe_stand_in.params import EXPAND, Fields, Labels, Several, Text, Truth, Whole, listing
from stripe_stand_in.problems import Problem, missing
from stripe_stand_in.store import new_id

CAPABILITY_EVENT = "v2.core.account[configuration.recipient].capability_status_updated"
REQUIREMENTS_EVENT = "v2.core.account[requirements].updated"
CLOSED_EVENT = "v2.core.account.closed"

_LINK_SECONDS = 300
_OPTIONAL = ("configuration.recipient", "defaults", "identity", "requirements")


def create_account(call: Call) -> dict[str, Any]:
    """Answer POST /v2/core/accounts: an account that waits for its onboarding."""
    given = call.params
    if not transfers_requested(given):
        raise Problem(
            "The stand-in knows recipients with stripe_transfers only.",
            code="account_configuration_not_supported",
        )
    account = {
        "id": new_id("acct"),
        "object": "v2.core.account",
        "applied_configurations": ["recipient"],
        "closed": False,
        "configuration": {
            "recipient": {
                "applied": True,
                "capabilities": {"stripe_balance": {"stripe_transfers": _capability("restricted")}},
            }
        },
        "contact_email": given.get("contact_email"),
        "created": moment(call.now),
        "dashboard": given.get("dashboard", "none"),
        "defaults": {
            "currency": "eur",
            "responsibilities": {
                "requirements_collector": "stripe",
                **given.get("defaults", {}).get("responsibilities", {}),
            },
        },
        "display_name": given.get("display_name"),
        "identity": given.get("identity", {}),
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "requirements": {"entries": [_requirement("restricted")]},
    }
    kept = {name: value for name, value in account.items() if value is not None}
    call.tx.add("v2.core.account", kept, call.now)
    emit_thin(call, "v2.core.account.created", kept["id"])
    return _included(call, kept)


def transfers_requested(given: Mapping[str, Any]) -> bool:
    """Return whether a new account asks to receive transfers."""
    found: Any = given.get("configuration", {})
    for name in ("recipient", "capabilities", "stripe_balance", "stripe_transfers"):
        found = found.get(name, {})
    return bool(found.get("requested"))


def _capability(status: str) -> dict[str, Any]:
    details = {
        "active": [],
        "pending": [{"code": "requirements_pending_verification", "resolution": "no_resolution"}],
        "restricted": [{"code": "requirements_past_due", "resolution": "provide_info"}],
        "closed": [{"code": "restricted_other", "resolution": "contact_stripe"}],
    }
    shown = "restricted" if status == "closed" else status
    return {"status": shown, "status_details": details[status]}


def _requirement(status: str) -> dict[str, Any]:
    """Return what is asked for: by the person it is about, or by Stripe, which looks into it."""
    deadline = {"status": "past_due" if status == "restricted" else "currently_due"}
    return {
        "awaiting_action_from": "user" if status == "restricted" else "stripe",
        "description": "identity.individual.documents.primary_verification",
        "errors": [],
        "impact": {
            "restricts_capabilities": [
                {
                    "capability": "stripe_balance.stripe_transfers",
                    "configuration": "recipient",
                    "deadline": deadline,
                }
            ]
        },
        "minimum_deadline": deadline,
        "requested_reasons": [{"code": "routine_verification"}],
    }


def transfers_status(account: Mapping[str, Any]) -> str:
    """Return the status of transfers to an account: "active", "pending" or "restricted"."""
    capabilities = account["configuration"]["recipient"]["capabilities"]
    return str(capabilities["stripe_balance"]["stripe_transfers"]["status"])


def transfers_active(account: Mapping[str, Any]) -> bool:
    """Return whether an account may receive transfers."""
    return transfers_status(account) == "active"


def set_status(call: Call, identifier: str, status: str) -> dict[str, Any]:
    """Set whether an account may receive transfers, and send thin events about it.

    `status` is "active", "pending" or "restricted".

    Raises
    ------
    Problem
        For a closed account.
    """
    account = _open(call, identifier)
    _grant(account, status)
    needed = [] if status == "active" else [_requirement(status)]
    account["requirements"] = {"entries": needed}
    call.tx.save(account)
    emit_thin(call, REQUIREMENTS_EVENT, identifier)
    emit_thin(call, CAPABILITY_EVENT, identifier)
    return account


def close(call: Call, identifier: str) -> dict[str, Any]:
    """Close an account for good, whatever it holds, as Stripe itself may.

    Raises
    ------
    Problem
        If it is closed.
    """
    account = _open(call, identifier)
    account["closed"] = True
    _grant(account, "closed")
    call.tx.save(account)
    emit_thin(call, CLOSED_EVENT, identifier)
    return account


def _grant(account: dict[str, Any], status: str) -> None:
    capabilities = account["configuration"]["recipient"]["capabilities"]
    capabilities["stripe_balance"]["stripe_transfers"] = _capability(status)


def _open(call: Call, identifier: str) -> dict[str, Any]:
    account = call.tx.find(identifier, "v2.core.account")
    if account is None:
        raise missing("account", identifier)
    if account["closed"]:
        raise Problem(f"Account {identifier} is closed.", code="account_closed")
    return account


def close_account(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v2/core/accounts/{id}/close: not while the account holds money."""
    given = call.params.get("applied_configurations", ["recipient"])
    if given != _open(call, identifier)["applied_configurations"]:
        raise Problem(
            "The configurations must match those of the account.",
            code="configs_must_match_to_close",
        )
    if any(held(call, identifier).values()):
        raise Problem(
            "The account holds money and cannot be closed.",
            code="cannot_delete_account_with_balance",
        )
    return _included(call, close(call, identifier))


def _included(call: Call, account: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was not asked for with include."""
    wanted = call.params.get("include", [])
    roots = {name: name.split(".")[0] for name in _OPTIONAL}
    hidden = {root for name, root in roots.items() if name not in wanted}
    return {name: value for name, value in account.items() if name not in hidden}


def get_account(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v2/core/accounts/{id}."""
    found = call.tx.find(identifier, "v2.core.account")
    if found is None:
        raise missing("account", identifier)
    return _included(call, found)


def list_accounts(call: Call) -> dict[str, Any]:
    """Answer GET /v2/core/accounts."""
    wanted, given = Filter("v2.core.account"), {}
    if "closed" in call.params:
        given["closed"] = str(call.params["closed"]).lower()
        wanted.equal("closed", int(call.params["closed"]))
    found = page_2(call, wanted, given)
    return {**found, "data": [_included(call, each) for each in found["data"]]}


def create_link(call: Call) -> dict[str, Any]:
    """Answer POST /v2/core/account_links: single use, five minutes."""
    account = call.named("v2.core.account", "account")
    _open(call, account["id"])
    use_case = call.params["use_case"]
    if use_case["type"] not in use_case:
        raise Problem(f"use_case needs {use_case['type']}.", code="payload_no_value_defined")
    token = new_id("link")
    link = {
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": moment(call.now),
        "expires_at": moment(call.now + _LINK_SECONDS),
        "livemode": False,
        "url": f"{call.config.public_url}/onboarding/{token}",
        "use_case": use_case,
    }
    hidden = {"expires": call.now + _LINK_SECONDS, "used": False}
    call.tx.add("v2.core.account_link", {**link, "id": token}, call.now, hidden)
    return link


def create_login_link(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v1/accounts/{id}/login_links: for accounts with an Express dashboard."""
    account = call.get("v2.core.account", identifier)
    _open(call, identifier)
    if account["dashboard"] != "express":
        raise Problem("The account has no Express dashboard.", param="account")
    token = new_id("login")
    link = {
        "object": "login_link",
        "created": call.now,
        "url": f"{call.config.public_url}/dashboard/{token}",
    }
    call.tx.add("login_link", {**link, "id": token}, call.now, {"account": identifier})
    return link


def name_bank(call: Call, identifier: str, number: str) -> None:
    """Set which bank account an account is paid to; without a number, one of its own."""
    account = call.get("v2.core.account", identifier)
    number = "".join(number.split()).upper()
    before = call.tx.hidden(identifier)
    number = number or identifier
    call.tx.save(account, {**before, "bank": number})
    kind = "updated" if "bank" in before else "created"
    emit(call, f"account.external_account.{kind}", _bank(account, number), identifier)


def list_banks(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/accounts/{id}/external_accounts: none before the onboarding."""
    account = call.get("v2.core.account", identifier)
    number = call.tx.hidden(identifier).get("bank")
    if number is None and transfers_active(account):
        number = identifier
    banks = [] if number is None else [_bank(account, number)]
    return {
        "object": "list",
        "data": banks,
        "has_more": False,
        "url": f"/v1/accounts/{identifier}/external_accounts",
    }


def _bank(account: Mapping[str, Any], number: str) -> dict[str, Any]:
    """Return a bank account; its fingerprint is the same wherever its number is named."""
    digest = hashlib.sha256(number.encode()).hexdigest()
    return {
        "id": f"ba_{digest[:24]}",
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STAND-IN BANK",
        "country": account["identity"].get("country", "fr").upper(),
        "currency": "eur",
        "default_for_currency": True,
        "fingerprint": digest[24:40],
        "last4": number[-4:],
        "metadata": {},
        "routing_number": None,
        "status": "new",
    }


_INCLUDE = Several(Text(choices=_OPTIONAL))
_URL = Text(pattern=r"https?://.+")
_LINKED = Fields(
    {
        "configurations": Several(Text(choices=("recipient",)), least=1),
        "refresh_url": _URL,
        "return_url": _URL,
    },
    ("configurations", "refresh_url"),
)
_TRANSFERS = Fields({"requested": Truth()}, ("requested",))
_BALANCE = Fields({"stripe_transfers": _TRANSFERS})
_RECIPIENT = Fields({"capabilities": Fields({"stripe_balance": _BALANCE})})
_PAYERS = Text(choices=("application", "stripe"))

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/accounts/<identifier>/login_links",
        create_login_link,
        Fields({"expand": EXPAND}),
    ),
    Endpoint(
        "GET",
        "/v1/accounts/<identifier>/external_accounts",
        list_banks,
        listing(object=Text(choices=("bank_account", "card"))),
    ),
    Endpoint(
        "POST",
        "/v2/core/accounts",
        create_account,
        Fields(
            {
                "configuration": Fields({"recipient": _RECIPIENT}),
                "contact_email": Text(254, pattern=r"[^@\s]+@[^@\s]+"),
                "dashboard": Text(choices=("express", "full", "none")),
                "defaults": Fields(
                    {
                        "responsibilities": Fields(
                            {"fees_collector": _PAYERS, "losses_collector": _PAYERS}
                        )
                    }
                ),
                "display_name": Text(200),
                "identity": Fields(
                    {
                        "country": Text(2, pattern="[a-z]{2}"),
                        "entity_type": Text(choices=("individual", "company", "non_profit")),
                    }
                ),
                "include": _INCLUDE,
                "metadata": Labels(),
            }
        ),
    ),
    Endpoint(
        "GET",
        "/v2/core/accounts",
        list_accounts,
        Fields({"closed": Truth(), "limit": Whole(1, 100), "page": Text()}),
    ),
    Endpoint(
        "POST",
        "/v2/core/accounts/<identifier>/close",
        close_account,
        Fields({"applied_configurations": Several(Text(choices=("recipient",)))}),
    ),
    Endpoint("GET", "/v2/core/accounts/<identifier>", get_account, Fields({"include": _INCLUDE})),
    Endpoint(
        "POST",
        "/v2/core/account_links",
        create_link,
        Fields(
            {
                "account": Text(),
                "use_case": Fields(
                    {
                        "type": Text(choices=("account_onboarding", "account_update")),
                        "account_onboarding": _LINKED,
                        "account_update": _LINKED,
                    },
                    ("type",),
                ),
            },
            ("account", "use_case"),
        ),
    ),
)
