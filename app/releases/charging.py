"""Privacy accounts: one charge at a time, under a lock, never over a ceiling."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.consent import queries as consent
from app.core.batches import batched
from app.core.clock import now
from app.core.db import session
from app.core.dialects import Once
from app.releases.models import PrivacyAccount, PrivacyCharge, SpentBefore
from app.users import queries as users
from privacy.accountant import Account
from privacy.errors import BudgetExceeded
from privacy.loss import Rho

#: The subject of the charge that stands for everything an earlier account had spent.
EARLIER_ACCOUNT = "earlier-account"
#: So many accounts are locked and charged together.
AT_ONCE = 500
_accounts = Once(PrivacyAccount)


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


def _opened(secret: str, producer_ids: Sequence[str]) -> None:
    """Open privacy accounts, with what an earlier account of the same address had spent."""
    keys = {
        _keyed(secret, email): producer_id
        for producer_id, email in users.addresses(producer_ids).items()
    }
    chosen = select(SpentBefore).where(SpentBefore.address_key.in_(list(keys)))
    before = {keys[row.address_key]: row for row in session().scalars(chosen)}
    for producer_id in producer_ids:
        earlier = before.get(producer_id)
        spent = 0 if earlier is None else earlier.spent_micro_rho
        # Of two measurements at once, one opens it.
        if not _accounts.insert(producer_id=producer_id, spent_micro_rho=spent) or not spent:
            continue
        session().add(
            PrivacyCharge(
                producer_id=producer_id,
                subject=EARLIER_ACCOUNT,
                attempt=1,
                edition_id=None,
                micro_rho=spent,
                extra_delta=earlier.extra_delta if earlier else 0.0,
            )
        )


def _address_key(secret: str, producer_id: str) -> str:
    view = users.user(producer_id)
    return "" if view is None else _keyed(secret, view.email)


def _keyed(secret: str, email: str) -> str:
    named = b"spent before:" + email.strip().lower().encode()
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
    return charge_all(ceiling, secret, [producer_id], wanted)[producer_id]


def charge_all(
    ceiling: Rho, secret: str, producer_ids: Collection[str], wanted: Charge
) -> dict[str, str]:
    """Charge the people of many producers once; return for each why they are left out, or "".

    As `charge`, some hundred at a time: with a query for each of them, half of what measuring one
    person costs would be asking.
    """
    refused: dict[str, str] = {}
    for some in batched(sorted(set(producer_ids)), AT_ONCE):
        refused |= _charge_some(ceiling, secret, some, wanted)
    return refused


def _charge_some(
    ceiling: Rho, secret: str, producer_ids: Sequence[str], wanted: Charge
) -> dict[str, str]:
    choices = consent.choices_of(producer_ids)
    refused = {one: "paused" if choices[one].paused else "" for one in producer_ids}
    charged = set(
        session().scalars(
            select(PrivacyCharge.producer_id).where(
                PrivacyCharge.producer_id.in_(producer_ids),
                PrivacyCharge.subject == wanted.subject,
                PrivacyCharge.attempt == wanted.attempt,
            )
        )
    )
    due = [one for one in producer_ids if not refused[one] and one not in charged]
    accounts = _locked(due)
    if missing := [one for one in due if one not in accounts]:
        _opened(secret, missing)
        accounts |= _locked(missing)
    moment = now()
    for one in due:
        own = choices[one].ceiling_micro_rho
        limit = ceiling if own is None else Rho(min(own, ceiling.micro))
        try:
            after = Account(limit, Rho(accounts[one].spent_micro_rho)).charge(wanted.rho)
            after.charge(wanted.room)
        except BudgetExceeded:
            refused[one] = "ceiling"
            continue
        accounts[one].spent_micro_rho = after.spent.micro
        session().add(
            PrivacyCharge(
                producer_id=one,
                subject=wanted.subject,
                attempt=wanted.attempt,
                edition_id=wanted.edition_id,
                micro_rho=wanted.rho.micro,
                extra_delta=wanted.extra_delta,
                charged_at=moment,
            )
        )
    session().flush()
    return refused


def _locked(producer_ids: Sequence[str]) -> dict[str, PrivacyAccount]:
    """Lock accounts, always in one order: two measurements at once never wait in a circle."""
    chosen = (
        select(PrivacyAccount)
        .where(PrivacyAccount.producer_id.in_(producer_ids))
        .order_by(PrivacyAccount.producer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.producer_id: row for row in session().scalars(chosen)}
