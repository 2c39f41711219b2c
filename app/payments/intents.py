"""Asking the provider for something once: the intent is committed before, the answer found again.

Whoever moves money writes a row first and commits it. Its key makes what is asked for happen once,
as long as the provider remembers the key; after that, and where the provider has seen the key with
another request, what happened is looked for before anything is asked again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from app.core.clock import now
from app.payments.errors import KeyConflict

#: The provider forgets a key after a day.
KEY_LIFE = timedelta(hours=23)
T = TypeVar("T")


def ask_once(intended_at: datetime, ask: Callable[[], T], find: Callable[[], T | None]) -> T:
    """Return what came of an intent, asked for at most once.

    Parameters
    ----------
    intended_at : datetime
        When the intent was committed.
    ask : callable
        Asks the provider, with the key of the intent.
    find : callable
        Looks at the provider for what an earlier attempt may have done; None where it did nothing.

    Raises
    ------
    GatewayRefused
        A definite no: nothing happened.
    GatewayUnavailable, KeyConflict
        Nothing is known; the same may be asked again later.
    """
    found = find() if intended_at < now() - KEY_LIFE else None
    if found is not None:
        return found
    try:
        return ask()
    except KeyConflict:
        found = find()
        if found is None:
            raise
        return found
