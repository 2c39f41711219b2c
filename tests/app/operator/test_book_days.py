"""The book day by day, and the auditor's file of a month."""

import csv
import io
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.core.clock import fixed_at, now
from app.core.db import Database
from app.core.permissions import Role
from app.ledger import history
from app.ledger import queries as ledger
from app.ledger import service as book
from app.market import market_of
from app.operator import audit_files
from app.statements.periods import Period, month_of
from tests.app.earnings.test_statements import START, live
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, published

pytestmark = pytest.mark.both_databases


def days(db: Database, period: Period) -> tuple[history.Day, ...]:
    with db.unit_of_work(write=False):
        return history.days("EUR", period.start, period.end)


def lines(db: Database, period: Period) -> list[dict[str, str]]:
    text = b"".join(audit_files.lines_csv(db, period)).decode()
    *found, head = csv.DictReader(io.StringIO(text))
    assert head["kind"] == audit_files.HEAD
    return found


def test_every_day_sums_to_zero_and_follows_on_the_last(app: Flask, db: Database) -> None:
    live(app, 7)
    month, last, seen = month_of(START.date()), {}, 0
    for _ in range(8):
        for day in days(db, month):
            assert day.balanced
            assert month.first <= day.day <= month.last
            assert {m.kind: m.opening for m in day.movements if m.opening or m.kind in last} == last
            assert all(m.debits >= 0 >= m.credits for m in day.movements)
            last = {m.kind: m.closing for m in day.movements}
            seen += 1
        month = month.after
    assert seen > 10
    with db.unit_of_work(write=False):
        balances = {kind: m.micros for kind, m in ledger.trial_balance("EUR").items()}
    assert last == balances


def test_days_are_the_lines_added_up(app: Flask, db: Database) -> None:
    live(app, 8)
    month = month_of(START.date()).after
    found = lines(db, month)
    assert found
    sums: dict[str, int] = defaultdict(int)
    moved: dict[tuple[date, str, bool], int] = defaultdict(int)
    for line in found:
        at, micros = datetime.fromisoformat(line["time_utc"]), int(line["micros"])
        assert month.holds(at)
        assert at.utcoffset() == timedelta(0)
        sums[line["transaction"]] += micros
        moved[at.date(), line["account"].split(":")[0], micros > 0] += micros
    assert set(sums.values()) == {0}
    shown = {
        (day.day, m.kind, side): micros
        for day in days(db, month)
        for m in day.movements
        for side, micros in ((True, m.debits), (False, m.credits))
        if micros
    }
    assert shown == dict(moved)


def test_a_day_ends_at_midnight_in_utc(app: Flask, db: Database) -> None:
    midnight = datetime(2026, 2, 1, tzinfo=UTC)
    for number, at in enumerate((midnight - timedelta(microseconds=1), midnight), 1):
        with fixed_at(at), db.unit_of_work():
            book.post("test", f"test:{number}", "EUR", {"provider": number, "platform": -number})
    (day,) = days(db, month_of(date(2026, 1, 1)))
    assert (day.day, day.total) == (date(2026, 1, 31), (0, 1, -1, 0))
    (day,) = days(db, month_of(date(2026, 2, 1)))
    assert day.day == date(2026, 2, 1)
    assert [(m.opening, m.closing) for m in day.movements] == [(-1, -3), (1, 3)]
    assert days(db, month_of(date(2026, 3, 1))) == ()
    assert lines(db, month_of(date(2026, 3, 1))) == []


def test_the_auditors_file_has_no_names_and_no_formulas(lite_app: Flask) -> None:
    db: Database = market_of(lite_app).db
    producer = factories.account(lite_app, Role.PRODUCER, name="nobodys-name")
    with db.unit_of_work():
        mine = f"contributor:{producer.user_id}"
        for n in range(3_000):
            book.post("waiver", f"=waiver:{n:04}", "EUR", {"platform": -1, mine: 1})
    pieces = list(audit_files.lines_csv(db, month_of(now().date())))
    assert len(pieces) == 7
    text = b"".join(pieces).decode()
    assert text.count("\n") == 6_002
    assert "nobodys-name" not in text
    assert "@" not in text
    first = text.splitlines()[1].split(",")
    assert first[0] == "'=waiver:0000"
    assert first[3:6] == [mine, "1", "EUR"]


def test_the_operators_pages(trade: Trade) -> None:
    made = published(trade.app)
    with trade.db.unit_of_work(write=False):
        first, *_ = made.keys("silver")
    order = trade.bought(factories.account(trade.app, Role.BUYER), [first])
    browser = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    month = f"{now():%Y-%m}"
    assert 'href="/operator/book/days"' in browser.get("/operator/book").text
    page = browser.get("/operator/book/days").text
    named = browser.get(f"/operator/book/days?month={month}").text
    assert page.partition("<main")[2] == named.partition("<main")[2]
    assert page.count('class="tag ok"') == 1
    assert "broken" not in page
    answer = browser.get(f"/operator/book/lines.csv?month={month}")
    assert f"sale:{order}" in answer.text
    assert answer.headers["Content-Disposition"].endswith(f'"moisson-book-{month}.csv"')
    assert "Nothing was booked" in browser.get("/operator/book/days?month=2020-01").text
    for wrong in ("2026-13", "x", "2026-01-01"):
        assert browser.get(f"/operator/book/days?month={wrong}").status_code == 422
        assert browser.get(f"/operator/book/lines.csv?month={wrong}").status_code == 422
    for role in (Role.BUYER, Role.PRODUCER):
        other = Browser(trade.app, factories.account(trade.app, role))
        for path in ("/operator/book/days", "/operator/book/lines.csv"):
            assert other.get(path).status_code == 403
