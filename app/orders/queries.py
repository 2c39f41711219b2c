import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Select, cast, func, select

from app.catalog.products import ProductKey
from app.collections.rules import Purpose
from app.core.db import beginning_with, session
from app.core.dialects import month_of
from app.core.errors import NotFound
from app.core.permissions import Actor, Role, require_owner
from app.invoicing.queries import Party
from app.invoicing.tax import Treatment
from app.openness import licences
from app.openness.licences import Licence
from app.orders import taxing
from app.orders.models import Order, OrderItem, Refund, SaleEdition
from app.orders.states import OrderState, RefundState
from pricing.money import Money
from pricing.quote import Step
from pricing.vat import vat_included


@dataclass(frozen=True)
class KeptLine:
    """A line of the quote as it was when the order was made.

    Attributes
    ----------
    respondents, cells : int or None
        Asking so many people tells the average of so many cells as precisely; without cells,
        under the first books, a share of one half.
    """

    kind: str
    amount: Money
    product: ProductKey | None
    respondents: int | None
    rarity: float | None
    edition: str | None = None
    editions: tuple[int, int] | None = None
    step: Step | None = None
    cells: int | None = None


@dataclass(frozen=True)
class OrderView:
    """An order as its buyer and the operator see it.

    Attributes
    ----------
    placed_by : str
        Who ordered it, where the buyer is a team.
    """

    id: str
    buyer_id: str
    placed_by: str
    state: OrderState
    purpose: Purpose
    licence: Licence
    total: Money
    total_cents: int
    fee_cents: int
    taken: Money
    vat_basis_points: int
    vat_treatment: Treatment
    billed_to: Party | None
    purchase_number: str
    book_version: str
    catalogue_number: int
    invoice_number: int | None
    lines: tuple[KeptLine, ...]
    products: tuple[ProductKey, ...]
    funding: str
    payment_intent: str | None
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    refunded_at: datetime | None

    @property
    def vat(self) -> Money:
        """The tax in the total."""
        cents = vat_included(self.total_cents, self.vat_basis_points)
        return Money.from_cents(cents, self.total.currency)

    @property
    def invoice(self) -> str:
        """The number on the invoice: counted without gaps, with the year before it."""
        if self.invoice_number is None or self.paid_at is None:
            return ""
        return f"{self.paid_at:%Y}-{self.invoice_number:06d}"


@dataclass(frozen=True)
class SaleView:
    """What one sale earned one edition.

    Attributes
    ----------
    per_share_micros, taken_micros : int
        Millionths of the currency unit for each released share, and what of it went back.
    purpose : Purpose
        The use the buyer stated.
    """

    order_id: str
    edition_id: str
    collection_id: str
    per_share_micros: int
    taken_micros: int
    sold_at: datetime
    purpose: Purpose
    currency: str

    @property
    def reversed(self) -> bool:
        """Whether nothing of it is left."""
        return 0 < self.taken_micros == self.per_share_micros

    @property
    def kept_micros(self) -> int:
        """What of it stands, a share."""
        return self.per_share_micros - self.taken_micros


@dataclass(frozen=True)
class Booked:
    """How a paid order was shared, as the book has it: the parts sum to the total.

    Attributes
    ----------
    editions : mapping of edition to Money
        What went to the contributors of each.
    """

    fee: Money
    vat: Money
    platform: Money
    editions: Mapping[str, Money]

    @property
    def contributors(self) -> Money:
        """What went to the contributors of all editions."""
        return sum(self.editions.values(), Money.zero(self.fee.currency))


@dataclass(frozen=True)
class Traced:
    """What the provider calls the charge of a paid order."""

    order_id: str
    charge: str | None


@dataclass(frozen=True)
class RefundView:
    """Money on its way back to a buyer, or back."""

    id: str
    order_id: str
    amount: Money
    state: RefundState
    provider_id: str | None
    reason: str
    at: datetime
    ended_at: datetime | None


#: What a share of a sale still earns.
_STANDING = SaleEdition.per_share_micros - SaleEdition.taken_micros
#: Somebody paid, and did not get all of it back.
_KEPT = Order.taken_cents < Order.total_cents


