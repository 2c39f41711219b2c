from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.collections.rules import Purpose
from app.consent.models import ConsentReceipt, Preference
from app.core.batches import batched
from app.core.db import session

#: So many accounts are asked about in one query.
AT_ONCE = 1_000


@dataclass(frozen=True)
class ReceiptView:
    """A receipt as its owner sees it."""

    purpose: Purpose
    version: int
    granted: bool
    at: datetime


@dataclass(frozen=True)
class Choices:
    """The present choices of one account.

    Attributes
    ----------
    ceiling_micro_rho : int or None
        Their own ceiling on the privacy loss, in millionths of rho; None: the market's.
    """

    paused: bool = False
    ceiling_micro_rho: int | None = None


def receipts(user_id: str) -> tuple[ReceiptView, ...]:
    """Return all receipts of an account, newest first."""
    chosen = (
        select(ConsentReceipt)
        .where(ConsentReceipt.user_id == user_id)
        .order_by(ConsentReceipt.sequence.desc())
    )
    return tuple(
        ReceiptView(Purpose(r.purpose), r.version, r.granted, r.at)
        for r in session().scalars(chosen)
    )


def granted(user_id: str) -> frozenset[Purpose]:
    """Return the purposes an account consents to at present."""
    return granted_by(receipts(user_id))


def granted_by(told: Iterable[ReceiptView]) -> frozenset[Purpose]:
    """Return the purposes that receipts, newest first, leave granted."""
    latest: dict[Purpose, bool] = {}
    for receipt in told:
        latest.setdefault(receipt.purpose, receipt.granted)
    return frozenset(purpose for purpose, yes in latest.items() if yes)


@dataclass(frozen=True)
class Wishes:
    """What somebody agrees to at present, and whether they have paused."""

    granted: frozenset[Purpose] = frozenset()
    paused: bool = False


def wishes(user_ids: Collection[str]) -> dict[str, Wishes]:
    """Return the wishes of many accounts at once: for whoever measures an edition."""
    latest: dict[str, dict[Purpose, bool]] = {user_id: {} for user_id in user_ids}
    paused: set[str] = set()
    for some in batched(sorted(user_ids), AT_ONCE):
        receipts_of = (
            select(ConsentReceipt.user_id, ConsentReceipt.purpose, ConsentReceipt.granted)
            .where(ConsentReceipt.user_id.in_(some))
            .order_by(ConsentReceipt.sequence)
        )
        for user_id, purpose, granted_now in session().execute(receipts_of):
            latest[user_id][Purpose(purpose)] = granted_now
        resting = select(Preference.user_id).where(Preference.user_id.in_(some), Preference.paused)
        paused.update(session().scalars(resting))
    return {
        user_id: Wishes(frozenset(p for p, yes in each.items() if yes), user_id in paused)
        for user_id, each in latest.items()
    }


def choices_of(user_ids: Collection[str]) -> dict[str, Choices]:
    """Return the preferences of many accounts at once."""
    found = dict.fromkeys(user_ids, Choices())
    for some in batched(sorted(user_ids), AT_ONCE):
        for row in session().scalars(select(Preference).where(Preference.user_id.in_(some))):
            found[row.user_id] = Choices(row.paused, row.ceiling_micro_rho)
    return found


def choices(user_id: str) -> Choices:
    """Return the preferences of an account."""
    row = session().get(Preference, user_id)
    return Choices() if row is None else Choices(row.paused, row.ceiling_micro_rho)
