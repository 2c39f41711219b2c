"""Whom an order is billed to, and its tax: asked before the first payment, fixed with it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import Conflict
from app.core.permissions import SYSTEM, Actor, Role
from app.invoicing import queries as invoicing
from app.invoicing import service as billing
from app.invoicing.queries import Party
from app.invoicing.tax import TaxRules
from app.ledger import queries as ledger
from app.orders import queries, service
from app.orders.queries import OrderView
from tests.app.orders.test_documents import text_of
from tests.support import factories
from tests.support.browser import Browser as Sure
from tests.support.trading import Browser, Trade, post, trading

TYPED = {
    "kind": "organisation",
    "name": "Ada & Co",
    "address": "2 Long Street\nTown",
    "country": "DE",
    "vat_number": "DE136695976",
    "purchase_number": "PO-4711",
}
FIRM = Party("Ada & Co", "2 Long Street\nTown", "DE", "DE136695976", organisation=True)
PERSON = Party("Ada", "2 Long Street", "FR")
TAX = {
    "MOISSON_VAT_BASIS_POINTS": "2000",
    "MOISSON_VAT_COUNTRY": "FR",
    "MOISSON_VAT_RATES": "DE=1900",
}
GROSS = TaxRules(2000, "FR", {"DE": 1900})
NET = TaxRules(2000, "FR", {"DE": 1900}, net=True)


@pytest.fixture
def taxed(database_url: str, tmp_path: Path) -> Iterator[Trade]:
    with trading(database_url, tmp_path, **TAX) as market:
        yield market


def order_of(trade: Trade, order_id: str) -> OrderView:
    with trade.db.unit_of_work(write=False):
        return queries.order(SYSTEM, order_id)


def billed(trade: Trade, buyer: Actor, order_id: str, rules: TaxRules, party: Party) -> bool:
    with trade.db.unit_of_work():
        return service.bill(buyer, order_id, rules, party, " PO-1 ")


def test_the_address_is_asked_once_before_the_first_payment(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    keys, browser = trade.keys(made, "gold"), Browser(trade.app, buyer)
    order_id = trade.place(buyer, keys[:1])
    asked = browser.post(f"/orders/{order_id}/pay")
    assert (asked.status_code, asked.location) == (303, f"/orders/{order_id}/billing")
    assert trade.state(order_id) == "quoted"
    page = browser.get(asked.location)
    assert "Whom is the invoice for?" in page.text
    assert "Choose" in page.text
    wrong = browser.post(asked.location, **{**TYPED, "vat_number": "DE136695977"})
    assert wrong.status_code == 422
    assert 'id="vat_number-error"' in wrong.text
    paying = browser.post(asked.location, **TYPED)
    assert paying.status_code == 303
    assert "/checkout/" in paying.location
    assert post(paying.location, card="good") == 303
    trade.deliver()
    shown = browser.get("/documents/invoice/1").text
    for word in ("Ada &amp; Co", "2 Long Street", "DE136695976", "PO-4711"):
        assert word in shown, word
    assert "PO-4711" in browser.get(f"/orders/{order_id}").text
    # Kept for the next: no form in the way.
    second = trade.place(buyer, keys[1:2])
    assert "/checkout/" in browser.post(f"/orders/{second}/pay").location
    assert "PO-4711" not in browser.get(f"/orders/{second}").text


def test_asking_changes_nothing_and_is_over_once_paying_began(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold")[:1])
    before = order_of(trade, order_id)
    browser = Browser(trade.app, buyer)
    browser.get(f"/orders/{order_id}/billing")
    assert order_of(trade, order_id) == before
    trade.check_out(buyer, order_id)
    assert browser.get(f"/orders/{order_id}/billing").location == f"/orders/{order_id}"
    assert browser.post(f"/orders/{order_id}/billing", **TYPED).status_code == 302
    assert order_of(trade, order_id).billed_to is None
    with pytest.raises(Conflict):
        billed(trade, buyer, order_id, GROSS, FIRM)
    with trade.db.unit_of_work():
        billing.change_details(buyer, FIRM)
        assert not service.bill(buyer, order_id, GROSS)
    assert order_of(trade, order_id).total == before.total


def test_a_business_abroad_sees_the_price_without_tax_before_it_pays(taxed: Trade) -> None:
    made = factories.published(taxed.app)
    buyer = factories.account(taxed.app, Role.BUYER)
    order_id = taxed.place(buyer, taxed.keys(made, "gold")[:1])
    browser = Browser(taxed.app, buyer)
    told = browser.post(f"/orders/{order_id}/billing", **TYPED)
    assert (told.status_code, told.location) == (303, f"/orders/{order_id}")
    page = browser.get(f"/orders/{order_id}").text
    assert "The total changed" in page
    assert "reverse charge" in page
    paying = browser.post(f"/orders/{order_id}/pay")
    assert post(paying.location, card="good") == 303
    taxed.deliver()
    shown = browser.get("/documents/invoice/1").text
    assert "Reverse charge, article 196 of Directive 2006/112/EC." in shown
    assert "VAT in the price, which you do not pay" in shown
    assert taxed.balance("vat") == 0
    taxed.check_agreement()


@pytest.mark.parametrize(
    ("rules", "party", "rate", "kind"),
    [
        (GROSS, PERSON, 2000, None),
        (GROSS, FIRM, 0, "untaxed"),
        (NET, PERSON, 2000, "vat"),
        (NET, FIRM, 0, None),
    ],
)
def test_the_lines_add_up_and_the_tax_has_its_account_and_goes_back_in_proportion(
    trade: Trade,
    made: factories.Published,
    buyer: Actor,
    rules: TaxRules,
    party: Party,
    rate: int,
    kind: str | None,
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold")[:2])
    shown = order_of(trade, order_id).total_cents
    billed(trade, buyer, order_id, rules, party)
    order = order_of(trade, order_id)
    assert (order.vat_basis_points, order.purchase_number) == (rate, "PO-1")
    assert sum(line.amount.micros for line in order.lines) == order.total.micros
    assert [line.kind for line in order.lines if line.kind in ("vat", "untaxed")] == (
        [kind] if kind else []
    )
    if rules.net:
        assert order.total_cents - order.vat.cents_up() == shown
    trade.pay(trade.check_out(buyer, order_id))
    trade.deliver()
    assert trade.balance("vat") == -order.vat.micros
    with trade.db.unit_of_work(write=False):
        (invoice,) = invoicing.of_order(order_id)
        lines = ledger.lines(f"sale:{order_id}")
    assert (invoice.gross, invoice.vat) == (order.total, order.vat)
    assert invoice.buyer == party
    assert sum(lines.values()) == 0
    # Contributors and market share what is left after tax and fee.
    assert lines["provider"] + sum(
        micros for account, micros in lines.items() if account not in ("provider", "vat")
    ) == (order.vat.micros)
    trade.check_agreement()
    trade.refund(order_id)
    assert trade.balance("vat") == 0
    with trade.db.unit_of_work(write=False):
        (_, note) = invoicing.of_order(order_id)
    assert (note.gross, note.vat, note.buyer) == (order.total, order.vat, party)


def test_what_is_kept_later_does_not_move_the_invoice(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold")[:1])
    billed(trade, buyer, order_id, GROSS, FIRM)
    page = trade.check_out(buyer, order_id)
    with trade.db.unit_of_work():
        billing.forget_details(buyer)
    trade.pay(page)
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        (invoice,) = invoicing.of_order(order_id)
    assert invoice.buyer == FIRM


def test_an_erased_account_leaves_its_address_on_documents_alone(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    order_id = trade.place(buyer, trade.keys(made, "gold")[:1])
    billed(trade, buyer, order_id, GROSS, FIRM)
    erased = Sure(trade.app, buyer).post("/rights/erase", {"sure": "y", "waive": "y"})
    assert (erased.status_code, erased.location) == (302, "/")
    assert order_of(trade, order_id).billed_to is None


def test_a_quote_is_a_document_and_reading_it_makes_nothing(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    browser = Browser(trade.app, buyer)
    with trade.db.unit_of_work():
        shown = trade.shown(buyer, trade.keys(made, "gold")[:2])
    assert "Quote as PDF" in browser.get("/bundle").text
    placed = browser.post("/orders", quote=shown, purpose="research", **{"as": "quote"})
    order_id = placed.location.rpartition("/")[2]
    page = browser.get(placed.location).text
    (address,) = re.findall(r'href="(/documents/quote/[^"]+)"', page)
    before = order_of(trade, order_id)
    first, second = browser.get(address), browser.get(address)
    assert first.data == second.data
    assert first.data.startswith(b"%PDF")
    assert first.mimetype == "application/pdf"
    words = text_of(first.data)
    told = ("Quote Q-", "The price holds until", "You are ordering these tables for research.")
    for text in (*told, "/licences/research/1", "Total", f"{before.total_cents / 100:.2f}"):
        assert text in words, text
    assert order_of(trade, order_id) == before
    with trade.db.unit_of_work(write=False):
        assert invoicing.of_order(order_id) == ()
    trade.pay(trade.check_out(buyer, order_id))
    trade.deliver()
    # Paid: there is an invoice, and no quote any more.
    assert browser.get(address).location == f"/orders/{order_id}"
    assert "only while its price holds" in browser.get(f"/orders/{order_id}").text
