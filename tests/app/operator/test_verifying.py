"""Working the book out again: what holds, what does not, on pages and at the terminal."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import worker
from app.core import audit
from app.core.clock import fixed_at, now
from app.core.db import Database
from app.core.permissions import SYSTEM, Actor, Role
from app.earnings import statements
from app.invoicing import service as billing
from app.ledger import chain, currencies, history
from app.ledger import queries as ledger
from app.ledger import service as book
from app.market import market_of
from app.operator import audit_files, books, verifying
from app.operator.verifying import Finding, What
from app.statements.periods import month_of
from pricing.errors import InvalidMoney
from tests.app.ledger.test_chain import tamper
from tests.app.operator.test_book_days import lines
from tests.support import factories
from tests.support.browser import Browser

pytestmark = pytest.mark.both_databases

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(db: Database) -> None:
    """Four transactions in two currencies, on two days."""
    for number in range(4):
        code = ("EUR", "CHF")[number % 2]
        with fixed_at(START + timedelta(hours=12 * number)), db.unit_of_work():
            amounts = {"provider": 100 + number, "platform": -100 - number}
            book.post("sale", f"sale:{number}", code, amounts)


def invoices(app: Flask, db: Database, count: int = 3) -> Actor:
    buyer = factories.account(app, Role.BUYER)
    for number in range(count):
        with db.unit_of_work():
            billing.issue_invoice(
                order_id=f"{number}",
                buyer_id=buyer.user_id,
                occasion=f"sale:{number}",
                gross_cents=1200,
                currency="EUR",
                vat_basis_points=(2000, 550)[number % 2],
            )
    return buyer


def verify(app: Flask) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["verify-book"])
    return done.exit_code, done.output


def test_what_holds_is_said_and_kept(app: Flask, db: Database) -> None:
    fill(db)
    invoices(app, db)
    chain.extend(db, limit=3)
    code, output = verify(app)
    assert code == 0, output
    with db.unit_of_work(write=False):
        head, seen = chain.head(), verifying.latest()
    assert output == f"3 links, 1 transactions wait, head {head.digest}\n"
    assert seen is not None
    assert seen.holds
    assert (seen.links, seen.digest, seen.waiting) == (3, head.digest, 1)


def test_an_empty_book_holds(app: Flask, db: Database) -> None:
    assert verify(app)[0] == 0


BROKEN = {
    "an amount": (
        "UPDATE ledger_entry SET micros = micros + 1 WHERE account = 'provider' "
        "AND transaction_id = (SELECT id FROM ledger_transaction WHERE key = 'sale:1')",
        {
            Finding(What.BALANCE, "CHF"),
            Finding(What.TRANSACTION, "sale:1"),
            Finding(What.CHAIN, "2"),
        },
    ),
    "an account": (
        "UPDATE ledger_entry SET account = 'donations' WHERE account = 'platform' "
        "AND transaction_id = (SELECT id FROM ledger_transaction WHERE key = 'sale:2')",
        {Finding(What.CHAIN, "3")},
    ),
    "a document": (
        "DELETE FROM billing_document WHERE number = 2",
        {Finding(What.INVOICES, "2")},
    ),
    "an entry of the log": (
        "UPDATE audit_entry SET action = 'x' WHERE sequence = 1",
        {Finding(What.AUDIT, "1")},
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_hold_is_named(app: Flask, db: Database, what: str) -> None:
    fill(db)
    invoices(app, db)
    chain.extend(db)
    statement, expected = BROKEN[what]
    tamper(db, statement)
    code, output = verify(app)
    assert code == 1
    with db.unit_of_work(write=False):
        seen = verifying.latest()
    assert seen is not None
    assert set(seen.findings) == expected
    for finding in expected:
        assert finding.plain in output
        assert finding.where in finding.plain


def test_two_faults_that_cancel_out_do_not_hide(app: Flask, db: Database) -> None:
    fill(db)
    tamper(
        db,
        *(
            f"UPDATE ledger_entry SET micros = micros {change} WHERE account = 'provider' AND "
            f"transaction_id = (SELECT id FROM ledger_transaction WHERE key = '{key}')"
            for change, key in (("+ 1", "sale:0"), ("- 1", "sale:2"))
        ),
    )
    code, output = verify(app)
    assert code == 1
    assert "the transaction sale:0 does not sum to zero" in output
    assert "balances" not in output


def test_the_page_shows_the_head_and_verifies_when_asked(app: Flask, db: Database) -> None:
    fill(db)
    chain.extend(db, limit=3)
    browser = Browser(app, factories.account(app, Role.OPERATOR))
    page = browser.get("/operator/book").text
    with db.unit_of_work(write=False):
        head = chain.head()
    assert head.digest in page
    assert re.search(r"<dd>3<small>", page)
    assert re.search(r"without a link yet</dt><dd>1</dd>", page)
    assert "never verified" in page
    assert browser.post("/operator/book/verify").headers["Location"] == "/operator/book"
    assert "<progress" in browser.get("/operator/book").text
    assert worker.runner(app).run_due() >= 1
    page = browser.get("/operator/book").text
    assert "everything holds" in page
    assert "<progress" not in page
    assert "everything holds" in browser.get("/operator").text
    tamper(db, "UPDATE ledger_entry SET account = 'pool:x' WHERE account = 'platform'")
    browser.post("/operator/book/verify")
    worker.runner(app).run_due()
    page = browser.get("/operator/book").text
    assert "something does not hold" in page
    assert "does not hold at link 1" in page
    browser.post("/language/fr")
    assert browser.get("/operator/book").status_code == 200


def test_every_currency_is_listed_apart(app: Flask, db: Database) -> None:
    fill(db)
    operator = factories.account(app, Role.OPERATOR)
    with db.unit_of_work(write=False):
        assert currencies.used() == ("CHF", "EUR")
        assert ledger.balance("provider", "EUR").micros == 202
        assert ledger.balance("provider", "CHF").micros == 204
        balances = {one.currency: one for one in books.balances()}
        assert {code: one.total.micros for code, one in balances.items()} == {"CHF": 0, "EUR": 0}
        assert balances["CHF"].rows["provider"].micros == 204
        days = books.days(operator, month_of(START.date()))
        assert {code: len(found) for code, found in days.items()} == {"CHF": 2, "EUR": 2}
        for code, found in days.items():
            assert all(day.balanced for day in found)
            closing = {m.kind: m.closing for m in found[-1].movements}
            assert closing["provider"] == {"CHF": 204, "EUR": 202}[code]
    chain.extend(db)
    assert chain.broken_at(db) is None
    browser = Browser(app, operator)
    page = browser.get("/operator/book").text
    assert page.count("Trial balance, ") == 2
    assert page.count("holds</span>") == 2
    page = browser.get("/operator/book/days?month=2026-03").text
    assert page.count("<caption>") == 2
    assert page.count('class="tag ok"') == 4
    found = lines(db, month_of(START.date()))
    assert {line["currency"] for line in found} == {"EUR", "CHF"}


def test_a_statement_is_of_one_currency(app: Flask, db: Database) -> None:
    person = factories.account(app, Role.PRODUCER)
    mine = f"contributor:{person.user_id}"
    with fixed_at(START), db.unit_of_work():
        for code, micros in (("EUR", 5), ("CHF", 7)):
            book.post("waiver", f"waiver:{code}", code, {mine: -micros, "platform": micros})
    with db.unit_of_work(write=False):
        found = history.entries_between(mine, "CHF", START, START + timedelta(days=1))
        assert [line.amount.micros for line in found] == [-7]
        month = month_of(START.date())
        stated = statements.statement(person.user_id, month)
        assert (stated.closing.micros, stated.closing.currency) == (5, "EUR")


@pytest.mark.parametrize("code", ["JPY", "KWD", "eur", "", "EURO"])
def test_a_currency_without_hundredths_does_not_come_in(db: Database, code: str) -> None:
    with pytest.raises(InvalidMoney), db.unit_of_work():
        book.post("sale", "sale:1", code, {"provider": 1, "platform": -1})
    with db.unit_of_work(write=False):
        assert ledger.by_key("sale:1") is None


def test_the_auditors_file_names_links_and_the_head(db: Database) -> None:
    fill(db)
    chain.extend(db, limit=3)
    text = b"".join(audit_files.lines_csv(db, month_of(START.date()))).decode()
    *found, last = csv.DictReader(io.StringIO(text))
    assert [line["link"] for line in found] == ["1", "1", "2", "2", "3", "3", "", ""]
    assert found[-1]["digest"] == ""
    with db.unit_of_work(write=False):
        head = chain.head()
    assert (last["kind"], last["link"], last["digest"]) == ("chain-head", "3", head.digest)
    assert found[5]["digest"] == head.digest


def test_the_list_of_documents_and_its_file(app: Flask, db: Database) -> None:
    browser = Browser(app, factories.account(app, Role.OPERATOR))
    assert "No document was issued" in browser.get("/operator/documents").text
    buyer = invoices(app, db)
    with db.unit_of_work():
        billing.issue_credit_note(
            order_id="0",
            buyer_id=buyer.user_id,
            occasion="refund:0",
            gross_cents=600,
            vat_cents=100,
            currency="EUR",
            vat_basis_points=2000,
        )
    page = browser.get("/operator/documents").text
    year = f"{now():%Y}"
    assert page.count("/documents/invoice/") == 3
    assert f">Credit note C{year}-000001<" in page
    assert re.search(r"20&nbsp;%</td>.*?>2</td>.*?>1</td>.*?€15.00.*?€3.00.*?€18.00", page)
    answer = browser.get("/operator/documents.csv")
    assert answer.mimetype == "text/csv"
    *rows, note = csv.DictReader(io.StringIO(answer.text))
    assert [row["number"] for row in rows] == [f"{year}-{n:06d}" for n in (1, 2, 3)]
    assert (rows[0]["net"], rows[0]["vat"], rows[0]["gross"]) == (
        "10.000000",
        "2.000000",
        "12.000000",
    )
    assert [row["vat_rate"] for row in rows] == ["20.00", "5.50", "20.00"]
    assert (note["series"], note["corrects"]) == ("credit-note", rows[0]["number"])
    for role in (Role.BUYER, Role.PRODUCER):
        other = Browser(app, factories.account(app, role))
        for path in ("/operator/documents", "/operator/documents.csv"):
            assert other.get(path).status_code == 403


def test_the_worker_links_every_few_minutes(app: Flask, db: Database) -> None:
    fill(db)
    (task,) = [t for t in worker.schedule(market_of(app)).tasks if t.name == "extend the chain"]
    assert task.every == timedelta(minutes=5)
    task.do()
    with db.unit_of_work(write=False):
        assert chain.waiting() == 0


def test_everything_is_verified_once_a_day(app: Flask, db: Database) -> None:
    (task,) = [t for t in worker.schedule(market_of(app)).tasks if t.name == "verify the book"]
    with fixed_at(START):
        for _ in range(3):
            task.do()
        assert worker.runner(app).run_due() == 1
    with fixed_at(START + timedelta(days=1)):
        task.do()
        assert worker.runner(app).run_due() == 1


def test_asking_is_in_the_log(db: Database) -> None:
    with db.unit_of_work():
        verifying.ask(SYSTEM)
        assert audit.lines_about("system")[0].action == "verify-book"
