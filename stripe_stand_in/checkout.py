"""Checkout Sessions: a payment page's life from open to complete or expired."""

from __future__ import annotations

from typing import Any

from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.events import emit
from stripe_stand_in.listing import page
from stripe_stand_in.params import CREATED, EXPAND, Fields, Labels, Several, Text, Whole, listing
from stripe_stand_in.payments import charge_card, debit_bank, settle_debit
from stripe_stand_in.problems import InvalidParameter, Problem
from stripe_stand_in.store import new_id

_SHORTEST, _LONGEST = 30 * 60, 24 * 3600
_SMALLEST_CENTS = 50


def create_session(call: Call) -> dict[str, Any]:
    """Answer POST /v1/checkout/sessions."""
    given = call.params
    currencies = {line["price_data"]["currency"] for line in given["line_items"]}
    if len(currencies) != 1:
        raise InvalidParameter("All line items must have one currency.", param="line_items")
    total = sum(
        line["price_data"]["unit_amount"] * line["quantity"] for line in given["line_items"]
    )
    if 0 < total < _SMALLEST_CENTS:
        raise Problem(
            "The Checkout Session's total amount due must add up to at least "
            f"{_SMALLEST_CENTS} cents",
            code="amount_too_small",
        )
    session = _session(call, total, currencies.pop())
    payment = given.get("payment_intent_data", {})
    lines = [_line(line) for line in given["line_items"]]
    hidden = {
        "metadata": payment.get("metadata", {}),
        "description": payment.get("description"),
        "transfer_group": payment.get("transfer_group"),
        "line_items": {
            "object": "list",
            "data": lines,
            "has_more": False,
            "url": f"/v1/checkout/sessions/{session['id']}/line_items",
        },
    }
    call.tx.add("checkout.session", session, call.now, hidden)
    return session


def _expiry(call: Call) -> int:
    expires = int(call.params.get("expires_at", call.now + _LONGEST))
    # Whoever asks may not know that a control has added to the clock.
    for moment in (expires, expires + call.added):
        # A minute of grace for the way here, as clocks differ.
        if call.now + _SHORTEST - 60 <= moment <= call.now + _LONGEST + 60:
            return moment
    raise InvalidParameter(
        "The `expires_at` timestamp must be 30 minutes to 24 hours from now.",
        param="expires_at",
    )


def _session(call: Call, total: int, currency: str) -> dict[str, Any]:
    given = call.params
    identifier = new_id("cs_test")
    return {
        "id": identifier,
        "object": "checkout.session",
        "allowed_payment_method_types": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "created": call.now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_details": None,
        "customer_email": None,
        "expires_at": _expiry(call),
        "livemode": False,
        "locale": given.get("locale"),
        "metadata": given.get("metadata", {}),
        "mode": "payment",
        "payment_intent": None,
        "payment_method_types": ["card", "sepa_debit"],
        "payment_status": "unpaid" if total else "no_payment_required",
        "shipping_options": [],
        "status": "open",
        "success_url": given["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{call.config.public_url}/checkout/{identifier}",
    }


def _line(line: dict[str, Any]) -> dict[str, Any]:
    price = line["price_data"]
    total = price["unit_amount"] * line["quantity"]
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "price": None,
        "quantity": line["quantity"],
    }


def pay(call: Call, identifier: str, *, delayed: bool = False) -> dict[str, Any]:
    """Complete an open session, as the buyer does on the payment page.

    Parameters
    ----------
    call : Call
        The request it belongs to.
    identifier : str
        Of the session.
    delayed : bool
        Whether a bank will say days later if it pays; `settle_delayed` says it.
    """
    session = _open(call, identifier)
    if session["amount_total"]:
        take = debit_bank if delayed else charge_card
        session["payment_intent"] = take(call, session, call.tx.hidden(identifier))
        session["payment_status"] = "unpaid" if delayed else "paid"
    session["status"] = "complete"
    session["url"] = None
    call.tx.save(session)
    emit(call, "checkout.session.completed", session)
    return session