def order(actor: Actor, order_id: str) -> OrderView:
    """Return one's own order; the operator sees all.

    Raises
    ------
    NotFound
    """
    row = session().get(Order, order_id)
    if row is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    if not actor.has(Role.OPERATOR):
        require_owner(actor, row.buyer_id)
    return _view(row)


def buyer_of(order_id: str) -> str:
    """Return whose an order is; an empty text where there is none."""
    return session().scalar(select(Order.buyer_id).where(Order.id == order_id)) or ""


def booked(order: OrderView) -> Booked | None:
    """Return how a paid order was shared; None before it was paid."""
    if order.invoice_number is None:
        return None
    fee = Money.from_cents(order.fee_cents, order.total.currency)
    rows = session().scalars(select(SaleEdition).where(SaleEdition.order_id == order.id))
    editions = {row.edition_id: Money(row.net_micros, fee.currency) for row in rows}
    contributors = sum(editions.values(), Money.zero(fee.currency))
    return Booked(fee, order.vat, order.total - fee - order.vat - contributors, editions)


def of_buyer(buyer_id: str) -> tuple[OrderView, ...]:
    """Return a buyer's orders, newest first."""
    return _listed(Order.buyer_id == buyer_id)


def placed_for_teams(user_id: str) -> tuple[str, ...]:
    """Return the orders that somebody placed for teams, oldest first."""
    chosen = select(Order.id).where(Order.placed_by == user_id)
    return tuple(session().scalars(chosen.order_by(Order.created_at, Order.id)))


def latest(limit: int = 100) -> tuple[OrderView, ...]:
    """Return the latest orders of all buyers."""
    chosen = select(Order).order_by(Order.created_at.desc(), Order.id).limit(limit)
    return tuple(_view(row) for row in session().scalars(chosen))


def with_checkout(session_id: str) -> str | None:
    """Return the order a checkout session belongs to."""
    return session().scalar(select(Order.id).where(Order.checkout_session == session_id))


def with_payment(payment_intent: str) -> str | None:
    """Return the order that a payment paid."""
    return session().scalar(select(Order.id).where(Order.payment_intent == payment_intent))


def known(order_id: str) -> bool:
    """Say whether an order is one of ours."""
    return session().get(Order, order_id) is not None


def traced() -> tuple[Traced, ...]:
    """Return what the provider calls the payment of each paid order."""
    chosen = select(Order.id, Order.charge).where(Order.paid_at.is_not(None))
    return tuple(Traced(*row) for row in session().execute(chosen))


def spent_from(account: str) -> int:
    """Return the cents that stand of what was paid from an account of the book."""
    chosen = select(func.coalesce(func.sum(Order.total_cents - Order.taken_cents), 0))
    paid = chosen.where(Order.funding == account, Order.paid_at.is_not(None))
    return int(session().scalar(paid) or 0)


def refunds(order_id: str | None = None) -> tuple[RefundView, ...]:
    """Return the refunds of an order, or of all, oldest first."""
    chosen = select(Refund, Order.currency).join(Order, Order.id == Refund.order_id)
    if order_id is not None:
        chosen = chosen.where(Refund.order_id == order_id)
    return tuple(
        RefundView(
            row.id,
            row.order_id,
            Money.from_cents(row.cents, currency),
            RefundState(row.state),
            row.provider_id,
            row.reason,
            row.at,
            row.ended_at,
        )
        for row, currency in session().execute(chosen.order_by(Refund.at, Refund.id))
    )


def counted() -> dict[OrderState, int]:
    """Return how many orders are in each state."""
    rows = session().execute(select(Order.state, func.count()).group_by(Order.state))
    return {OrderState(state): count for state, count in rows}


def unfinished() -> tuple[str, ...]:
    """Return the orders whose payment or refund is under way: to ask the provider about."""
    states = (OrderState.PAYING, OrderState.PENDING, OrderState.REFUNDING)
    refunds = select(Refund.order_id).where(Refund.state == RefundState.INTENDED)
    chosen = select(Order.id).where(Order.state.in_(states) | Order.id.in_(refunds))
    return tuple(session().scalars(chosen))


def editions_sold(since: datetime, until: datetime) -> tuple[str, ...]:
    """Return the editions that were sold from a moment on and before another."""
    chosen = select(SaleEdition.edition_id).where(
        SaleEdition.sold_at >= since, SaleEdition.sold_at < until
    )
    return tuple(session().scalars(chosen.distinct()))


