"""What a document says, in the reader's language: the same on the page and as PDF."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.catalog import queries as catalog
from app.catalog.products import Product, ProductKey
from app.collections.texts import tier_name
from app.core.permissions import SYSTEM, Actor
from app.invoicing import queries as invoicing
from app.invoicing.issuer import Issuer
from app.invoicing.queries import DocumentView, Party, Series
from app.invoicing.tax import Treatment
from app.openness import site
from app.orders import queries as orders
from app.orders.purposes import sentence
from app.orders.queries import KeptLine, OrderView
from app.releases.queries import ReleaseView
from app.web.filters import moment, number
from pricing.money import Money, whole_cents
from pricing.quote import Step

#: A rarity up to this does not raise a price visibly.
PLAIN = 1.001

Found = list[tuple[ProductKey, ReleaseView, Product]]
KINDS = {
    "fixed": _l("once per buyer"),
    "floor": _l("least price of"),
    "table": _l("table"),
    "bulk": _l("bulk step"),
    "overlap": _l("answers that overlap"),
    "owned": _l("what you own already"),
    "minimum": _l("smallest order"),
    "rounding": _l("rounding to the cent"),
    "vat": _l("VAT"),
    "untaxed": _l("VAT in the price, which you do not pay"),
}
#: What the law wants on a document without tax.
UNTAXED = {
    Treatment.REVERSE_CHARGE: _l("Reverse charge, article 196 of Directive 2006/112/EC."),
    Treatment.OUTSIDE: _l("No VAT: the place of supply is the buyer’s country."),
}


@dataclass(frozen=True)
class Row:
    """A line of a document: what it is for, and in smaller letters why it costs that."""

    what: str
    why: str
    amount: Money


class Shown(Protocol):
    """What an invoice, a credit note and a quote have in common."""

    @property
    def order_id(self) -> str:
        """The order."""

    @property
    def issued_at(self) -> datetime:
        """When it was made."""

    @property
    def issuer(self) -> Issuer:
        """Who sells."""

    @property
    def buyer(self) -> Party:
        """Who buys."""

    @property
    def gross(self) -> Money:
        """The amount with its tax."""

    @property
    def vat(self) -> Money:
        """The tax in it."""

    @property
    def net(self) -> Money:
        """The amount without its tax."""


@dataclass(frozen=True)
class Described:
    """A document with every word that stands on it.

    Attributes
    ----------
    file : str
        What its PDF is called.
    paid : str
        Of an invoice: when and how it was paid; of a quote: how long it holds.
    reason : str
        Of a credit note: what it takes back, and why.
    purpose, licence : str
        What the tables were bought for, and what may be done with them, with its address.
    purchase_number : str
        The buyer's own number for the purchase.
    rate : str
        The rate of the tax.
    untaxed : str
        Why there is no tax, where there is none.
    """

    document: Shown
    file: str
    title: str
    rows: tuple[Row, ...]
    paid: str
    reason: str
    purpose: str
    licence: str
    purchase_number: str
    rate: str
    untaxed: str


def document(actor: Actor, series: Series, number_: int) -> Described:
    """Return one's own document; the operator sees all.

    Raises
    ------
    NotFound
    """
    found = invoicing.document(actor, series, number_)
    # Whose the document is, is known by now.
    order = orders.order(SYSTEM, found.order_id)
    reason = _reason(found)
    return Described(
        found,
        f"moisson-{series}-{found.written}.pdf",
        _title(found),
        _rows(found, order, reason),
        _paid(found, order, reason),
        reason,
        str(sentence(order.purpose, paid=True)),
        licence_of(order),
        order.purchase_number,
        rate_of(found.vat_basis_points),
        untaxed(order, found.issuer),
    )


def rate_of(basis_points: int) -> str:
    """Write a rate of tax."""
    return number(basis_points / 100) + "\N{NO-BREAK SPACE}%"


def untaxed(order: OrderView, issuer: Issuer) -> str:
    """Say why there is no tax; nothing where there is one."""
    if order.vat_basis_points:
        return ""
    return str(UNTAXED.get(order.vat_treatment, issuer.vat_note))


def licence_of(order: OrderView) -> str:
    """Say what may be done with the tables, with the address of the licence."""
    address = site.present().base + order.licence.path
    return f"{order.licence.allows} {_('The licence: %(url)s', url=address)}"


def _title(found: DocumentView) -> str:
    if found.series is Series.CREDIT_NOTE:
        return str(_("Credit note %(number)s", number=found.written))
    return str(_("Invoice and receipt %(number)s", number=found.written))


def _paid(found: DocumentView, order: OrderView, reason: str) -> str:
    if found.series is Series.CREDIT_NOTE:
        return ""
    if reason or order.paid_at is None:
        return ""
    return str(
        _(
            "Paid on %(day)s through the payment provider, payment %(payment)s.",
            day=moment(order.paid_at, "date"),
            payment=order.payment_intent or "–",
        )
    )


def _reason(found: DocumentView) -> str:
    """Say why there is a document; the invoice of a sale needs no reason."""
    occasion = found.occasion.split(":")[0]
    if found.series is Series.INVOICE:
        if occasion == "sale":
            return ""
        if occasion == "refund-failed":
            return str(_("The bank did not take a refund, so the amount is charged again."))
        return str(_("The bank gave the payment again, so the amount is charged again."))
    if occasion == "dispute":
        return str(
            _("Your bank took the payment back; corrects %(invoice)s.", invoice=found.corrects)
        )
    if _whole(found):
        return str(_("Refunded in full; corrects %(invoice)s.", invoice=found.corrects))
    return str(_("Refunded in part; corrects %(invoice)s.", invoice=found.corrects))


def _whole(found: DocumentView) -> bool:
    invoices = invoicing.of_order(found.order_id)
    return any(
        one.series is Series.INVOICE
        and one.number == found.corrects_number
        and one.gross == found.gross
        for one in invoices
    )


def _rows(found: DocumentView, order: OrderView, reason: str) -> tuple[Row, ...]:
    if found.series is Series.INVOICE and not reason and found.gross == order.total:
        return rows_of(order)
    tables = "; ".join(_name(*one) for one in _products(order))
    return (Row(_("Order %(id)s", id=order.id[:8]), tables, found.gross),)


def rows_of(order: OrderView) -> tuple[Row, ...]:
    """Return what the total of an order is made of, in whole cents that add up to it."""
    products = _products(order)
    cents = whole_cents(line.amount for line in order.lines)
    lines = zip(order.lines, cents, strict=True)
    return tuple(
        _row(line, products, part) for line, part in lines if part or line.kind != "rounding"
    )


def _products(order: OrderView) -> Found:
    found = catalog.found_all(order.products)
    return [(key, *one) for key, one in zip(order.products, found, strict=True)]


def _name(key: ProductKey, view: ReleaseView, product: Product) -> str:
    tier = tier_name(product.tier.name)
    table = " × ".join(product.marginal)
    return f"{view.rules.title} {view.edition.number}: {table} ({tier})"


def _row(line: KeptLine, products: Found, amount: Money) -> Row:
    what = str(KINDS.get(line.kind, line.kind))
    for key, view, product in products:
        if line.product is not None and key == line.product:
            what = f"{what}: {_name(key, view, product)}"
        elif line.product is None and line.edition == view.edition.id:
            what = f"{KINDS.get(line.kind, line.kind)} {view.rules.title} {view.edition.number}"
    return Row(what, _why(line), amount)


def _why(line: KeptLine) -> str:
    parts = []
    if line.respondents is not None:
        asked = number(line.respondents)
        if line.cells is None:
            parts.append(_("a share of one half: as precise as asking %(n)s people", n=asked))
        else:
            parts.append(_("an average cell: as precise as asking %(n)s people", n=asked))
    if line.rarity is not None and line.rarity > PLAIN:
        parts.append(_("rarity × %(f)s", f=number(line.rarity, 2)))
    if line.step is not None:
        parts.append(_step(line.step))
    return "; ".join(parts)


def _step(step: Step) -> str:
    points = number(step.points)
    if not step.start:
        return str(_("%(points)s value points", points=points))
    start = number(step.start)
    return str(
        _(
            "%(points)s value points: those from %(start)s on cost less each",
            points=points,
            start=start,
        )
    )
