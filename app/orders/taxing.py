"""Whom an order's invoice is made out to, and the tax for them: fixed before it is paid."""

import json
from dataclasses import asdict

from app.invoicing import queries as invoicing
from app.invoicing.queries import Party
from app.invoicing.tax import TaxRules
from app.orders.models import Order


def fix(order: Order, rules: TaxRules) -> bool:
    """Fix it as the buyer's billing details are now; only before the payment is begun.

    Returns
    -------
    bool
        Whether the total is another one.
    """
    buyer = invoicing.details(order.buyer_id)
    taxed, before = rules.taxed(order.shown_cents, buyer), order.total_cents
    order.total_cents, order.vat_basis_points = taxed.total_cents, taxed.basis_points
    order.vat_treatment = taxed.treatment
    order.billed_to = json.dumps(asdict(buyer), ensure_ascii=False) if buyer else ""
    return order.total_cents != before


def billed_to(order: Order) -> Party | None:
    """Return whom it is made out to, where the buyer said so."""
    return Party(**json.loads(order.billed_to)) if order.billed_to else None
