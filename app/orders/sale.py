"""Booking a sale: the split among editions, one number per edition, one transaction.

provider     + total - fee        what the provider holds for us now; a contributor's account
                                  where they paid with earnings
vat          - the tax in the total
platform     - its share
pool:<e>     - per share x the released number of shares that belong to somebody
reserve:<c>  - per share x the margin, and what rounding leaves; a debit where it is used up

Every line is a function of released numbers: had the pool been credited with what its
contributors can claim, its balance would tell how many took part. What its noise makes a pool
lack or leave over evens out between editions; the margin is what a share is smaller for that,
and goes into the collection's next sale.

What refunds and disputes take back is a function of the cents taken back until now, whatever
the steps: each posting is the difference of two of its values. So two parts come to the same as
the whole, and what a won dispute gives back is exactly what it took.
"""

import json
from dataclasses import dataclass

from sqlalchemy import select

from app.core.clock import now
from app.core.db import session
from app.ledger import accounts
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.orders.models import Order, SaleEdition
from app.prices import queries as prices
from app.releases import queries as releases
from app.releases import rarity
from pricing.money import MICROS_PER_CENT, Money
from pricing.split import Part, part_taken, per_share, platform_share, share_out
from pricing.vat import vat_included


@dataclass(frozen=True)
class Taking:
    """A posting that takes money of a sale back, or gives it again.

    Parameters
    ----------
    kind, key : str
        As in the ledger.
    to_cents : int
        What of the total is taken back once this is booked, 0 to all of it.
    moved_cents : int
        What the account the money came from gains; what differs the market bears.
    """

    kind: str
    key: str
    to_cents: int
    moved_cents: int


def book(order: Order) -> None:
    """Write a paid order into the book, once, as its quote shared it out."""
    left = Money.from_cents(order.total_cents - order.fee_cents, order.currency)
    vat = Money.from_cents(vat_included(order.total_cents, order.vat_basis_points), order.currency)
    # A fee larger than what the tax leaves is the market's to bear, not the contributors'.
    shared = max(Money.zero(order.currency), left - vat)
    share = platform_share(prices.book(order.book_version), shared)
    parts = share_out(_claims(order), shared - share)
    # Two sales at once must not both spend what waits in a reserve.
    ledger.hold(accounts.reserve(releases.release(edition).rules.id) for edition in parts)
    lines = {order.funding: left.micros, accounts.VAT: -vat.micros}
    lines[accounts.PLATFORM] = vat.micros + (shared - share).micros - left.micros
    for edition_id, net in sorted(parts.items()):
        _add(lines, order, edition_id, net)
    ledger.post("sale", f"sale:{order.id}", order.currency, lines)
    rarity.count_sold(parts)


def _claims(order: Order) -> dict[str, Part]:
    """Return how the order's quote shared it out."""
    kept = json.loads(order.split)
    return {edition: Part(floor, weight) for edition, (floor, weight) in kept.items()}


def take(order: Order, taking: Taking) -> None:
    """Take a sale back up to so many cents of its total, or give some of it again, once.

    Contributors give back, or get again, their part of the difference; the market bears its
    own part and what the provider keeps.

    Raises
    ------
    ValueError
        For more than the order's total.
    """
    if not 0 <= taking.to_cents <= order.total_cents:
        raise ValueError("a sale is taken back from nothing to its total")
    sold = _sold(order)
    ledger.hold(account for account in sold if account.startswith(accounts.reserve("")))
    parts = tuple(session().scalars(select(SaleEdition).where(SaleEdition.order_id == order.id)))
    before = _taken(order, sold, parts, order.taken_cents)
    after = _taken(order, sold, parts, taking.to_cents)
    lines = {account: after[account] - before[account] for account in after}
    lines[order.funding] = taking.moved_cents * MICROS_PER_CENT
    lines[accounts.PLATFORM] = -sum(lines.values())
    ledger.post(taking.kind, taking.key, order.currency, lines)
    for part in parts:
        part.taken_micros = part_taken(part.per_share_micros, taking.to_cents, order.total_cents)
    order.taken_cents = taking.to_cents
    session().flush()
    sold_still = {part.edition_id for part in parts if _paid_for(part.edition_id)}
    rarity.stop_counting(part.edition_id for part in parts if part.edition_id not in sold_still)
    rarity.count_sold(sold_still)


def _paid_for(edition_id: str) -> bool:
    """Say whether somebody paid for an edition and did not get all of it back."""
    chosen = select(SaleEdition.order_id).join(Order, Order.id == SaleEdition.order_id)
    chosen = chosen.where(
        SaleEdition.edition_id == edition_id, Order.taken_cents < Order.total_cents
    )
    return session().scalars(chosen.limit(1)).first() is not None


def vat_between(order: Order, cents: int, to_cents: int) -> int:
    """Return the tax, in cents, in what lies between two amounts taken back of an order."""
    whole, rate = order.total_cents, order.vat_basis_points
    return vat_included(whole - cents, rate) - vat_included(whole - to_cents, rate)


def _sold(order: Order) -> dict[str, int]:
    found = ledger_queries.lines(f"sale:{order.id}")
    return {account: micros for account, micros in found.items() if account != order.funding}


def _taken(
    order: Order, sold: dict[str, int], parts: tuple[SaleEdition, ...], cents: int
) -> dict[str, int]:
    """Return what is taken back of each account, but the market's, at so many cents."""
    whole = order.total_cents
    taken = {accounts.VAT: vat_between(order, 0, cents) * MICROS_PER_CENT}
    for part in parts:
        account = accounts.pool(part.edition_id)
        # What was booked is a whole number of released shares; so is what is taken of it.
        shares = -sold.get(account, 0) // part.per_share_micros if part.per_share_micros else 0
        taken[account] = shares * part_taken(part.per_share_micros, cents, whole)
    for account, micros in sold.items():
        if account not in (*taken, accounts.PLATFORM):
            taken[account] = -part_taken(micros, cents, whole)
    return taken


def _add(lines: dict[str, int], order: Order, edition_id: str, net: Money) -> None:
    view = releases.release(edition_id)
    reserve = accounts.reserve(view.rules.id)
    # Credits are negative: what waits in the reserve, this sale's own lines included.
    kept = ledger_queries.balance(reserve, order.currency).micros + lines.get(reserve, 0)
    pot = Money(net.micros + max(0, -kept), order.currency)
    each = per_share(pot, view.shares_total).micros
    given = each * view.shares_expected
    lines[accounts.pool(edition_id)] = -given
    lines[reserve] = lines.get(reserve, 0) + given - net.micros
    session().add(
        SaleEdition(
            order_id=order.id,
            edition_id=edition_id,
            collection_id=view.rules.id,
            net_micros=net.micros,
            per_share_micros=each,
            taken_micros=0,
            sold_at=order.paid_at or now(),
        )
    )
