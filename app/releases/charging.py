"""Privacy accounts: one charge at a time, under a lock, never over a ceiling."""

import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy import func, select

from app.consent import queries as consent
from app.core.db import session
from app.releases.models import PrivacyAccount, PrivacyCharge, SpentBefore
from app.users import queries as users
from privacy.accountant import Account
from privacy.errors import BudgetExceeded
from privacy.loss import Rho

#: The subject of the charge that stands for everything an earlier account had spent.
EARLIER_ACCOUNT = "earlier-account"


@dataclass(frozen=True)
class Charge:
    """What is charged to the people of a producer.

    Attributes
    ----------
    subject : str
        What it pays for, at most 80 characters.
    attempt : int
        Each attempt is charged for itself.
    rho : Rho
    extra_delta : float
        What it adds to delta beside.
    edition_id : str or None
    room : Rho
        What must still fit under the ceiling afterwards: nobody is charged for a first step whose
        second could not be charged.
    """

    subject: str
    attempt: int
    rho: Rho
    extra_delta: float = 0.0
    edition_id: str | None = None
    room: Rho = Rho(0)


def next_attempt(subject: str) -> int:
    """Return how often something is charged for with the next charge, from 1."""
    charged = select(func.max(PrivacyCharge.attempt)).where(PrivacyCharge.subject == subject)
    return (session().scalar(charged) or 0) + 1


def remember(secret: str, producer_id: str) -> None:
    """Keep what an account has spent, under a keyed hash of its address, before it is closed.

    Privacy that was lost stays lost: whoever opens an account with the same address again goes on
    from there. The address itself is not kept, and cannot be found without the market's secret.
    """
    account = session().get(PrivacyAccount, producer_id)
    key = _address_key(secret, producer_id)
    if account is None or not key:
        return
    row = session().get(SpentBefore, key)
    if row is None:
        row = SpentBefore(address_key=key, spent_micro_rho=0, extra_delta=0.0)
        session().add(row)
    extra = select(func.sum(PrivacyCharge.extra_delta)).where(
        PrivacyCharge.producer_id == producer_id
    )
    row.spent_micro_rho = account.spent_micro_rho
    row.extra_delta = float(session().scalar(extra) or 0.0)
    session().flush()


def _opened(secret: str, producer_id: str) -> PrivacyAccount:
    """Open a privacy account, with what an earlier account of the same address had spent."""
    account = PrivacyAccount(producer_id=producer_id, spent_micro_rho=0)
    session().add(account)
    before = session().get(SpentBefore, _address_key(secret, producer_id))
    if before is not None and before.spent_micro_rho:
        account.spent_micro_rho = before.spent_micro_rho
        session().add(
            PrivacyCharge(
                producer_id=producer_id,
                subject=EARLIER_ACCOUNT,
                attempt=1,
                edition_id=None,
                micro_rho=before.spent_micro_rho,
                extra_delta=before.extra_delta,
            )
        )
    session().flush()
    return account


def _address_key(secret: str, producer_id: str) -> str:
    view = users.user(producer_id)
    if view is None:
        return ""
    named = b"spent before:" + view.email.strip().lower().encode()
    return hmac.new(bytes.fromhex(secret), named, hashlib.sha256).hexdigest()


def charge(ceiling: Rho, secret: str, producer_id: str, wanted: Charge) -> str:
    """Charge one producer's people once; return why they are left out, or an empty text.

    Parameters
    ----------
    ceiling : Rho
        The market's; the producer's own counts where it is lower.
    secret : str
        The market's, hexadecimal: keys the hash of addresses.
    producer_id : str
    wanted : Charge

    Returns
    -------
    str
        "", "paused" or "ceiling".
    """
    choices = consent.choices(producer_id)
    if choices.paused:
        return "paused"
    known = (producer_id, wanted.subject, wanted.attempt)
    if session().get(PrivacyCharge, known) is not None:
        return ""
    account = (
        session()
        .scalars(
            select(PrivacyAccount)
            .where(PrivacyAccount.producer_id == producer_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if account is None:
        account = _opened(secret, producer_id)
    own = choices.ceiling_micro_rho
    limit = ceiling if own is None else Rho(min(own, ceiling.micro))
    try:
        after = Account(limit, Rho(account.spent_micro_rho)).charge(wanted.rho)
        after.charge(wanted.room)
    except BudgetExceeded:
        return "ceiling"
    account.spent_micro_rho = after.spent.micro
    session().add(
        PrivacyCharge(
            producer_id=producer_id,
            subject=wanted.subject,
            attempt=wanted.attempt,
            edition_id=wanted.edition_id,
            micro_rho=wanted.rho.micro,
            extra_delta=wanted.extra_delta,
        )
    )
    session().flush()
    return ""