def count_sales(
    edition_ids: Collection[str], since: datetime, until: datetime | None = None
) -> int:
    """Count the sales of some editions from a moment on, and before another."""
    chosen = select(func.count()).where(
        SaleEdition.edition_id.in_(edition_ids), SaleEdition.sold_at >= since
    )
    if until is not None:
        chosen = chosen.where(SaleEdition.sold_at < until)
    return session().scalar(chosen) or 0


@dataclass(frozen=True)
class MonthSales:
    """Sales of an edition in a month, those taken back wholly left out.

    Attributes
    ----------
    month : str
        YYYY-MM, in UTC.
    per_share_micros : int
        What they earned each share, as far as it was not taken back.
    """

    edition_id: str
    collection_id: str
    month: str
    sales: int
    per_share_micros: int


def sold_by_month(edition_ids: Collection[str], since: datetime) -> tuple[MonthSales, ...]:
    """Return what editions sold in each month from a moment on."""
    month = month_of(SaleEdition.sold_at)
    chosen = (
        select(
            SaleEdition.edition_id,
            SaleEdition.collection_id,
            month,
            func.count(),
            cast(func.sum(_STANDING), BigInteger),
        )
        .join(Order, Order.id == SaleEdition.order_id)
        .where(SaleEdition.edition_id.in_(edition_ids), SaleEdition.sold_at >= since, _KEPT)
        .group_by(SaleEdition.edition_id, SaleEdition.collection_id, month)
    )
    return tuple(MonthSales(*row) for row in session().execute(chosen))


def sold_to_others(
    edition_ids: Collection[str], seller_id: str, since: datetime, until: datetime
) -> dict[str, int]:
    """Count the orders of each edition that others paid from a moment on, before another."""
    chosen = (
        select(SaleEdition.edition_id, func.count())
        .join(Order, Order.id == SaleEdition.order_id)
        .where(SaleEdition.edition_id.in_(edition_ids), Order.buyer_id != seller_id, _KEPT)
        .where(SaleEdition.sold_at >= since, SaleEdition.sold_at < until)
        .group_by(SaleEdition.edition_id)
    )
    return {edition_id: count for edition_id, count in session().execute(chosen)}


def begun_by_others(
    edition_ids: Collection[str], seller_id: str, since: datetime, until: datetime
) -> dict[str, int]:
    """Count the orders of each edition that others began, whether they paid or not."""
    chosen = (
        select(OrderItem.edition_id, func.count(OrderItem.order_id.distinct()))
        .join(Order, Order.id == OrderItem.order_id)
        .where(OrderItem.edition_id.in_(edition_ids), Order.buyer_id != seller_id)
        .where(Order.created_at >= since, Order.created_at < until)
        .group_by(OrderItem.edition_id)
    )
    return {edition_id: count for edition_id, count in session().execute(chosen)}


def sold_by_collection(since: datetime, until: datetime) -> dict[str, int]:
    """Count the editions of each collection that were sold: never to be shown one by one."""
    chosen = (
        select(SaleEdition.collection_id, func.count())
        .join(Order, Order.id == SaleEdition.order_id)
        .where(SaleEdition.sold_at >= since, SaleEdition.sold_at < until, _KEPT)
        .group_by(SaleEdition.collection_id)
    )
    return {collection_id: count for collection_id, count in session().execute(chosen)}


def sales_of(
    edition_ids: tuple[str, ...],
    since: datetime | None = None,
    until: datetime | None = None,
    most: int | None = None,
) -> tuple[SaleView, ...]:
    """Return what sales earned some editions, newest first.

    Parameters
    ----------
    since, until : datetime, optional
        From the first, and before the second.
    most : int, optional
        So many at most.
    """
    chosen = (
        select(SaleEdition, Order.purpose, Order.currency)
        .join(Order, Order.id == SaleEdition.order_id)
        .where(SaleEdition.edition_id.in_(edition_ids))
        .order_by(SaleEdition.sold_at.desc(), SaleEdition.order_id)
    )
    if since is not None:
        chosen = chosen.where(SaleEdition.sold_at >= since)
    if until is not None:
        chosen = chosen.where(SaleEdition.sold_at < until)
    chosen = chosen.limit(most)
    return tuple(
        SaleView(
            sale.order_id,
            sale.edition_id,
            sale.collection_id,
            sale.per_share_micros,
            sale.taken_micros,
            sale.sold_at,
            Purpose(purpose),
            currency,
        )
        for sale, purpose, currency in session().execute(chosen)
    )


