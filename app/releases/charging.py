"""Privacy accounts: one charge at a time, under a lock, never over a ceiling."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.consent import queries as consent
from app.core.db import session
from app.releases.models import PrivacyAccount, PrivacyCharge
from privacy.accountant import Account
from privacy.errors import BudgetExceeded
from privacy.loss import Rho


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


def charge(ceiling: Rho, producer_id: str, wanted: Charge) -> str:
    """Charge one producer's people once; return why they are left out, or an empty text.

    Parameters
    ----------
    ceiling : Rho
        The market's; the producer's own counts where it is lower.
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
        account = PrivacyAccount(producer_id=producer_id, spent_micro_rho=0)
        session().add(account)
        session().flush()
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
