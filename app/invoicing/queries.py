import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from app.core.db import Database, session
from app.core.dialects import month_of
from app.core.errors import NotFound
from app.core.permissions import Actor, Role, require_owner
from app.invoicing.issuer import Issuer
from app.invoicing.models import BillingDetails, BillingDocument
from app.users import queries as users
from pricing.money import Money


class Series(StrEnum):
    """What is numbered by itself."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


@dataclass(frozen=True)
class Party:
    """How a buyer is called on documents; all but the name may be empty."""

    name: str
    address: str = ""
    country: str = ""
    vat_number: str = ""
    organisation: bool = False


@dataclass(frozen=True)
class DocumentView:
    """An invoice or a credit note, as it was issued.

    Attributes
    ----------
    corrects : str
        The number of the invoice that a credit note corrects, as it is written; else empty.
    """

    series: Series
    number: int
    occasion: str
    order_id: str
    buyer_id: str
    issued_at: datetime
    gross: Money
    vat: Money
    vat_basis_points: int
    corrects_number: int | None
    corrects: str
    issuer: Issuer
    buyer: Party

    @property
    def net(self) -> Money:
        """The amount without its tax."""
        return self.gross - self.vat

    @property
    def written(self) -> str:
        """The number as it is written: with the year before it."""
        return written(self.series, self.number, self.issued_at)


@dataclass(frozen=True)
class MonthSum:
    """What the documents of a month come to at one rate; credit notes are taken off."""

    month: str
    currency: str
    vat_basis_points: int
    invoices: int
    credit_notes: int
    gross: Money
    vat: Money

    @property
    def net(self) -> Money:
        """The sum without its tax."""
        return self.gross - self.vat


def written(series: str, number: int, issued_at: datetime) -> str:
    """Write a number: the year, then six digits; credit notes have a letter before it."""
    letter = "C" if series == Series.CREDIT_NOTE else ""
    return f"{letter}{issued_at:%Y}-{number:06d}"


def details(user_id: str) -> Party | None:
    """Return how a buyer asked to be called on documents."""
    row = session().get(BillingDetails, user_id)
    if row is None:
        return None
    return Party(row.name, row.address, row.country, row.vat_number, row.organisation)


def party(user_id: str) -> Party:
    """Return how a buyer is called on documents: as they asked, else by their public name."""
    return details(user_id) or Party(users.display_name(user_id))


def document(actor: Actor, series: Series, number: int) -> DocumentView:
    """Return one's own document; the operator sees all.

    Raises
    ------
    NotFound
    """
    chosen = select(BillingDocument).where(
        BillingDocument.series == series, BillingDocument.number == number
    )
    row = session().scalars(chosen).one_or_none()
    if row is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    if not actor.has(Role.OPERATOR):
        require_owner(actor, row.buyer_id)
    return view(row, _when(row.corrects))


def of_order(order_id: str) -> tuple[DocumentView, ...]:
    """Return the documents of an order, oldest first."""
    return _views(BillingDocument.order_id == order_id)


def of_buyer(user_id: str) -> tuple[DocumentView, ...]:
    """Return a buyer's documents, oldest first."""
    return _views(BillingDocument.buyer_id == user_id)


def latest(limit: int) -> tuple[DocumentView, ...]:
    """Return the latest documents, newest first."""
    order = (
        BillingDocument.issued_at.desc(),
        BillingDocument.series,
        BillingDocument.number.desc(),
    )
    rows = session().scalars(select(BillingDocument).order_by(*order).limit(limit))
    return tuple(view(row, _when(row.corrects)) for row in rows)


