from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import aliased

from app.catalog.price_lists import currency
from app.core.clock import now
from app.core.config import Settings
from app.core.db import session
from app.core.errors import NotFound
from app.earnings import queries as earnings
from app.earnings.queries import Mature
from app.ledger import accounts
from app.ledger import queries as ledger
from app.orders import queries as orders
from app.payouts import holds
from app.payouts.holds import Facts, Held
from app.payouts.models import (
    ConnectedAccount,
    ContributorReview,
    Payout,
    PayoutBank,
    PayoutReversal,
)
from app.payouts.states import PayoutState
from app.users import queries as users
from pricing.money import MICROS_PER_CENT, Money

#: Of what was earned in the days of a review so much is kept back, for disputes.
ROLLING_PERCENT = 10


@dataclass(frozen=True)
class PayoutTerms:
    """When earnings are paid out: after so many days, from so many cents, how often.

    `every` is "hour", "day", "week" or "month". A first payout, one of `large_cents` or more, and
    what a sale of so many earned, waits `review_days` unless the operator has looked at it; of
    what was earned within these days `ROLLING_PERCENT` is kept back.
    """

    refund_days: int
    minimum_cents: int
    every: str = "hour"
    review_days: int = 0
    large_cents: int = 0


def terms(settings: Settings) -> PayoutTerms:
    """Return when earnings are paid out, as the settings say."""
    return PayoutTerms(
        settings.refund_days,
        settings.payout_minimum_cents,
        settings.payout_every,
        settings.review_days,
        settings.large_cents,
    )


@dataclass(frozen=True)
class AccountView:
    """A contributor's account at the provider.

    Attributes
    ----------
    account_id : str or None
        None while its opening was not confirmed.
    """

    user_id: str
    account_id: str | None
    status: str
    payable: bool
    country: str
    refreshed_at: datetime | None
    bank_refused_at: datetime | None = None
    waits_since: datetime | None = None


@dataclass(frozen=True)
class PayoutView:
    """A payout as its contributor and the operator see it."""

    id: str
    user_id: str
    account_id: str
    amount: Money
    cents: int
    state: PayoutState
    key: str
    transfer_id: str | None
    reason: str
    at: datetime
    ended_at: datetime | None
    reversed: Money


@dataclass(frozen=True)
class PayoutStanding:
    """What one contributor earned, is owed, and can be sent now.

    Attributes
    ----------
    earned, waiting : Money
        From sales that stand; the part of it that a refund may still take from them.
    owed : Money
        Earned, not given away and not sent; negative after refunds of what was already sent.
    under_way, paid, spent : Money
        Sent without an answer yet; sent and not taken back; spent on tables instead.
    given : Money
        Given away, with what the next settlement gives away.
    payable_cents : int
        What a payout would send now, 0 where something holds it.
    free_cents : int
        What could be spent on tables now: no refund can take it any more.
    """

    earned: Money
    waiting: Money
    owed: Money
    under_way: Money
    paid: Money
    spent: Money
    given: Money
    payable_cents: int
    free_cents: int
    held: Held
    looks_at: bool = False

    @property
    def spendable_cents(self) -> int:
        """What could be spent on tables now: nothing while a payout would be looked at first."""
        return 0 if self.looks_at else self.free_cents

    @property
    def free(self) -> Money:
        """What no refund can take any more."""
        return Money.from_cents(self.free_cents, self.owed.currency)

    @property
    def payable(self) -> Money:
        """The same as money."""
        return Money.from_cents(self.payable_cents, self.owed.currency)


def standing(user_id: str, terms: PayoutTerms, *, again: bool = False) -> PayoutStanding:
    """Return what a contributor is owed and what holds it.

    Parameters
    ----------
    again : bool
        Whether to try even soon after a refusal.
    """
    code = currency()
    sums = earnings.sums(user_id, _mature(terms))
    owed = sums.coming - ledger.balance(accounts.contributor(user_id), code).micros
    cents = _cents_by_state(user_id)
    under_way, paid = (
        cents.get(s, 0) * MICROS_PER_CENT for s in (PayoutState.INTENDED, PayoutState.SENT)
    )
    spent = orders.spent_from(accounts.contributor(user_id)) * MICROS_PER_CENT
    free = min(owed, sums.free - under_way - paid - spent) // MICROS_PER_CENT
    facts = _facts(user_id, owed, free, sums.waiting, terms, again=again)
    held = holds.decide(facts)
    return PayoutStanding(
        Money(sums.earned, code),
        Money(sums.waiting, code),
        Money(owed, code),
        Money(under_way, code),
        Money(paid, code),
        Money(spent, code),
        Money(sums.given, code),
        free if held.sends else 0,
        max(0, free),
        held,
        facts.looks_at or facts.held_by_operator or facts.shares_bank,
    )


