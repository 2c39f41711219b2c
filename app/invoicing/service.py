import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from app.core import audit
from app.core.db import new_id, session
from app.core.dialects import hold_alone
from app.core.permissions import Actor
from app.invoicing import issuer, queries
from app.invoicing.errors import NothingInvoiced, OccasionReused
from app.invoicing.models import BillingDetails, BillingDocument
from app.invoicing.queries import Party, Series
from app.ledger import service as ledger
from pricing.vat import vat_included

#: The lock of both series. Whoever holds accounts of the book takes it after them.
NUMBERS = "invoices"


@dataclass(frozen=True)
class _Contents:
    series: Series
    order_id: str
    buyer_id: str
    gross_cents: int
    vat_cents: int
    currency: str
    vat_basis_points: int


def issue_invoice(
    *,
    order_id: str,
    buyer_id: str,
    occasion: str,
    gross_cents: int,
    currency: str,
    vat_basis_points: int,
    vat_cents: int | None = None,
    buyer: Party | None = None,
) -> int:
    """Issue the invoice of a payment, once, inside the unit of work that books the money.

    Parameters
    ----------
    occasion : str
        What it is issued for, such as "sale:<order>"; the same occasion gives the same
        invoice.
    gross_cents : int
        What was paid, tax included; for 0 there is no invoice.
    vat_basis_points : int
        The rate of the tax, in hundredths of a percent.
    vat_cents : int, optional
        The tax in it, where it makes up for a credit note; by default that in the gross amount.
    buyer : Party, optional
        Whom it is made out to; by default as the buyer is called now.

    Returns
    -------
    int
        Its number, 0 where there is none.

    Raises
    ------
    OccasionReused
    """
    if vat_cents is None:
        vat_cents = vat_included(gross_cents, vat_basis_points)
    return _issue(
        _Contents(
            Series.INVOICE,
            order_id,
            buyer_id,
            gross_cents,
            vat_cents,
            currency,
            vat_basis_points,
        ),
        occasion,
        buyer,
    )


def issue_credit_note(
    *,
    order_id: str,
    buyer_id: str,
    occasion: str,
    gross_cents: int,
    vat_cents: int,
    currency: str,
    vat_basis_points: int,
    buyer: Party | None = None,
) -> int:
    """Issue a credit note on the latest invoice of an order, once, as the money is booked.

    Parameters
    ----------
    occasion : str
        What it is issued for, such as "refund:<refund>" or "dispute:<dispute>", from which it
        says its reason; the same occasion gives the same credit note.
    gross_cents, vat_cents : int
        What is taken back, tax included, and the tax of it; for 0 there is no credit note.
    buyer : Party, optional
        Whom it is made out to; by default as the buyer is called now.

    Returns
    -------
    int
        Its number, 0 where there is none.

    Raises
    ------
    OccasionReused, NothingInvoiced
    """
    return _issue(
        _Contents(
            Series.CREDIT_NOTE,
            order_id,
            buyer_id,
            gross_cents,
            vat_cents,
            currency,
            vat_basis_points,
        ),
        occasion,
        buyer,
    )


def _issue(contents: _Contents, occasion: str, buyer: Party | None) -> int:
    if contents.gross_cents == 0:
        return 0
    if not 0 <= contents.vat_cents <= contents.gross_cents:
        raise ValueError("the tax of a document lies between nothing and its amount")
    # Until the unit of work ends: a number that is given back would be a gap.
    ledger.hold([NUMBERS])
    known = _of_occasion(occasion)
    if known is not None:
        if _contents(known) != contents:
            raise OccasionReused(f"{occasion} has another document")
        return known.number
    corrects = None
    if contents.series is Series.CREDIT_NOTE:
        corrects = _latest(Series.INVOICE, contents.order_id)
        if corrects is None:
            raise NothingInvoiced(f"{contents.order_id} has no invoice")
    called = buyer or queries.party(contents.buyer_id)
    document = BillingDocument(
        id=new_id(),
        series=contents.series,
        number=(_latest(contents.series) or 0) + 1,
        occasion=occasion,
        order_id=contents.order_id,
        buyer_id=contents.buyer_id,
        currency=contents.currency,
        gross_cents=contents.gross_cents,
        vat_cents=contents.vat_cents,
        vat_basis_points=contents.vat_basis_points,
        corrects=corrects,
        issuer=_json(asdict(issuer.present())),
        buyer=_json({**asdict(called), "account": contents.buyer_id}),
    )
    session().add(document)
    session().flush()
    return document.number


def change_details(actor: Actor, details: Party) -> None:
    """Keep how a buyer wants to be called on documents from now on."""
    # A row that is not there yet cannot be locked, and two clicks would both insert it.
    hold_alone([f"billing:{actor.user_id}"])
    row = session().get(BillingDetails, actor.user_id)
    if row is None:
        row = BillingDetails(user_id=actor.user_id)
        session().add(row)
    row.name, row.address = details.name.strip(), details.address.strip()
    row.country, row.vat_number = details.country, details.vat_number
    row.organisation = details.organisation
    audit.record(actor.user_id, "change-billing-details", "user", actor.user_id)


def forget_details(actor: Actor) -> None:
    """Erase how a buyer wants to be called; documents that were issued keep what they say."""
    row = session().get(BillingDetails, actor.user_id)
    if row is not None:
        session().delete(row)
        session().flush()
        audit.record(actor.user_id, "erase-billing-details", "user", actor.user_id)


def _of_occasion(occasion: str) -> BillingDocument | None:
    chosen = select(BillingDocument).where(BillingDocument.occasion == occasion)
    return session().scalars(chosen).one_or_none()


def _contents(row: BillingDocument) -> _Contents:
    return _Contents(
        Series(row.series),
        row.order_id,
        row.buyer_id,
        row.gross_cents,
        row.vat_cents,
        row.currency,
        row.vat_basis_points,
    )


def _latest(series: Series, order_id: str = "") -> int | None:
    chosen = select(func.max(BillingDocument.number)).where(BillingDocument.series == series)
    if order_id:
        chosen = chosen.where(BillingDocument.order_id == order_id)
    return session().scalar(chosen)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
