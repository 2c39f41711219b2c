"""Booking a sale: the split among editions, one number per edition, one transaction.

provider     + total - fee        what the provider holds for us now
platform     - its share
pool:<e>     - per share x the released denominator
reserve:<c>  - what rounding leaves; a debit where it is used up

Every line is a function of released numbers: had the pool been credited with what its
contributors can claim, its balance would tell how many took part. What the noise margin
leaves therefore stays in the pool, and is not counted out.
"""

import json

from sqlalchemy import select

from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.core.clock import now
from app.core.db import session
from app.ledger import accounts
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.orders import bundle, rows
from app.orders.models import Order, SaleEdition
from app.prices import queries as prices
from app.releases import queries as releases
from pricing.money import Money
from pricing.split import Part, parts_of, per_share, platform_share, share_out


def book(order: Order) -> None:
    """Write a paid order into the book, once, as its quote shared it out."""
    left = Money.from_cents(order.total_cents - order.fee_cents, order.currency)
    share = platform_share(prices.book(order.book_version), left)
    parts = share_out(_claims(order), left - share)
    # Two sales at once must not both spend what waits in a reserve.
    ledger.hold(accounts.reserve(releases.release(edition).rules.id) for edition in parts)
    lines = {accounts.PROVIDER: left.micros, accounts.PLATFORM: -share.micros}
    for edition_id, net in sorted(parts.items()):
        _add(lines, order, edition_id, net)
    ledger.post("sale", f"sale:{order.id}", order.currency, lines)


def _claims(order: Order) -> dict[str, Part]:
    kept = json.loads(order.split)
    if kept:
        return {edition: Part(floor, weight) for edition, (floor, weight) in kept.items()}
    # Ordered before quotes fixed how they are shared: by its book and the present catalogue.
    bought = rows.keys(order.id)
    owned = bundle.owned_keys(order.buyer_id) - set(bought)
    return parts_of(
        price_list(order.book_version), catalog.items(bought), catalog.items(sorted(owned))
    )


def unbook(order: Order) -> None:
    """Reverse a refunded order's sale; the provider keeps its fee, the platform bears it."""
    fee = Money.from_cents(order.fee_cents, order.currency).micros
    borne = {accounts.PROVIDER: -fee, accounts.PLATFORM: fee}
    ledger.reverse(f"sale:{order.id}", "refund", f"refund:{order.id}", borne)
    _mark(order, reversed_=True)


def disputed(dispute_id: str) -> bool:
    """Say whether a dispute was booked."""
    return ledger_queries.by_key(f"dispute:{dispute_id}") is not None


def take_back(order: Order, dispute_id: str, withdrawn_cents: int) -> None:
    """Reverse a sale whose payment was taken back; the market bears both fees."""
    withdrawn = Money.from_cents(withdrawn_cents, order.currency).micros
    kept = Money.from_cents(order.total_cents - order.fee_cents, order.currency).micros
    borne = {accounts.PROVIDER: kept - withdrawn, accounts.PLATFORM: withdrawn - kept}
    ledger.reverse(f"sale:{order.id}", "dispute", f"dispute:{dispute_id}", borne)
    _mark(order, reversed_=True)


def reinstate(order: Order, dispute_id: str, withdrawn_cents: int, back_cents: int) -> None:
    """Book a sale again whose dispute was won; what the bank keeps the market bears."""
    lost = Money.from_cents(withdrawn_cents - back_cents, order.currency).micros
    borne = {accounts.PROVIDER: -lost, accounts.PLATFORM: lost}
    ledger.reverse(f"dispute:{dispute_id}", "reinstatement", f"reinstate:{dispute_id}", borne)
    _mark(order, reversed_=False)


def _mark(order: Order, *, reversed_: bool) -> None:
    for part in session().scalars(select(SaleEdition).where(SaleEdition.order_id == order.id)):
        part.reversed = reversed_


def _add(lines: dict[str, int], order: Order, edition_id: str, net: Money) -> None:
    view = releases.release(edition_id)
    reserve = accounts.reserve(view.rules.id)
    # Credits are negative: what waits in the reserve, this sale's own lines included.
    kept = ledger_queries.balance(reserve, order.currency).micros + lines.get(reserve, 0)
    pot = Money(net.micros + max(0, -kept), order.currency)
    each = per_share(pot, view.shares_total).micros
    given = each * view.shares_total
    lines[accounts.pool(edition_id)] = -given
    lines[reserve] = lines.get(reserve, 0) + given - net.micros
    session().add(
        SaleEdition(
            order_id=order.id,
            edition_id=edition_id,
            collection_id=view.rules.id,
            net_micros=net.micros,
            per_share_micros=each,
            sold_at=order.paid_at or now(),
            reversed=False,
        )
    )