def _mature(terms: PayoutTerms) -> Mature:
    """Say which earnings a dispute has become unlikely for."""
    reviewed = now() - timedelta(days=terms.review_days)
    refunds = now() - timedelta(days=terms.refund_days)
    if not terms.review_days:
        return Mature(refunds)
    return Mature(refunds, min(refunds, reviewed), terms.large_cents, ROLLING_PERCENT)


def _cents_by_state(user_id: str) -> dict[PayoutState, int]:
    rows = session().execute(
        select(Payout.state, func.sum(Payout.cents - Payout.reversed_cents))
        .where(Payout.user_id == user_id)
        .group_by(Payout.state)
    )
    # PostgreSQL sums whole numbers into a decimal.
    return {PayoutState(state): int(cents) for state, cents in rows}


def _facts(
    user_id: str, owed: int, free_cents: int, waiting: int, terms: PayoutTerms, *, again: bool
) -> Facts:
    mine, latest = account(user_id), _latest_payout(user_id)
    review = session().get(ContributorReview, user_id)
    return Facts(
        now=now(),
        owed=owed,
        waiting=waiting,
        free_cents=free_cents,
        minimum_cents=terms.minimum_cents,
        account_id=mine.account_id if mine else None,
        payable=bool(mine and mine.payable),
        status=mine.status if mine else "",
        asked=bool(mine and mine.refreshed_at),
        waits_since=mine.waits_since if mine else None,
        latest=PayoutState(latest.state) if latest else None,
        held_by_operator=bool(review and review.held_at) or users.is_suspended(user_id),
        looks_at=_looks_at(user_id, free_cents, review, terms),
        shares_bank=_shares_bank(user_id, review.cleared_at if review else None),
        refused_at=(latest.ended_at or latest.at) if latest else None,
        again=again,
    )


def _shares_bank(user_id: str, cleared_at: datetime | None) -> bool:
    """Say whether somebody else was paid to a contributor's bank account before.

    Not for one that the operator has seen, when they let the contributor's payouts go.
    """
    mine, others = aliased(PayoutBank), aliased(PayoutBank)
    chosen = (
        select(others.user_id)
        .join(mine, mine.bank == others.bank)
        .where(mine.user_id == user_id, others.user_id != user_id)
        .where(tuple_(others.seen_at, others.user_id) < tuple_(mine.seen_at, mine.user_id))
    )
    if cleared_at is not None:
        chosen = chosen.where(mine.seen_at > cleared_at)
    return session().scalar(chosen.limit(1)) is not None


def _with_one_bank() -> tuple[str, ...]:
    """Return contributors who share a bank account with somebody."""
    shared = select(PayoutBank.bank).group_by(PayoutBank.bank).having(func.count() > 1)
    chosen = select(PayoutBank.user_id).where(PayoutBank.bank.in_(shared)).distinct()
    return tuple(session().scalars(chosen.order_by(PayoutBank.user_id)))


def _looks_at(
    user_id: str, free_cents: int, review: ContributorReview | None, terms: PayoutTerms
) -> bool:
    """Say whether the operator, or time, has to look at a payout before it is sent.

    Time has where all that was and would be paid was earned by sales that are old enough; the
    operator has for a first payout, and for all that was earned when they looked.
    """
    if not terms.review_days:
        return False
    cents = _cents_by_state(user_id)
    first = not cents.get(PayoutState.SENT)
    if not first and free_cents < terms.large_cents:
        return False
    spent = orders.spent_from(accounts.contributor(user_id))
    out = sum(cents.get(s, 0) for s in (PayoutState.INTENDED, PayoutState.SENT)) + spent
    out = (out + max(0, free_cents)) * MICROS_PER_CENT
    if sum(earnings.earned(user_id, now() - timedelta(days=terms.review_days)).values()) >= out:
        return False
    if review is None or review.cleared_at is None:
        return True
    return free_cents >= terms.large_cents and review.cleared_micros < out


def looked_at_first(terms: PayoutTerms, most: int = 100) -> tuple[tuple[str, Money], ...]:
    """Return contributors whose payout waits for the operator, and how much is ready."""
    # Only whom a review can concern: a large sum, or nobody was paid before.
    concerned = _with_one_bank()
    if terms.review_days:
        concerned += contributors(max(1, terms.large_cents))
        concerned += contributors(max(1, terms.minimum_cents), never_paid=True)
    found: list[tuple[str, Money]] = []
    for user_id in dict.fromkeys(concerned):
        mine = standing(user_id, terms)
        if mine.held in (Held.REVIEW, Held.SAME_BANK):
            found.append((user_id, mine.free))
        if len(found) == most:
            break
    return tuple(found)


def hold_reason(user_id: str) -> str:
    """Return why the operator holds somebody's payouts; empty where they do not."""
    row = session().get(ContributorReview, user_id)
    return row.reason if row and row.held_at else ""


