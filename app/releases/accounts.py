"""All privacy accounts together, summed where they are kept."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select

from app.core.db import session
from app.releases.models import Edition, PrivacyAccount, PrivacyCharge


@dataclass(frozen=True)
class AccountView:
    """What one privacy account has spent; `extra_delta` is what its charges added to delta."""

    producer_id: str
    micro_rho: int
    extra_delta: float


@dataclass(frozen=True)
class CollectionCharges:
    """All charges of a collection's editions; an empty identifier: for anything else.

    Attributes
    ----------
    lost : int
        Charges whose noise was lost in a crash, so that another one followed.
    """

    collection_id: str
    charges: int
    accounts: int
    micro_rho: int
    lost: int


def accounts() -> tuple[AccountView, ...]:
    """Return every privacy account, the most spent first."""
    extra = func.coalesce(func.sum(PrivacyCharge.extra_delta), 0.0)
    chosen = (
        select(PrivacyAccount.producer_id, PrivacyAccount.spent_micro_rho, extra)
        .outerjoin(PrivacyCharge, PrivacyCharge.producer_id == PrivacyAccount.producer_id)
        .group_by(PrivacyAccount.producer_id, PrivacyAccount.spent_micro_rho)
        .order_by(PrivacyAccount.spent_micro_rho.desc(), PrivacyAccount.producer_id)
    )
    return tuple(AccountView(*row) for row in session().execute(chosen))


def charged_by_collection() -> tuple[CollectionCharges, ...]:
    """Return what was charged for each collection, the most charges first."""
    # Every attempt but the first was needed because the noise of the one before it was lost.
    again: ColumnElement[int] = case((PrivacyCharge.attempt > 1, 1), else_=0)
    counted = func.count().label("counted")
    collection = func.coalesce(Edition.collection_id, "")
    chosen = (
        select(
            collection,
            counted,
            func.count(PrivacyCharge.producer_id.distinct()),
            func.sum(PrivacyCharge.micro_rho),
            func.sum(again),
        )
        .select_from(PrivacyCharge)
        .outerjoin(Edition, Edition.id == PrivacyCharge.edition_id)
        .group_by(collection)
        .order_by(counted.desc(), collection)
    )
    return tuple(
        CollectionCharges(row[0], row[1], row[2], int(row[3]), int(row[4]))
        for row in session().execute(chosen)
    )
