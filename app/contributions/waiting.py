"""What a visitor has read waits here until they give it: sealed, and for two hours.

The key is in the browser's own session alone: nobody at the market can read what waits, and nothing
of it is left once the time is over.
"""

import json
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete

from app.contributions import by_browser
from app.contributions.cells import Entry, Read
from app.contributions.errors import NothingWaits, TooMuch
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
#: What one visitor can leave here, in bytes.
MOST_BYTES = 1_000_000


def keep(browser: MutableMapping[str, Any], read: Read) -> None:
    """Seal what was read, in place of what this browser had waiting before.

    Raises
    ------
    TooMuch
    """
    content = json.dumps(read.to_dict(), separators=(",", ":")).encode()
    if len(content) > MOST_BYTES:
        raise TooMuch(_l("This is more than one person can give. Choose fewer files."))
    forget(browser)
    by_browser.seal(browser, KEY, content, LIFE)


def add(browser: MutableMapping[str, Any], read: Read) -> None:
    """Seal what was read beside what this browser had waiting; the newest of a template counts.

    Somebody may choose several things before they sign up. All of it is looked at again: what was
    agreed to before is forgotten.

    Raises
    ------
    TooMuch
        What waited before still waits.
    """
    try:
        read = find(browser).with_(read)
    except NothingWaits:
        pass
    keep(browser, read)


def entries(browser: MutableMapping[str, Any], template: str) -> tuple[Entry, ...]:
    """Return the entries of a diary that this browser has waiting."""
    try:
        return tuple(each for each in find(browser).entries if each.template == template)
    except NothingWaits:
        return ()


def find(browser: MutableMapping[str, Any]) -> Read:
    """Return what this browser has waiting.

    Raises
    ------
    NothingWaits
    """
    opened = by_browser.opened(browser, KEY)
    if opened is None:
        raise NothingWaits(_l("What was read is no longer here. Choose your file again."))
    return Read.from_dict(json.loads(opened))


def forget(browser: MutableMapping[str, Any]) -> None:
    """Forget what this browser has waiting."""
    by_browser.forget(browser, KEY)
    # What was agreed to was agreed to for what waited.
    browser.pop(AGREED, None)
    browser.pop(EXPLICIT, None)


def expire(db: Database) -> None:
    """Forget what nobody gave in time: the schedule's task."""
    with db.unit_of_work():
        session().execute(delete(WaitingImport).where(WaitingImport.expires_at <= now()))
