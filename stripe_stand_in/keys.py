"""API keys: secret keys that may do everything, and restricted keys, as at Stripe."""

from __future__ import annotations

from collections.abc import Sequence

from stripe_stand_in.config import KEY_PREFIX
from stripe_stand_in.problems import InvalidParameter, Problem
from stripe_stand_in.store import Transaction

RESTRICTED = f"{KEY_PREFIX}rk_"
RIGHTS = ("read", "write")

_SETTING = "restricted_keys"

#: First part of an address after the version -> what a key is allowed or not.
RESOURCES = {
    "account_links": "account_link",
    "accounts": "account",
    "balance": "balance",
    "balance_settings": "balance_settings",
    "balance_transactions": "balance_transaction",
    "charges": "charge",
    "checkout": "checkout_session",
    "disputes": "dispute",
    "event_destinations": "event_destination",
    "events": "event",
    "payment_intents": "payment_intent",
    "payouts": "payout",
    "refunds": "refund",
    "transfers": "transfer",
    "webhook_endpoints": "webhook_endpoint",
}


def register(tx: Transaction, name: str, allowed: Sequence[Sequence[str]]) -> str:
    """Create a restricted key, or replace the permissions of an existing one.

    Parameters
    ----------
    tx : Transaction
        Where it is kept.
    name : str
        What follows the prefix.
    allowed : sequence of pairs
        A resource, and "read" or "write"; who may write may read.

    Returns
    -------
    str
        The key.
    """
    for resource, right in allowed:
        if resource not in RESOURCES.values() or right not in RIGHTS:
            raise InvalidParameter(f"Unknown permission: {resource} {right}", param="allowed")
    key = RESTRICTED + name
    tx.set(_SETTING, {**tx.setting(_SETTING, {}), key: [list(pair) for pair in allowed]})
    return key


def require(tx: Transaction, key: str, method: str, path: str) -> None:
    """Refuse a request that a restricted key does not cover, naming what it lacks.

    Raises
    ------
    Problem
        401 for a restricted key nobody made, 403 for one that may not.
    """
    if not key.startswith(RESTRICTED):
        return
    allowed = tx.setting(_SETTING, {}).get(key)
    if allowed is None:
        raise Problem("Invalid API Key provided: no such restricted key.", status=401)
    parts = path.removeprefix("/v2/core").removeprefix("/v1").split("/")
    resource, right = RESOURCES[parts[1]], "read" if method == "GET" else "write"
    if [resource, "write"] in allowed or [resource, right] in allowed:
        return
    raise Problem(
        f"The provided key '{RESTRICTED}{'*' * 6}' does not have the required permissions for this "
        f"endpoint. Having the 'rak_{resource}_{right}' permission would allow this request to "
        "continue.",
        code="more_permissions_required",
        status=403,
    )