def _latest_payout(user_id: str) -> Payout | None:
    chosen = select(Payout).where(Payout.user_id == user_id)
    return session().scalars(chosen.order_by(Payout.at.desc(), Payout.id).limit(1)).one_or_none()


def account(user_id: str) -> AccountView | None:
    """Return a contributor's account at the provider."""
    row = session().get(ConnectedAccount, user_id)
    return None if row is None else _account(row)


def owner_of(account_id: str) -> str | None:
    """Return the contributor behind an account at the provider."""
    return session().scalar(
        select(ConnectedAccount.user_id).where(ConnectedAccount.account_id == account_id)
    )


def contributors(
    least_cents: int = 0, after: str = "", *, never_paid: bool = False
) -> tuple[str, ...]:
    """Return everybody with an account that can be paid, and to whom so much is owed.

    Right after everybody was settled: found by the database in one pass over the book.

    Parameters
    ----------
    after : str
        Only those whose identifier comes later, to go on where a run was cut off.
    never_paid : bool
        Only those to whom no payout was sent yet.
    """
    chosen = select(ConnectedAccount.user_id).where(
        ConnectedAccount.payable, ConnectedAccount.user_id > after
    )
    if never_paid:
        sent = select(Payout.id).where(
            Payout.user_id == ConnectedAccount.user_id, Payout.state == PayoutState.SENT
        )
        chosen = chosen.where(~sent.exists())
    if least_cents:
        held = ledger.balances_select(currency()).subquery()
        account = accounts.contributors(ConnectedAccount.user_id)
        chosen = chosen.join(held, held.c.account == account)
        chosen = chosen.where(held.c.micros <= -least_cents * MICROS_PER_CENT)
    return tuple(session().scalars(chosen.order_by(ConnectedAccount.user_id)))


def payouts_of(user_id: str) -> tuple[PayoutView, ...]:
    """Return a contributor's payouts, newest first."""
    chosen = select(Payout).where(Payout.user_id == user_id)
    rows = session().scalars(chosen.order_by(Payout.at.desc(), Payout.id))
    return tuple(payout_view(row) for row in rows)


def times_paid(user_id: str, since: datetime) -> int:
    """Count a contributor's payouts since a moment."""
    chosen = select(func.count()).where(
        Payout.user_id == user_id, Payout.state == PayoutState.SENT, Payout.ended_at >= since
    )
    return session().scalar(chosen) or 0


def paid_between(since: datetime, until: datetime) -> frozenset[str]:
    """Return who was paid from a moment on and before another."""
    chosen = select(Payout.user_id).where(
        Payout.state == PayoutState.SENT, Payout.ended_at >= since, Payout.ended_at < until
    )
    return frozenset(session().scalars(chosen.distinct()))


def latest_payouts(limit: int = 100) -> tuple[PayoutView, ...]:
    """Return the latest payouts of all contributors."""
    rows = session().scalars(select(Payout).order_by(Payout.at.desc(), Payout.id).limit(limit))
    return tuple(payout_view(row) for row in rows)


def payout(payout_id: str) -> PayoutView:
    """Return a payout as it is in the database now."""
    return payout_view(session().get_one(Payout, payout_id, populate_existing=True))


def under_way() -> tuple[str, ...]:
    """Return the payouts without an answer, oldest first."""
    chosen = select(Payout.id).where(Payout.state == PayoutState.INTENDED)
    return tuple(session().scalars(chosen.order_by(Payout.at, Payout.id)))


def known_payout(payout_id: str) -> PayoutView:
    """Return a payout.

    Raises
    ------
    NotFound
    """
    row = session().get(Payout, payout_id)
    if row is None:
        raise NotFound(_l("There is no such payout."))
    return payout_view(row)


def reversals() -> Mapping[str, str | None]:
    """Return the provider's name for each reversal of a payout."""
    rows = session().execute(select(PayoutReversal.id, PayoutReversal.provider_id))
    return {row_id: name for row_id, name in rows}


def transfers() -> Mapping[str, str]:
    """Return the provider's name for each payout that was sent."""
    rows = session().execute(
        select(Payout.id, Payout.transfer_id).where(Payout.transfer_id.is_not(None))
    )
    return {payout_id: str(transfer) for payout_id, transfer in rows}


def _account(row: ConnectedAccount) -> AccountView:
    return AccountView(
        row.user_id,
        row.account_id,
        row.status,
        row.payable,
        row.country,
        row.refreshed_at,
        row.bank_refused_at,
        row.waits_since,
    )


def payout_view(row: Payout) -> PayoutView:
    """Return a payout as others see it."""
    return PayoutView(
        row.id,
        row.user_id,
        row.account_id,
        Money.from_cents(row.cents, row.currency),
        row.cents,
        PayoutState(row.state),
        row.key,
        row.transfer_id,
        row.reason,
        row.at,
        row.ended_at,
        Money.from_cents(row.reversed_cents, row.currency),
    )