@dataclass(frozen=True)
class LargeSales:
    """Sales of so many cents or more, that nobody looked at, count up to a moment only."""

    cents: int
    until: datetime


def per_share_until(
    edition_ids: tuple[str, ...], until: datetime, large: LargeSales | None = None
) -> dict[str, int]:
    """Return each edition's cumulative earnings per share from sales up to a moment."""
    chosen = (
        select(SaleEdition.edition_id, func.sum(_STANDING))
        .where(SaleEdition.edition_id.in_(edition_ids), SaleEdition.sold_at <= until)
        .group_by(SaleEdition.edition_id)
    )
    if large is not None:
        looked_at = (Order.total_cents < large.cents) | Order.reviewed_at.is_not(None)
        chosen = chosen.join(Order, Order.id == SaleEdition.order_id).where(
            looked_at | (SaleEdition.sold_at <= large.until)
        )
    rows = session().execute(chosen)
    return {edition_id: int(total) for edition_id, total in rows}


def per_share_select() -> Select[str, int]:
    """Return a query for the cumulative earnings per share of every edition that was ever sold.

    Its columns are `edition_id` and `per_share_micros`: the sum over the sales that stand, 0
    where all were refunded. For work on whole sets, inside the database.
    """
    return select(
        SaleEdition.edition_id,
        # PostgreSQL sums whole numbers into a decimal; one too large for 64 bits is refused.
        cast(func.sum(_STANDING), BigInteger).label("per_share_micros"),
    ).group_by(SaleEdition.edition_id)


def _listed(condition: object) -> tuple[OrderView, ...]:
    chosen = select(Order).where(condition).order_by(Order.created_at.desc(), Order.id)  # type: ignore[arg-type]
    return tuple(_view(row) for row in session().scalars(chosen))


def _view(row: Order) -> OrderView:
    products = session().scalars(
        select(OrderItem.product).where(OrderItem.order_id == row.id).order_by(OrderItem.product)
    )
    return OrderView(
        row.id,
        row.buyer_id,
        row.placed_by,
        OrderState(row.state),
        Purpose(row.purpose),
        licences.named(row.licence),
        Money.from_cents(row.total_cents, row.currency),
        row.total_cents,
        row.fee_cents,
        Money.from_cents(row.taken_cents, row.currency),
        row.vat_basis_points,
        Treatment(row.vat_treatment),
        taxing.billed_to(row),
        row.purchase_number,
        row.book_version,
        row.catalogue_number,
        row.invoice_number,
        _lines(row),
        tuple(ProductKey.parse(text) for text in products),
        row.funding,
        row.payment_intent,
        row.created_at,
        row.expires_at,
        row.paid_at,
        row.refunded_at,
    )


def _lines(row: Order) -> tuple[KeptLine, ...]:
    """Return what the total is made of: the price shown, then the tax on top or taken off."""
    lines = tuple(_kept_line(line, row.currency) for line in json.loads(row.lines))
    more = Money.from_cents(row.total_cents - row.shown_cents, row.currency)
    if not more:
        return lines
    kind = "vat" if more.micros > 0 else "untaxed"
    return (*lines, KeptLine(kind, more, None, None, None))


def _kept_line(line: Mapping[str, Any], currency: str) -> KeptLine:
    step = line.get("step")
    editions = line.get("editions")
    return KeptLine(
        line["kind"],
        Money(line["micros"], currency),
        ProductKey.parse(line["product"]) if line["product"] else None,
        line["respondents"],
        line["rarity"],
        line.get("edition"),
        (editions[0], editions[1]) if editions else None,
        Step(step[0], step[1], Money(step[2], currency), Money(step[3], currency))
        if step
        else None,
        line.get("cells"),
    )


def identified(text: str) -> str:
    """Return the order whose identifier begins with a text: for the operator.

    Raises
    ------
    NotFound
    """
    found = beginning_with(Order.id, text)
    if found is None:
        raise NotFound(_l("There is no such order, or more than one begins like that."))
    return found
