"""The switch with which a contributor gives away what they earn, and its history."""

from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.core.permissions import Actor, Role, require
from app.earnings import settlement
from app.earnings.models import Giving


def give(actor: Actor) -> None:
    """Give away what is settled for a contributor from now on; what they earned stays theirs.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.PRODUCER)
    # Settling holds the account, too: of two requests at once the second finds the switch on.
    settlement.settle(actor.user_id)
    if _open(actor.user_id) is None:
        session().add(Giving(user_id=actor.user_id, since=now()))
        audit.record(actor.user_id, "give-earnings", "user", actor.user_id)


def keep(actor: Actor) -> None:
    """Let a contributor keep what they earn from now on; what was given until now stays given.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.PRODUCER)
    settlement.settle(actor.user_id)
    row = _open(actor.user_id)
    if row is not None:
        row.until = now()
        audit.record(actor.user_id, "keep-earnings", "user", actor.user_id)


def _open(user_id: str) -> Giving | None:
    chosen = select(Giving).where(Giving.user_id == user_id, Giving.until.is_(None))
    return session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()
