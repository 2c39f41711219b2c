"""A contributor's statement over random histories, against the book itself."""

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.core.clock import fixed_at
from app.core.db import Database
from app.core.permissions import Role
from app.earnings import settlement, statements
from app.ledger import accounts, history
from app.ledger import queries as ledger
from app.ledger import service as book
from app.market import market_of
from app.payouts import sending
from app.payouts.queries import PayoutTerms
from app.statements.periods import Period, month_of
from app.statements.statement import Statement
from app.users.models import User
from tests.app.earnings.test_conservation import ANSWERS, Provider
from tests.support import factories
from tests.support.browser import Browser
from tests.support.worlds import World, world

pytestmark = pytest.mark.both_databases

START = datetime(2025, 11, 20, 22, tzinfo=UTC)
VERBS = ("sell", "sell", "sell", "refund", "settle", "settle all", "give", "keep", "pay", "wait")
TERMS = PayoutTerms(refund_days=1, minimum_cents=1)


def live(app: Flask, seed: int, steps: int = 60) -> World:
    """A market that lived for some months, from a seed."""
    chance = random.Random(seed)  # noqa: S311
    here, provider, clock = world(app, [7, 3, 11, 5]), Provider(), START
    paying = sending.Paying(here.db, provider, TERMS)  # type: ignore[arg-type]
    for _ in range(steps):
        clock += timedelta(hours=chance.choice((0, 1, 2, 30, 130)), microseconds=1)
        verb, number = chance.choice(VERBS), chance.randrange(2)
        with fixed_at(clock):
            if verb == "pay":
                provider.answer = chance.choice(ANSWERS)
                sending.run(paying, again=True)
            elif verb != "wait":
                here.do(verb, number, chance.randrange(900_000), clock)
    return here


def stated(db: Database, user_id: str, period: Period) -> Statement:
    with db.unit_of_work(write=False):
        return statements.statement(user_id, period)


def owed(db: Database, user_id: str, before: datetime) -> int:
    with db.unit_of_work(write=False):
        return -history.balance_before(accounts.contributor(user_id), "EUR", before).micros


@pytest.mark.parametrize("seed", range(4))
def test_opening_and_lines_are_the_closing_and_the_next_opening(
    app: Flask, db: Database, seed: int
) -> None:
    here = live(app, seed)
    for user in here.users:
        month, seen, given = month_of(START.date()), 0, 0
        assert stated(db, user, month.before).closing.micros == 0
        for _ in range(8):
            found = stated(db, user, month)
            assert found.opening.micros == owed(db, user, month.start)
            assert found.closing.micros == owed(db, user, month.end)
            assert found.closing.micros - found.opening.micros == sum(
                line.amount.micros for line in found.lines
            )
            assert found.closing == stated(db, user, month.after).opening
            assert all(month.holds(line.at) for line in found.lines)
            assert list(found.lines) == sorted(found.lines, key=lambda line: line.at)
            seen += sum(not line.what.startswith(("Given", "Taken")) for line in found.lines)
            given -= sum(
                line.amount.micros
                for line in found.lines
                if line.what.startswith(("Given away", "Taken back from"))
            )
            month = month.after
        with db.unit_of_work(write=False):
            assert found.closing.micros == -ledger.balance(accounts.contributor(user), "EUR").micros
            assert seen >= len(ledger.entries(accounts.contributor(user), "EUR"))
            assert given == here.given()[user]


def test_periods_of_any_length_say_the_same(app: Flask, db: Database) -> None:
    here = live(app, 99)
    user, day = here.users[0], START.date()
    whole = stated(db, user, Period(day, day + timedelta(days=300)))
    apart = [stated(db, user, Period(d, d)) for d in (day + timedelta(n) for n in range(301))]
    assert [line for one in apart for line in one.lines] == list(whole.lines)
    assert whole.lines
    assert apart[-1].closing == whole.closing


def test_months_border_at_midnight_in_utc(app: Flask, db: Database) -> None:
    here = world(app, [1, 1, 1, 1])
    user, midnight = here.users[0], datetime(2026, 2, 1, tzinfo=UTC)
    for number, at in enumerate((midnight - timedelta(microseconds=1), midnight)):
        with fixed_at(at), db.unit_of_work():
            book.post(
                "waiver",
                f"waiver:{user}:{number}",
                "EUR",
                {accounts.contributor(user): -(number + 1), accounts.PLATFORM: number + 1},
            )
    january, february = (stated(db, user, month_of(date(2026, m, 5))) for m in (1, 2))
    assert [line.amount.micros for line in january.lines] == [1]
    assert [line.amount.micros for line in february.lines] == [2]
    assert (february.opening.micros, february.closing.micros) == (1, 3)


