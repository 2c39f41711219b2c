"""Asking the provider for something once: the intent is committed before, the answer found again.

Whoever moves money writes a row first and commits it. Its key makes what is asked for happen once,
as long as the provider remembers the key; after that, and where the provider has seen the key with
another request, what happened is looked for before anything is asked again.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from app.core.clock import now
from app.core.db import checkpoint, new_id, session
from app.payments.errors import GatewayRefused, KeyConflict

#: The provider forgets a key after a day.
KEY_LIFE = timedelta(hours=23)
T = TypeVar("T")


class Intent(Protocol):
    """A row that says what the provider is to be asked for, and what came of it."""

    id: str
    state: str


I = TypeVar("I", bound=Intent)  # noqa: E741


def wished(kind: type[I], once: str | None, noes: Collection[str]) -> tuple[I | None, str]:
    """Return what the same form has led to before, and the identifier a new intent is given.

    Parameters
    ----------
    kind : type
        The table of these intents.
    once : str, optional
        Identifier that the form carries: sent twice, it is one wish.
    noes : collection of str
        States that a no has led to: the same form is another wish after it.
    """
    known = session().get(kind, once) if once is not None else None
    if known is not None and known.state in noes:
        return None, new_id()
    return known, once or new_id()


def carry_out(
    intended_at: datetime,
    ask: Callable[[], T],
    find: Callable[[], T | None],
    apply: Callable[[T | None], None],
) -> None:
    """Commit an intent, ask for it once, and apply what was answered; holds nothing meanwhile.

    Parameters
    ----------
    intended_at, ask, find
        As for `ask_once`.
    apply : callable
        Takes what came of it, None for a definite no. It locks and reads the rows again: another
        worker may have applied the same answer.

    Raises
    ------
    GatewayRefused
        A definite no, after it was written down.
    GatewayUnavailable, KeyConflict
        Nothing is known; the intent stays, and is carried out again later.
    """
    checkpoint()
    try:
        made = ask_once(intended_at, ask, find)
    except GatewayRefused:
        apply(None)
        checkpoint()
        raise
    apply(made)


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
