import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import Database, checkpoint, new_id, session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role, require
from app.earnings import queries as earnings
from app.jobs import service as jobs
from app.ledger import accounts
from app.ledger import service as ledger
from app.payments.gateway import ConnectedAccount as ProviderAccount
from app.payments.gateway import GatewayRefused, PaymentGateway
from app.payouts import queries
from app.payouts.errors import CountryRefused
from app.payouts.models import ConnectedAccount, ContributorReview, PayoutBank
from app.users import queries as users
from app.users import service as users_service

PAYOUTS_JOB = "payouts"


@dataclass(frozen=True)
class Links:
    """Where a contributor comes back to from the provider's pages."""

    return_url: str
    refresh_url: str


def connect(actor: Actor, gateway: PaymentGateway, country: str, links: Links) -> str:
    """Open the contributor's account at the provider, once; return its onboarding page.

    Raises
    ------
    Forbidden, CountryRefused
    """
    require(actor, Role.PRODUCER)
    ledger.hold([accounts.contributor(actor.user_id)])
    row = _account(actor.user_id)
    if row is None:
        row = ConnectedAccount(user_id=actor.user_id, country=country)
        session().add(row)
        audit.record(actor.user_id, "connect-account", "user", actor.user_id)
    if row.account_id is None:
        _open(gateway, row, country)
    return onboard(actor, gateway, links)


def _open(gateway: PaymentGateway, row: ConnectedAccount, country: str) -> None:
    # A country may be corrected as long as the provider has not confirmed an account.
    user_id, row.country = row.user_id, country
    view = users.user(user_id)
    if view is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    checkpoint()
    try:
        # No name: the provider asks for what the law wants, on its own pages.
        opened = gateway.open_connected_account(
            view.email, country, f"Moisson {user_id[:8]}", f"account:{user_id}:{country}"
        )
    except GatewayRefused:
        raise CountryRefused(
            _l("The payment provider cannot open an account for this country.")
        ) from None
    _keep(user_id, opened)


def onboard(actor: Actor, gateway: PaymentGateway, links: Links) -> str:
    """Make a single-use address where a contributor completes their own account.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.PRODUCER)
    view = queries.account(actor.user_id)
    if view is None or view.account_id is None:
        raise NotFound(_l("You have not connected a payout account yet."))
    checkpoint()
    return gateway.onboarding_link(view.account_id, links.return_url, links.refresh_url)


def dashboard(actor: Actor, gateway: PaymentGateway) -> str:
    """Make a single-use address where a contributor looks after their own account.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.PRODUCER)
    view = queries.account(actor.user_id)
    if view is None or view.account_id is None:
        raise NotFound(_l("You have not connected a payout account yet."))
    checkpoint()
    return gateway.dashboard_link(view.account_id)


def refresh(gateway: PaymentGateway, user_id: str) -> bool:
    """Ask the provider how a contributor's account stands; return whether it can be paid."""
    view = queries.account(user_id)
    if view is None or view.account_id is None:
        return False
    checkpoint()
    seen = gateway.connected_account(view.account_id)
    banks = _banks(gateway, view.account_id) if seen.payable else frozenset()
    _keep(user_id, seen)
    _keep_banks(user_id, banks)
    return seen.payable


def _keep(user_id: str, seen: ProviderAccount) -> None:
    row = _account(user_id)
    if row is not None:
        if seen.payable and not row.payable:
            row.bank_refused_at = None
        if seen.payable:
            users_service.mark_identified(user_id)
        row.account_id, row.payable, row.refreshed_at = seen.id, seen.payable, now()
        row.status = "closed" if seen.closed else seen.status[:20]


def _banks(gateway: PaymentGateway, account_id: str) -> frozenset[str]:
    try:
        return gateway.banks_of(account_id)
    except GatewayRefused:
        # A key that may not see them: a person can be paid all the same.
        return frozenset()