def settle_delayed(call: Call, identifier: str, *, succeeded: bool = True) -> dict[str, Any]:
    """Let the bank of a delayed payment pay, or not; a session that is not paid stays complete.

    Raises
    ------
    Problem
        If no delayed payment of the session waits.
    """
    session = call.get("checkout.session", identifier)
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise Problem(f"No payment of this Checkout Session waits: {identifier}.")
    settle_debit(call, session["payment_intent"], succeeded=succeeded)
    if succeeded:
        session["payment_status"] = "paid"
        call.tx.save(session)
    emit(call, f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}", session)
    return session


def expire(call: Call, identifier: str) -> dict[str, Any]:
    """Answer POST /v1/checkout/sessions/{id}/expire; only an open session can."""
    session = _open(call, identifier)
    session["status"] = "expired"
    session["url"] = None
    call.tx.save(session)
    emit(call, "checkout.session.expired", session)
    return session


def _open(call: Call, identifier: str) -> dict[str, Any]:
    session = call.get("checkout.session", identifier)
    if session["status"] != "open":
        raise Problem(
            'Only Checkout Sessions with a status in ["open"] can be changed. '
            f"This one has a status of `{session['status']}`."
        )
    return session


def expire_due(call: Call) -> None:
    """Expire every open session whose time is over."""
    rows = call.tx.sql.execute(
        "SELECT id FROM objects WHERE kind = 'checkout.session' "
        "AND json_extract(body, '$.status') = 'open' "
        "AND json_extract(body, '$.expires_at') <= ?",
        (call.now,),
    ).fetchall()
    for (identifier,) in rows:
        expire(call, identifier)


def get_session(call: Call, identifier: str) -> dict[str, Any]:
    """Answer GET /v1/checkout/sessions/{id}."""
    return call.get("checkout.session", identifier)


def list_sessions(call: Call) -> dict[str, Any]:
    """Answer GET /v1/checkout/sessions."""
    return page(call, "checkout.session", "payment_intent", "status")


_PRODUCT = Fields({"name": Text(), "description": Text(), "metadata": Labels()}, ("name",))
_PRICE = Fields(
    {
        "currency": Text(3, pattern="[a-z]{3}"),
        "unit_amount": Whole(0, 99_999_999),
        "product_data": _PRODUCT,
    },
    ("currency", "unit_amount", "product_data"),
)
_LINE = Fields({"price_data": _PRICE, "quantity": Whole(1)}, ("price_data", "quantity"))
_PAYMENT = Fields({"description": Text(), "metadata": Labels(), "transfer_group": Text()})
_CARD = Fields({"request_three_d_secure": Text(choices=("any", "automatic", "challenge"))})
_OPTIONS = Fields({"card": _CARD})
_URL = Text(pattern=r"https?://.+")

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/checkout/sessions",
        create_session,
        Fields(
            {
                "cancel_url": _URL,
                "client_reference_id": Text(200),
                "expand": EXPAND,
                "expires_at": Whole(),
                "line_items": Several(_LINE, least=1),
                "locale": Text(choices=("auto", "en", "fr")),
                "metadata": Labels(),
                "mode": Text(choices=("payment",)),
                "payment_intent_data": _PAYMENT,
                "payment_method_options": _OPTIONS,
                "success_url": _URL,
            },
            ("mode", "line_items", "success_url"),
        ),
    ),
    Endpoint(
        "GET",
        "/v1/checkout/sessions",
        list_sessions,
        listing(
            created=CREATED,
            payment_intent=Text(),
            status=Text(choices=("open", "complete", "expired")),
        ),
    ),
    Endpoint("GET", "/v1/checkout/sessions/<identifier>", get_session, Fields({"expand": EXPAND})),
    Endpoint(
        "POST", "/v1/checkout/sessions/<identifier>/expire", expire, Fields({"expand": EXPAND})
    ),
)