def test_every_kind_of_line_has_words(app: Flask, db: Database) -> None:
    here = world(app, [1_000, 1_000, 1, 1])
    user, provider = here.users[0], Provider()
    paying = sending.Paying(db, provider, TERMS)  # type: ignore[arg-type]
    clock = START

    def do(verb: str, amount: int = 0) -> None:
        nonlocal clock
        clock += timedelta(days=3)
        with fixed_at(clock):
            here.do(verb, 0, amount, clock)

    do("sell", 10_000)
    for answer in ("no", "yes"):
        clock += timedelta(days=3)
        provider.answer = answer
        with fixed_at(clock):
            sending.run(paying, again=True)
    for verb, amount in (("give", 0), ("sell", 500), ("settle", 0), ("refund", 1), ("settle", 0)):
        here.do(verb, 1, 0, clock) if verb == "refund" else do(verb, amount)
    do("keep")
    do("sell", 700)
    clock += timedelta(days=3)
    with fixed_at(clock), db.unit_of_work():
        settlement.waive(user)
    found = stated(db, user, Period(START.date(), clock.date()))
    said = [line.what.split(":")[0] for line in found.lines]
    assert said == [
        "Earned by sales",
        "Payout to your account",
        "Payout refused by the provider, back in your account",
        "Payout to your account",
        "Earned by sales",
        "Given away",
        "Sales refunded",
        "Taken back from what was given away",
        "Earned by sales",
        "Given up when the account was closed",
    ]
    assert [line.reference.split()[0] for line in found.lines][:4] == [
        "settle-all",
        "payout",
        "payout-refused",
        "payout",
    ]
    assert found.closing.micros == 0


def test_page_csv_and_pdf_say_the_same(lite_app: Flask) -> None:
    here = live(lite_app, 5)
    period = Period(START.date(), START.date() + timedelta(days=200))
    days = f"from={period.first}&to={period.last}"
    for user in here.users:
        found = stated(here.db, user, period)
        assert found.lines
        browser = Browser(lite_app, factories.Actor(user, frozenset({Role.PRODUCER})))
        page = browser.get(f"/income/statement?{days}")
        assert page.status_code == 200
        assert page.text.count("<tr>") == len(found.lines) + 3
        answer = browser.get(f"/income/statement.csv?{days}")
        assert answer.mimetype == "text/csv"
        assert answer.headers["Cache-Control"] == "private, no-store"
        opening, *lines, closing = csv.DictReader(io.StringIO(answer.text))
        assert [line["reference"] for line in lines] == [line.reference for line in found.lines]
        total = sum(int(line["amount"].replace(".", "")) for line in lines)
        first, last = (int(row["balance"].replace(".", "")) for row in (opening, closing))
        assert first + total == last == found.closing.micros
        printed = browser.get(f"/income/statement.pdf?{days}")
        assert printed.mimetype == "application/pdf"
        assert printed.data == browser.get(f"/income/statement.pdf?{days}").data
        others = here.users[1 - here.users.index(user)]
        assert others not in page.text + answer.text


@pytest.fixture
def producer(lite_app: Flask) -> Browser:
    who = factories.account(lite_app, Role.PRODUCER)
    with market_of(lite_app).db.unit_of_work() as s:
        s.execute(update(User).values(display_name="=Zoë 日本 👩"))
    return Browser(lite_app, who)


def test_an_empty_month_is_a_statement_too(producer: Browser) -> None:
    page = producer.get("/income/statement")
    assert page.status_code == 200
    assert "Nothing was booked in these days." in page.text
    assert "=Zoë 日本 👩" in page.text
    assert producer.get("/income/statement.csv").text.count("\n") == 3
    assert producer.get("/income/statement.pdf").data.startswith(b"%PDF-")
    assert 'href="/income/statement"' in producer.get("/income").text


@pytest.mark.parametrize("days", ["from=x", "to=2026-02-30", "from=2026-02-02&to=2026-02-01"])
def test_wrong_days_are_told(producer: Browser, days: str) -> None:
    page = producer.get(f"/income/statement?{days}")
    assert page.status_code == 422
    assert 'aria-describedby="problem"' in page.text
    assert "<tfoot>" not in page.text
    for kind in ("csv", "pdf"):
        assert producer.get(f"/income/statement.{kind}?{days}").status_code == 422


def test_nobody_else_reads_it(lite_app: Flask) -> None:
    buyer = Browser(lite_app, factories.account(lite_app, Role.BUYER))
    for kind in ("", ".csv", ".pdf"):
        assert buyer.get(f"/income/statement{kind}").status_code == 403
        assert Browser(lite_app).get(f"/income/statement{kind}").status_code == 302
        # There is no address of somebody else's.
        assert buyer.get(f"/income/statement{kind}/{'0' * 32}").status_code == 404