def months() -> tuple[MonthSum, ...]:
    """Return what the documents of each month come to, by currency and rate, newest first.

    Added up inside the database. Months are those of UTC.
    """
    month = month_of(BillingDocument.issued_at)
    chosen = select(
        month,
        BillingDocument.currency,
        BillingDocument.vat_basis_points,
        BillingDocument.series,
        func.count(),
        func.sum(BillingDocument.gross_cents),
        func.sum(BillingDocument.vat_cents),
    ).group_by(
        month, BillingDocument.currency, BillingDocument.vat_basis_points, BillingDocument.series
    )
    found: dict[tuple[str, str, int], dict[str, tuple[int, int, int]]] = {}
    for when, currency, rate, series, count, gross, vat in session().execute(chosen):
        parts = found.setdefault((when, currency, rate), {})
        parts[series] = (int(count), int(gross), int(vat))
    keys = sorted(found, key=lambda key: (key[1], -key[2]))
    keys.sort(key=lambda key: key[0], reverse=True)
    return tuple(_month_sum(*key, found[key]) for key in keys)


def gaps() -> dict[str, int]:
    """Return, for each series that has one, the first number that is missing."""
    chosen = select(
        BillingDocument.series, func.count(), func.max(BillingDocument.number)
    ).group_by(BillingDocument.series)
    found = {}
    for series, count, highest in session().execute(chosen).all():
        if count != highest:
            found[series] = _first_missing(series)
    return found


def stream(db: Database) -> Iterator[DocumentView]:
    """Yield every document, oldest first, without holding them all.

    Outlives the request that asked for it, so it has a connection of its own.
    """
    invoice = select(BillingDocument.number, BillingDocument.issued_at).where(
        BillingDocument.series == Series.INVOICE
    )
    corrected = invoice.subquery()
    chosen = (
        select(BillingDocument.__table__, corrected.c.issued_at.label("corrected_at"))
        .outerjoin(corrected, corrected.c.number == BillingDocument.corrects)
        .order_by(BillingDocument.issued_at, BillingDocument.series, BillingDocument.number)
    )
    with db.engine.connect() as connection:
        for row in connection.execution_options(yield_per=1000).execute(chosen):
            yield view(row, row.corrected_at)


def view(row: Any, corrected_at: datetime | None) -> DocumentView:
    """Return a row as a document."""
    buyer: dict[str, Any] = json.loads(row.buyer)
    buyer.pop("account", None)
    corrects = ""
    if row.corrects is not None and corrected_at is not None:
        corrects = written(Series.INVOICE, row.corrects, corrected_at)
    return DocumentView(
        Series(row.series),
        row.number,
        row.occasion,
        row.order_id,
        row.buyer_id,
        row.issued_at,
        Money.from_cents(row.gross_cents, row.currency),
        Money.from_cents(row.vat_cents, row.currency),
        row.vat_basis_points,
        row.corrects,
        corrects,
        Issuer(**json.loads(row.issuer)),
        Party(**buyer),
    )


def _views(condition: Any) -> tuple[DocumentView, ...]:
    order = (BillingDocument.issued_at, BillingDocument.series.desc(), BillingDocument.number)
    rows = session().scalars(select(BillingDocument).where(condition).order_by(*order))
    return tuple(view(row, _when(row.corrects)) for row in rows)


def _when(invoice: int | None) -> datetime | None:
    if invoice is None:
        return None
    chosen = select(BillingDocument.issued_at).where(
        BillingDocument.series == Series.INVOICE, BillingDocument.number == invoice
    )
    return session().scalar(chosen)


def _month_sum(
    month: str, currency: str, rate: int, parts: dict[str, tuple[int, int, int]]
) -> MonthSum:
    none = (0, 0, 0)
    invoices, gross, vat = parts.get(Series.INVOICE, none)
    notes, less, less_vat = parts.get(Series.CREDIT_NOTE, none)
    return MonthSum(
        month,
        currency,
        rate,
        invoices,
        notes,
        Money.from_cents(gross - less, currency),
        Money.from_cents(vat - less_vat, currency),
    )


def _first_missing(series: str) -> int:
    mine = BillingDocument.series == series
    following = aliased(BillingDocument)
    follows = exists().where(
        following.series == series, following.number == BillingDocument.number + 1
    )
    if session().scalar(select(func.min(BillingDocument.number)).where(mine)) != 1:
        return 1
    return 1 + (
        session().scalar(select(func.min(BillingDocument.number)).where(mine, ~follows)) or 0
    )
