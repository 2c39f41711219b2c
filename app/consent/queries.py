from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.collections.rules import Purpose
from app.consent.models import ConsentReceipt, Preference
from app.core.db import session


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
    latest: dict[Purpose, bool] = {}
    for receipt in receipts(user_id):
        latest.setdefault(receipt.purpose, receipt.granted)
    return frozenset(purpose for purpose, yes in latest.items() if yes)


def choices(user_id: str) -> Choices:
    """Return the preferences of an account."""
    row = session().get(Preference, user_id)
    return Choices() if row is None else Choices(row.paused, row.ceiling_micro_rho)
