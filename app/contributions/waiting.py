"""What a visitor has read waits here until they give it: sealed, and for two hours.

The key is in the browser's own session alone: nobody at the market can read what waits, and nothing
of it is left once the time is over.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete

from app.contributions.cells import Read
from app.contributions.errors import NothingWaits
from app.contributions.models import WaitingImport
from app.core.clock import now
from app.core.db import Database, session

LIFE = timedelta(hours=2)
#: The name of the key in the browser's session.
KEY = "import"
#: What a visitor agreed to, until there is an account.
AGREED = "agreed"
#: That it may be about health.
EXPLICIT = "explicit"
NONCE_BYTES = 12
#: What one visitor can leave here, in bytes.
MOST_BYTES = 1_000_000


def keep(browser: MutableMapping[str, Any], read: Read) -> None:
    """Seal what was read, in place of what this browser had waiting before."""
    forget(browser)
    key = secrets.token_bytes(32)
    nonce = secrets.token_bytes(NONCE_BYTES)
    content = json.dumps(read.to_dict(), separators=(",", ":")).encode()
    if len(content) > MOST_BYTES:
        raise NothingWaits(_l("This is more than one person can give. Choose fewer files."))
    sealed = nonce + AESGCM(key).encrypt(nonce, content, None)
    session().add(WaitingImport(id=_name(key), sealed=sealed, expires_at=now() + LIFE))
    session().flush()
    browser[KEY] = base64.b64encode(key).decode()


def find(browser: MutableMapping[str, Any]) -> Read:
    """Return what this browser has waiting.

    Raises
    ------
    NothingWaits
    """
    key = _key(browser)
    row = session().get(WaitingImport, _name(key)) if key else None
    if row is None or row.expires_at <= now():
        raise NothingWaits(_l("What was read is no longer here. Choose your file again."))
    try:
        opened = AESGCM(key).decrypt(row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:], None)
    except InvalidTag:
        raise NothingWaits(_l("What was read is no longer here. Choose your file again.")) from None
    return Read.from_dict(json.loads(opened))


def forget(browser: MutableMapping[str, Any]) -> None:
    """Forget what this browser has waiting."""
    key = _key(browser)
    if key:
        session().execute(delete(WaitingImport).where(WaitingImport.id == _name(key)))
    browser.pop(KEY, None)
    # What was agreed to was agreed to for what waited.
    browser.pop(AGREED, None)
    browser.pop(EXPLICIT, None)


def expire(db: Database) -> None:
    """Forget what nobody gave in time: the schedule's task."""
    with db.unit_of_work():
        session().execute(delete(WaitingImport).where(WaitingImport.expires_at <= now()))


def _key(browser: MutableMapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(browser.get(KEY, "")), validate=True)
    except ValueError:
        return b""


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name of an import:" + key).hexdigest()