def _keep_banks(user_id: str, banks: frozenset[str]) -> None:
    """Note which bank accounts are a contributor's, and since when; never forget one.

    Who once was paid to an account may not leave it to the next account of their own.
    """
    for bank in sorted(banks):
        hashed = hashlib.sha256(bank.encode()).hexdigest()
        if session().get(PayoutBank, (user_id, hashed)) is None:
            session().add(PayoutBank(user_id=user_id, bank=hashed, seen_at=now()))
    session().flush()


def hold(actor: Actor, user_id: str, reason: str) -> None:
    """Send nothing to a contributor until somebody clears it; what they earned stays theirs.

    Raises
    ------
    Forbidden
    """
    row = _review(actor, user_id)
    row.held_at, row.cleared_at, row.reason = row.held_at or now(), None, reason[:300]
    audit.record(actor.user_id, "hold-payouts", "user", user_id, reason=reason[:300])


def clear(actor: Actor, user_id: str, reason: str) -> None:
    """Let a contributor's payouts go: the operator looked at them.

    Raises
    ------
    Forbidden
    """
    row = _review(actor, user_id)
    row.cleared_at, row.held_at, row.reason = now(), None, ""
    row.cleared_micros = sum(earnings.earned(user_id).values())
    audit.record(actor.user_id, "clear-payouts", "user", user_id, reason=reason[:300])


def _review(actor: Actor, user_id: str) -> ContributorReview:
    require(actor, Role.OPERATOR)
    if users.user(user_id) is None:
        raise NotFound(_l("There is no such account."))
    row = session().get(ContributorReview, user_id)
    if row is None:
        row = ContributorReview(user_id=user_id, reason="", cleared_micros=0)
        session().add(row)
    return row


def bank_said(account_id: str, *, refused: bool) -> None:
    """Write down that a contributor's own bank sent money back, or that it has accepted it.

    The money is theirs and lies in their account at the provider; only they can put it right.
    """
    user_id = queries.owner_of(account_id)
    row = _account(user_id) if user_id else None
    if row is not None:
        row.bank_refused_at = now() if refused else None


def wait(db: Database, user_id: str) -> None:
    """Take down that the market's balance does not cover a contributor's payout yet."""
    with db.unit_of_work():
        row = _account(user_id)
        if row is not None and row.waits_since is None:
            row.waits_since = now()


def waits_no_more(user_id: str) -> None:
    """Take down that a contributor was paid."""
    row = _account(user_id)
    if row is not None:
        row.waits_since = None


def _account(user_id: str) -> ConnectedAccount | None:
    chosen = select(ConnectedAccount).where(ConnectedAccount.user_id == user_id).with_for_update()
    return session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()


def ask_for_run(actor: Actor) -> str:
    """Let the worker pay everybody who can be paid, now; return the job."""
    require(actor, Role.OPERATOR)
    audit.record(actor.user_id, "run-payouts", "payouts", "all")
    run = new_id()
    return jobs.enqueue(PAYOUTS_JOB, f"{PAYOUTS_JOB}:asked:{run}", {"again": True, "run": run})


def period_of(moment: datetime, every: str) -> str:
    """Return the name of the hour, day, week or month of a moment: one payout run in each."""
    year, week, _day = moment.isocalendar()
    return {
        "hour": f"{moment:%Y-%m-%dT%H}",
        "day": f"{moment:%Y-%m-%d}",
        "week": f"{year}-W{week:02d}",
        "month": f"{moment:%Y-%m}",
    }[every]


def next_run(moment: datetime, every: str) -> datetime:
    """Return when the period after that of a moment begins, in UTC."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while period_of(hour, every) == period_of(moment.astimezone(UTC), every):
        hour += timedelta(hours=1)
    return hour


def schedule(db: Database, every: str = "hour") -> None:
    """Add the period's payout run."""
    with db.unit_of_work():
        moment = now()
        if queries.contributors() or queries.under_way():
            jobs.enqueue(
                PAYOUTS_JOB,
                f"{PAYOUTS_JOB}:{period_of(moment, every)}",
                {"again": False, "run": new_id()},
            )
