"""Secrets of endpoints, and signatures of messages, as Standard Webhooks wants them.

References
----------
Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks, "Signature scheme".
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from app.core.config import Settings
from app.core.db import fact

PREFIX = "whsec_"


@dataclass(frozen=True)
class EndpointKey:
    """What the secrets of all endpoints are worked out from, so that none is kept."""

    secret: str

    @classmethod
    def of(cls, settings: Settings) -> "EndpointKey":
        """Return the key that the settings hold."""
        return cls(settings.secret_key)

    def __repr__(self) -> str:
        return "EndpointKey(...)"


def secret(endpoint_id: str, generation: int) -> str:
    """Return the secret of an endpoint, "whsec_" and 32 bytes in base64."""
    named = f"webhook-endpoint:{endpoint_id}:{generation}".encode()
    drawn = hmac.digest(fact(EndpointKey).secret.encode(), named, hashlib.sha256)
    return PREFIX + base64.b64encode(drawn).decode()


def headers(message_id: str, seconds: int, body: bytes, secrets: tuple[str, ...]) -> dict[str, str]:
    """Return the headers of a message, signed with each secret.

    Parameters
    ----------
    message_id : str
        The same for every attempt: receivers know by it what they have had.
    seconds : int
        Of this attempt, since 1970.
    body : bytes
    secrets : tuple of str
        The present one, and the one before while it is replaced.
    """
    signed = f"{message_id}.{seconds}.".encode() + body
    return {
        "Content-Type": "application/json",
        "User-Agent": "Moisson-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(_signature(one, signed) for one in secrets),
    }


def _signature(one: str, signed: bytes) -> str:
    key = base64.b64decode(one.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
