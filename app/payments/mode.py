"""Which payment provider to use, and which combinations to refuse at start."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.core.errors import UnsafeConfiguration
from app.payments.gateway import Mode

STAND_IN_KEY_PREFIX = "standin_"
STAND_IN_KEY = "standin_sk_local"
STAND_IN_BASE = "http://127.0.0.1:12111"
STRIPE_BASE = "https://api.stripe.com"

_PREFIXES: dict[str, Mode] = {
    STAND_IN_KEY_PREFIX: "stand-in",
    "sk_test_": "test",
    "rk_test_": "test",
    "sk_live_": "live",
    "rk_live_": "live",
}


@dataclass(frozen=True)
class Connection:
    """A decided, safe way to reach the provider; secrets stay out of its repr.

    Parameters
    ----------
    mode : Mode
        Pretended, tested or real money.
    api_base : str
        Address of the API, without a final slash.
    key : str
        The API key.
    webhook_secrets : tuple of str
        Any one of them makes a message valid: rotation, and a second kind of endpoint.
    """

    mode: Mode
    api_base: str
    key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)


def decide(key: str, api_base: str, webhook_secret: str, *, production: bool) -> Connection:
    """Choose the provider from the settings.

    Parameters
    ----------
    key, api_base : str
        As configured. The stand-in is never chosen by saying nothing: it has a key, too.
    webhook_secret : str
        One secret or several, separated by commas.
    production : bool
        Whether real people use this installation.

    Raises
    ------
    UnsafeConfiguration
        For every combination that could mix pretended and real money: no key, the stand-in
        in production, a live key elsewhere, a Stripe key with another base address, a
        stand-in that is not on this machine, no webhook secret, a key of an unknown form.
    """
    mode = _mode_of(key)
    if mode == "stand-in":
        base = (api_base or STAND_IN_BASE).rstrip("/")
        _refuse_unsafe_stand_in(base, production=production)
    else:
        base = (api_base or STRIPE_BASE).rstrip("/")
        if base != STRIPE_BASE:
            raise UnsafeConfiguration("A Stripe key is sent to Stripe only: unset the API base.")
        if mode == "live" and not production:
            raise UnsafeConfiguration("A live Stripe key is for production only.")
    secrets = tuple(part.strip() for part in webhook_secret.split(",") if part.strip())
    if not secrets:
        raise UnsafeConfiguration("The webhook secret is missing.")
    if mode != "stand-in" and not all(secret.startswith("whsec_") for secret in secrets):
        raise UnsafeConfiguration("A Stripe webhook secret begins with whsec_.")
    return Connection(mode, base, key, secrets)


def _mode_of(key: str) -> Mode:
    if not key:
        raise UnsafeConfiguration(
            "No payment provider is chosen: set MOISSON_STRIPE_KEY to a key of Stripe's or, for "
            f"the stand-in outside production, to {STAND_IN_KEY}."
        )
    for prefix, mode in _PREFIXES.items():
        if key.startswith(prefix):
            return mode
    raise UnsafeConfiguration("The Stripe key has an unknown form.")


def _refuse_unsafe_stand_in(base: str, *, production: bool) -> None:
    if production:
        raise UnsafeConfiguration("The stand-in for Stripe is not for production.")
    parts = urlsplit(base)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise UnsafeConfiguration("The stand-in for Stripe runs on this machine only.")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
