from dataclasses import dataclass
from datetime import datetime, timedelta

from app.catalog.price_lists import currency
from app.collections import queries as collections
from app.collections.rules import Purpose
from app.earnings.queries import GivingView, givings, shares_of
from app.orders import queries as orders
from app.payouts.queries import (
    AccountView,
    PayoutStanding,
    PayoutTerms,
    PayoutView,
    account,
    payouts_of,
    standing,
)
from app.releases import queries as releases
from pricing.money import Money


@dataclass(frozen=True)
class IncomeLine:
    """What one sale earned one contributor: per_share x shares = amount.

    `kept` is what refunds and disputes left of the amount.
    """

    sold_at: datetime
    free_at: datetime
    edition_id: str
    edition_number: int
    title: str
    purpose: Purpose
    per_share: Money
    shares: int
    amount: Money
    kept: Money
    reversed: bool


@dataclass(frozen=True)
class Month:
    """The standing earnings of one calendar month."""

    label: str
    amount: Money


@dataclass(frozen=True)
class Income:
    """Everything on the income page."""

    standing: PayoutStanding
    account: AccountView | None
    lines: tuple[IncomeLine, ...]
    months: tuple[Month, ...]
    payouts: tuple[PayoutView, ...]
    givings: tuple[GivingView, ...]

    @property
    def giving(self) -> bool:
        """Whether what they earn is given away now."""
        return bool(self.givings) and self.givings[0].until is None


def income(user_id: str, terms: PayoutTerms) -> Income:
    """Return one contributor's income, each sale and payout of it."""
    lines = income_lines(user_id, terms)
    return Income(
        standing(user_id, terms),
        account(user_id),
        lines,
        _months(lines),
        payouts_of(user_id),
        givings(user_id),
    )


def income_lines(user_id: str, terms: PayoutTerms) -> tuple[IncomeLine, ...]:
    """Return what each sale earned a contributor, newest first, reversed ones included."""
    shares = shares_of(user_id)
    editions = {edition: releases.edition(edition) for edition in shares}
    titles = {e.collection_id: collections.rules(e.collection_id).title for e in editions.values()}
    return tuple(
        IncomeLine(
            sale.sold_at,
            sale.sold_at + timedelta(days=terms.refund_days),
            sale.edition_id,
            editions[sale.edition_id].number,
            titles[sale.collection_id],
            sale.purpose,
            Money(sale.per_share_micros, sale.currency),
            shares[sale.edition_id],
            Money(sale.per_share_micros * shares[sale.edition_id], sale.currency),
            Money(sale.kept_micros * shares[sale.edition_id], sale.currency),
            sale.reversed,
        )
        for sale in orders.sales_of(tuple(shares))
    )


def _months(lines: tuple[IncomeLine, ...]) -> tuple[Month, ...]:
    sums: dict[str, int] = {}
    for line in lines:
        if line.kept:
            label = f"{line.sold_at:%Y-%m}"
            sums[label] = sums.get(label, 0) + line.kept.micros
    return tuple(Month(label, Money(sums[label], currency())) for label in sorted(sums)[-12:])
