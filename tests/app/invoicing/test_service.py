"""Documents are numbered without gaps, issued once for each occasion, and never change."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.core.db import Database, session
from app.core.permissions import SYSTEM, Actor, Role
from app.invoicing import queries, service
from app.invoicing.errors import NothingInvoiced, OccasionReused
from app.invoicing.issuer import Issuer
from app.invoicing.queries import DocumentView, Party, Series
from app.market import market_of
from tests.support import factories
from tests.support.at_once import at_once

pytestmark = pytest.mark.both_databases


@pytest.fixture
def buyer(app: Flask) -> Actor:
    return factories.account(app, Role.BUYER, name="Ada")


def invoice(buyer: Actor, order: str, cents: int = 1200, rate: int = 2000) -> int:
    return service.issue_invoice(
        order_id=order,
        buyer_id=buyer.user_id,
        occasion=f"sale:{order}",
        gross_cents=cents,
        currency="EUR",
        vat_basis_points=rate,
    )


def credit(buyer: Actor, order: str, occasion: str, cents: int = 600, vat: int = 100) -> int:
    return service.issue_credit_note(
        order_id=order,
        buyer_id=buyer.user_id,
        occasion=occasion,
        gross_cents=cents,
        vat_cents=vat,
        currency="EUR",
        vat_basis_points=2000,
    )


def shown(series: Series, number: int) -> DocumentView:
    return queries.document(SYSTEM, series, number)


def test_each_series_counts_from_one(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        assert [invoice(buyer, order) for order in "abc"] == [1, 2, 3]
        assert credit(buyer, "b", "refund:1") == 1
        assert invoice(buyer, "d") == 4
        note = shown(Series.CREDIT_NOTE, 1)
        assert note.corrects_number == 2
        assert note.corrects == shown(Series.INVOICE, 2).written
        assert note.written.startswith("C")
        assert queries.gaps() == {}


def test_the_tax_is_worked_out_of_the_amount_or_told(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        first = shown(Series.INVOICE, invoice(buyer, "a"))
        assert (first.net.cents_up(), first.vat.cents_up()) == (1000, 200)
        second = service.issue_invoice(
            order_id="a",
            buyer_id=buyer.user_id,
            occasion="reinstate:1",
            gross_cents=7,
            vat_cents=2,
            currency="EUR",
            vat_basis_points=2000,
        )
        assert shown(Series.INVOICE, second).vat.cents_up() == 2
        with pytest.raises(ValueError, match="tax"):
            credit(buyer, "a", "refund:9", 1, 2)


def test_the_same_occasion_gives_the_same_document(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        assert invoice(buyer, "a") == 1
    with db.unit_of_work():
        assert invoice(buyer, "a") == 1
        assert credit(buyer, "a", "refund:1") == credit(buyer, "a", "refund:1") == 1
        with pytest.raises(OccasionReused):
            invoice(buyer, "a", 1300)
        with pytest.raises(OccasionReused):
            credit(buyer, "a", "sale:a", 1200, 200)
        assert invoice(buyer, "b") == 2


def test_nothing_is_issued_for_nothing(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        assert invoice(buyer, "a", 0) == 0
        assert credit(buyer, "a", "refund:1", 0, 0) == 0
        with pytest.raises(NothingInvoiced):
            credit(buyer, "a", "refund:1")
        assert queries.latest(9) == ()


def test_a_number_that_is_rolled_back_is_given_again(db: Database, buyer: Actor) -> None:
    def fails() -> None:
        with db.unit_of_work():
            assert invoice(buyer, "a") == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with db.unit_of_work():
        assert invoice(buyer, "b") == 1


def test_two_at_once_leave_no_gap_and_no_double(db: Database, buyer: Actor) -> None:
    orders = itertools.count()

    def issue(name: str) -> list[int]:
        numbers = []
        for _ in range(15):
            with db.unit_of_work():
                order = f"{name}{next(orders)}"
                numbers.append(invoice(buyer, order))
                credit(buyer, order, f"refund:{order}")
                # The same occasion, asked for by both.
                invoice(buyer, "shared")
        return numbers

    with ThreadPoolExecutor(2) as pool:
        found = [number for numbers in pool.map(issue, "xy") for number in numbers]
    assert len(set(found)) == 30
    with db.unit_of_work(write=False):
        documents = queries.of_buyer(buyer.user_id)
        for series, count in ((Series.INVOICE, 31), (Series.CREDIT_NOTE, 30)):
            numbers = sorted(one.number for one in documents if one.series is series)
            assert numbers == list(range(1, count + 1))
        assert queries.gaps() == {}


def test_a_gap_is_found(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        for order in "abcd":
            invoice(buyer, order)
        drop_triggers("billing_document")
        session().execute(text("DELETE FROM billing_document WHERE number = 2"))
    with db.unit_of_work(write=False):
        assert queries.gaps() == {"invoice": 2}


def drop_triggers(table: str) -> None:
    """What nobody but the owner of the database can do."""
    if session().get_bind().dialect.name == "sqlite":
        names = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t")
        for name in session().scalars(names, {"t": table}).all():
            session().execute(text(f'DROP TRIGGER "{name}"'))
    else:
        session().execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_document SET gross_cents = 1",
        "UPDATE billing_document SET buyer = '{}'",
        "DELETE FROM billing_document",
    ],
)
def test_the_database_refuses_to_change_a_document(
    db: Database, buyer: Actor, statement: str
) -> None:
    with db.unit_of_work():
        invoice(buyer, "a")
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(statement))


def test_the_database_refuses_to_replace_or_empty(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        invoice(buyer, "a")
    columns = (
        "series, number, occasion, order_id, buyer_id, issued_at, currency, gross_cents, "
        "vat_cents, vat_basis_points, corrects, issuer, buyer FROM billing_document"
    )
    lite = db.engine.dialect.name == "sqlite"
    statement = (
        f"INSERT OR REPLACE INTO billing_document SELECT 'x', {columns}"
        if lite
        else "TRUNCATE billing_document"
    )
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(statement))


def test_who_it_was_made_out_to_stays_as_it_was(db: Database, buyer: Actor) -> None:
    named = Issuer("Market Ltd", "1 Road\nTown", "HRB 1", "FR1", "no tax")
    own = Database(db.engine.url.render_as_string(hide_password=False), named)
    with own.unit_of_work():
        invoice(buyer, "a", rate=0)
        service.change_details(buyer, Party("Ada & Co", "2 Street", "FR", "FR40303265045"))
        invoice(buyer, "b", rate=0)
    own.dispose()
    with db.unit_of_work():
        service.change_details(buyer, Party("Other"))
        first, second = (shown(Series.INVOICE, number) for number in (1, 2))
        assert first.buyer == Party("Ada")
        assert second.buyer == Party("Ada & Co", "2 Street", "FR", "FR40303265045")
        assert first.issuer == second.issuer
        assert first.issuer.address == "1 Road\nTown"
        service.forget_details(buyer)
        service.forget_details(buyer)
        assert queries.details(buyer.user_id) is None
        assert shown(Series.INVOICE, 2) == second


def test_months_add_up_what_documents_say(db: Database, buyer: Actor) -> None:
    with db.unit_of_work():
        for order, rate in (("a", 2000), ("b", 2000), ("c", 550)):
            invoice(buyer, order, rate=rate)
        credit(buyer, "a", "refund:1")
        high, low = queries.months()
        assert (high.vat_basis_points, low.vat_basis_points) == (2000, 550)
        assert (high.invoices, high.credit_notes) == (2, 1)
        assert (high.gross.cents_up(), high.vat.cents_up()) == (1800, 300)
        assert (low.net + low.vat).cents_up() == 1200
    streamed = list(queries.stream(db))
    assert [one.written for one in streamed if one.corrects] == ["C" + streamed[0].written]
    assert len(streamed) == 4


def test_details_that_are_sent_twice_at_once_are_kept(app: Flask, buyer: Actor) -> None:
    details, db = Party("Ada & Co", "2 Long Street", "FR"), market_of(app).db
    assert at_once(db, lambda: service.change_details(buyer, details)) == [None] * 4
    with db.unit_of_work(write=False):
        assert queries.details(buyer.user_id) == details
