"""A buyer's statement, against what the book shows of the provider."""

import csv
import io
from datetime import date, timedelta

import pytest

from app.core.clock import now
from app.core.permissions import SYSTEM, Actor, Role
from app.ledger import queries as ledger
from app.orders import queries, statements
from app.statements.periods import Period, month_of
from app.statements.statement import Statement
from tests.app.refunds.test_disputing import decide, take_back
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, published


@pytest.fixture
def buyer(trade: Trade) -> Actor:
    return factories.account(trade.app, Role.BUYER)


def stated(trade: Trade, buyer: Actor, period: Period) -> Statement:
    with trade.db.unit_of_work(write=False):
        return statements.statement(buyer.user_id, period, "EUR")


def in_the_book(trade: Trade, *orders: str) -> int:
    """What the book shows of some orders at the provider, with the fees that it kept."""
    with trade.db.unit_of_work(write=False):
        fees = sum(queries.order(SYSTEM, o).fee_cents for o in orders)
        keys = {f"sale:{one}" for one in orders}
        keys |= {f"refund:{each.id}" for one in orders for each in queries.refunds(one)}
        own = [
            entry.amount.micros for entry in ledger.entries("provider", "EUR") if entry.key in keys
        ]
    return sum(own) + fees * 10_000


@pytest.mark.both_databases
def test_what_was_paid_and_what_came_back(trade: Trade, buyer: Actor) -> None:
    made, other = published(trade.app), factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        first, second, third, *_ = made.keys("silver")
    today = now().date()
    period = Period(today - timedelta(days=1), today + timedelta(days=1))
    kept, back = trade.bought(buyer, [first]), trade.bought(buyer, [second])
    trade.bought(other, [first])
    trade.place(buyer, [third])
    paid = stated(trade, buyer, period)
    assert [line.what for line in paid.lines] == ["Purchase", "Purchase"]
    assert paid.opening.micros == 0
    assert paid.closing.micros == in_the_book(trade, kept, back)
    trade.refund(back)
    found = stated(trade, buyer, period)
    assert [line.what for line in found.lines] == ["Purchase", "Purchase", "Refunded purchase"]
    assert found.lines[1].amount + found.lines[2].amount == found.opening
    assert found.closing.micros == in_the_book(trade, kept, back)
    assert found.lines[0].reference.endswith(f"000001 / {kept[:8]}")
    later = stated(trade, buyer, Period(period.last + timedelta(1), period.last + timedelta(40)))
    assert (later.opening, later.lines, later.closing) == (found.closing, (), found.closing)
    assert stated(trade, buyer, month_of(date(2020, 1, 1))).closing.micros == 0
    _pages(trade, buyer, other, found)


def _pages(trade: Trade, buyer: Actor, other: Actor, found: Statement) -> None:
    days = f"from={found.period.first}&to={found.period.last}"
    mine, theirs = Browser(trade.app, buyer), Browser(trade.app, other)
    page = mine.get(f"/orders/statement?{days}").text
    table = mine.get(f"/orders/statement.csv?{days}").text
    assert 'href="/orders/statement"' in mine.get("/orders").text
    for line in found.lines:
        assert line.reference in page
        assert line.reference in table
        assert line.reference not in theirs.get(f"/orders/statement?{days}").text
    *_, closing = csv.DictReader(io.StringIO(table))
    assert int(closing["balance"].replace(".", "")) == found.closing.micros
    printed = mine.get(f"/orders/statement.pdf?{days}").data
    assert printed.startswith(b"%PDF-")
    assert printed != theirs.get(f"/orders/statement.pdf?{days}").data
    producer = Browser(trade.app, factories.account(trade.app, Role.PRODUCER))
    for kind in ("", ".csv", ".pdf"):
        assert producer.get(f"/orders/statement{kind}").status_code == 403
        assert Browser(trade.app).get(f"/orders/statement{kind}").status_code == 302
    assert mine.get("/orders/statement?from=31.1.2026").status_code == 422


@pytest.mark.both_databases
def test_what_a_bank_takes_back_and_gives_again(trade: Trade, buyer: Actor) -> None:
    made = published(trade.app)
    with trade.db.unit_of_work(write=False):
        first, *_ = made.keys("silver")
    order = trade.bought(buyer, [first])
    dispute = take_back(trade, order)
    trade.deliver()
    today = now().date()
    period = Period(today - timedelta(days=1), today + timedelta(days=1))
    taken = stated(trade, buyer, period)
    assert [line.what for line in taken.lines] == ["Purchase", "Payment taken back by your bank"]
    assert taken.closing.micros == 0
    decide(trade, dispute, "won")
    trade.deliver()
    won = stated(trade, buyer, period)
    assert won.lines[-1].what == "Payment given again by your bank"
    assert won.closing == won.lines[0].amount
