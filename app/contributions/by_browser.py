"""What is sealed for a browser: the key is in its own session alone, under a name for each use.

Nobody at the market can read it, and nothing of it is left once its time is over.
"""

import base64
import hashlib
import secrets
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete

from app.contributions.models import WaitingImport
from app.core.clock import now
from app.core.db import session

NONCE_BYTES = 12


def seal(browser: MutableMapping[str, Any], name: str, content: bytes, life: timedelta) -> None:
    """Seal something, in place of what this browser had under this name before."""
    forget(browser, name)
    key, nonce = secrets.token_bytes(32), secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, content, None)
    session().add(WaitingImport(id=_place(key), sealed=sealed, expires_at=now() + life))
    session().flush()
    browser[name] = base64.b64encode(key).decode()


def opened(browser: MutableMapping[str, Any], name: str) -> bytes | None:
    """Return what this browser has under a name; None where there is nothing any more."""
    key = _key(browser, name)
    row = session().get(WaitingImport, _place(key)) if key else None
    if row is None or row.expires_at <= now():
        return None
    try:
        return AESGCM(key).decrypt(row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:], None)
    except InvalidTag:
        return None


def forget(browser: MutableMapping[str, Any], name: str) -> None:
    """Forget what this browser has under a name."""
    key = _key(browser, name)
    if key:
        session().execute(delete(WaitingImport).where(WaitingImport.id == _place(key)))
    browser.pop(name, None)


def _key(browser: MutableMapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(browser.get(name, "")), validate=True)
    except ValueError:
        return b""


def _place(key: bytes) -> str:
    return hashlib.sha256(b"name of an import:" + key).hexdigest()
