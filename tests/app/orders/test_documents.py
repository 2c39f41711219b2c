"""Invoices and credit notes of a sale, on their pages and as PDF."""

import re
import zlib

import pytest
from flask_babel import force_locale

from app.core.permissions import SYSTEM, Actor, Role
from app.invoicing import queries as invoicing
from app.invoicing import service as billing
from app.invoicing.queries import DocumentView, Party, Series
from app.orders.documents import document as described
from app.orders.documents import pdf as printed
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade


@pytest.fixture
def order(trade: Trade, buyer: Actor, made: factories.Published) -> str:
    with trade.db.unit_of_work():
        billing.change_details(buyer, Party("Ada & Co", "2 Long Street\nTown", "FR", "FR1"))
    return trade.bought(buyer, trade.keys(made, "gold")[:2])


def documents(trade: Trade, order: str) -> tuple[DocumentView, ...]:
    with trade.db.unit_of_work(write=False):
        return invoicing.of_order(order)


def credit(trade: Trade, buyer: Actor, order: str, occasion: str, cents: int) -> int:
    with trade.db.unit_of_work():
        return billing.issue_credit_note(
            order_id=order,
            buyer_id=buyer.user_id,
            occasion=occasion,
            gross_cents=cents,
            vat_cents=0,
            currency="EUR",
            vat_basis_points=0,
        )


ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """The words of a PDF: letters are numbered, and the file says which number is which."""
    streams = [found[1] for found in re.finditer(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    letters: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", b"\n".join(streams), re.DOTALL):
        for code, value in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            letters[int(code, 16)] = bytes.fromhex(value.decode()).decode("utf-16-be")
    words = []
    for stream in streams:
        page = zlib.decompress(stream) if stream[:1] == b"\x78" else b""
        for raw in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", page, re.DOTALL):
            plain = re.sub(rb"\\(.)", lambda one: ESCAPES.get(one[1], one[1]), raw, flags=re.DOTALL)
            codes = (plain[n : n + 2] for n in range(0, len(plain) - 1, 2))
            words.append("".join(letters.get(int.from_bytes(c, "big"), "?") for c in codes))
    return "\n".join(words)


def test_an_invoice_tells_who_what_and_how_much(trade: Trade, buyer: Actor, order: str) -> None:
    browser = Browser(trade.app, buyer)
    (invoice,) = documents(trade, order)
    answer = browser.get(f"/orders/{order}/invoice")
    assert answer.headers["Location"] == f"/documents/invoice/{invoice.number}"
    page = browser.get(answer.headers["Location"]).text
    assert f"Invoice and receipt {invoice.written}" in page
    for words in ("Ada &amp; Co", "2 Long Street<br>Town", "VAT number FR1", "Paid on", "Moisson"):
        assert words in page, words
    assert "as precise as asking" in page
    assert page.count("(gold)") >= 2
    assert f'href="/documents/invoice/{invoice.number}.pdf"' in page
    assert f"Invoice {invoice.written}" in browser.get(f"/orders/{order}").text
    lines = re.findall(r'<td class="num">(−?)€([0-9.]+)</td>', page.split("<tfoot>")[0])
    micros = sum(round(float(sign.replace("−", "-") + one) * 1_000_000) for sign, one in lines)
    assert micros == invoice.gross.micros


def test_the_page_in_french(trade: Trade, buyer: Actor, order: str) -> None:
    browser = Browser(trade.app, buyer)
    browser.post("/language/fr")
    page = browser.get("/documents/invoice/1").text
    assert '<html lang="fr">' in page
    assert "€</td>" in page


def test_the_pdf_says_the_same_and_is_the_same_bytes(
    trade: Trade, buyer: Actor, order: str
) -> None:
    browser = Browser(trade.app, buyer)
    (invoice,) = documents(trade, order)
    first, second = (browser.get("/documents/invoice/1.pdf") for _ in range(2))
    assert first.mimetype == "application/pdf"
    assert first.data == second.data
    assert first.headers["Cache-Control"] == "private, no-store"
    assert invoice.written in first.headers["Content-Disposition"]
    text = text_of(first.data)
    total = f"€{invoice.gross.cents_up() / 100:.2f}"
    for words in (
        f"Invoice and receipt {invoice.written}",
        "No real money moves",
        "Ada & Co",
        "2 Long Street",
        "VAT number FR1",
        "(gold)",
        total,
        "VAT rate",
        order,
    ):
        assert words in text.replace("\n", " ") or words in text, words


def test_a_credit_note_names_its_invoice_and_its_reason(
    trade: Trade, buyer: Actor, order: str
) -> None:
    (invoice,) = documents(trade, order)
    cents = invoice.gross.cents_up()
    credit(trade, buyer, order, "refund:part", 1)
    credit(trade, buyer, order, "refund:whole", cents)
    credit(trade, buyer, order, "dispute:one", cents)
    browser = Browser(trade.app, buyer)
    for number, words in enumerate(("Refunded in part", "Refunded in full", "bank took"), 1):
        page = browser.get(f"/documents/credit-note/{number}").text
        assert words in page
        assert f"corrects {invoice.written}" in page
        assert f'href="/documents/invoice/{invoice.number}"' in page
        text = text_of(browser.get(f"/documents/credit-note/{number}.pdf").data)
        assert words in text.replace("\n", " ")
        assert f"Credit note C{invoice.written[:4]}-{number:06d}" in text
    assert browser.get(f"/orders/{order}").text.count("Credit note C") == 3


def test_an_amount_that_is_charged_again_says_why(trade: Trade, buyer: Actor, order: str) -> None:
    for occasion, words in (("refund-failed:1", "did not take"), ("reinstate:1", "gave the")):
        with trade.db.unit_of_work():
            number = billing.issue_invoice(
                order_id=order,
                buyer_id=buyer.user_id,
                occasion=occasion,
                gross_cents=5,
                currency="EUR",
                vat_basis_points=2000,
            )
        page = Browser(trade.app, buyer).get(f"/documents/invoice/{number}").text
        assert words in page
        assert "20\N{NO-BREAK SPACE}%" in page
        assert "€0.04" in page
        assert "Paid on" not in page


def test_only_the_buyer_and_the_operator_open_it(trade: Trade, buyer: Actor, order: str) -> None:
    credit(trade, buyer, order, "refund:1", 1)
    other = Browser(trade.app, factories.account(trade.app, Role.BUYER, Role.PRODUCER))
    operator = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    visitor = Browser(trade.app)
    for place in ("invoice/1", "invoice/1.pdf", "credit-note/1", "credit-note/1.pdf"):
        assert other.get(f"/documents/{place}").status_code == 404
        assert operator.get(f"/documents/{place}").status_code == 200
        assert visitor.get(f"/documents/{place}").headers["Location"].startswith("/login")
    mine = Browser(trade.app, buyer)
    for place in ("invoice/9", "invoice/0", "other/1", "invoice/x", "invoice/99999999999999999999"):
        assert mine.get(f"/documents/{place}").status_code == 404


def test_a_document_stays_readable_when_its_buyer_is_gone(
    trade: Trade, buyer: Actor, order: str
) -> None:
    client = Browser(trade.app, buyer)
    assert client.post("/rights/erase", {"sure": "y", "waive": "y"}).status_code == 302
    operator = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    assert "Ada &amp; Co" in operator.get("/documents/invoice/1").text
    with trade.db.unit_of_work(write=False):
        assert invoicing.details(buyer.user_id) is None


@pytest.mark.parametrize("name", ["日本語", "👩\u200d👧", "a" * 120, "**b** {nb} <b>", "\u202eabc"])
def test_any_name_can_be_printed(trade: Trade, buyer: Actor, order: str, name: str) -> None:
    with trade.db.unit_of_work():
        billing.change_details(buyer, Party(name, f"{name}\n{name}", "", ""))
        number = billing.issue_invoice(
            order_id=order,
            buyer_id=buyer.user_id,
            occasion="sale:again",
            gross_cents=5,
            currency="EUR",
            vat_basis_points=0,
        )
    for language in ("en", "fr"):
        with force_locale(language), trade.db.unit_of_work(write=False):
            document = described.document(SYSTEM, Series.INVOICE, number)
            assert printed.as_pdf(document).startswith(b"%PDF-")
