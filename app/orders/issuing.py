"""The documents that follow money: an invoice for what was paid, a credit note for what went back.

Each is issued in the unit of work that books the money, so that there is neither without the
other.
"""

from app.invoicing import service as invoicing
from app.orders import sale, taxing
from app.orders.models import Order


def invoice(order: Order) -> None:
    """Issue the invoice of a paid order and keep its number with the order."""
    order.invoice_number = invoicing.issue_invoice(
        order_id=order.id,
        buyer_id=order.buyer_id,
        occasion=f"sale:{order.id}",
        gross_cents=order.total_cents,
        currency=order.currency,
        vat_basis_points=order.vat_basis_points,
        buyer=taxing.billed_to(order),
    )


def credit(order: Order, occasion: str, start: int, stop: int) -> None:
    """Issue a credit note for what is taken back from one number of cents up to another."""
    if stop > start:
        invoicing.issue_credit_note(
            order_id=order.id,
            buyer_id=order.buyer_id,
            occasion=occasion,
            gross_cents=stop - start,
            vat_cents=sale.vat_between(order, start, stop),
            currency=order.currency,
            vat_basis_points=order.vat_basis_points,
            buyer=taxing.billed_to(order),
        )


def invoice_again(order: Order, occasion: str, start: int, stop: int) -> None:
    """Issue an invoice for what was credited between two numbers of cents and holds again."""
    if stop > start:
        invoicing.issue_invoice(
            order_id=order.id,
            buyer_id=order.buyer_id,
            occasion=occasion,
            gross_cents=stop - start,
            vat_cents=sale.vat_between(order, start, stop),
            currency=order.currency,
            vat_basis_points=order.vat_basis_points,
            buyer=taxing.billed_to(order),
        )
