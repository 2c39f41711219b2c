"""Seconds to settle a crowd in one pass and to book a sale for it; checked by other means."""

import json
import time

from flask import Flask
from sqlalchemy import select, text

from app.core.clock import now
from app.core.db import Database, new_id, session
from app.earnings.settlement import Settled, settle_all
from app.market import market_of
from app.orders import sale
from app.orders.models import Order
from app.prices import queries as prices
from bench.pricing import crowd

PER_SHARE = 86_400
SUM = "SELECT COALESCE(SUM(micros), 0) FROM ledger_entry"
WRONG = """
SELECT COUNT(*) FROM
  (SELECT 'contributor:' || producer_id AS account, SUM(shares) * :each AS due
   FROM edition_dataset WHERE edition_id = :edition GROUP BY producer_id) AS earned
LEFT JOIN (SELECT account, SUM(micros) AS micros FROM ledger_entry GROUP BY account) AS booked
  ON booked.account = earned.account
WHERE booked.micros IS NULL OR booked.micros <> -due
"""
CENTS = 50_000
BUYER = "SELECT owner_id FROM collection LIMIT 1"
LINES = (
    "SELECT COUNT(*) FROM ledger_entry AS e JOIN ledger_transaction AS t"
    " ON t.id = e.transaction_id WHERE t.kind = 'sale' AND t.sealed"
)


class BenchError(Exception):
    """What was timed did not do its work."""


def settle_seconds(database_url: str, contributors: int) -> float:
    """Time settling so many contributors of one edition after one sale.

    Parameters
    ----------
    database_url : str
        An empty database; it is migrated and filled here.

    Raises
    ------
    BenchError
        When a balance is not what it has to be afterwards.
    """
    with crowd.market(database_url) as (app, db):
        edition_id = crowd.fill(app, contributors)
        crowd.sell(app, edition_id, PER_SHARE)
        start = time.perf_counter()
        done = settle_all(db)
        seconds = time.perf_counter() - start
        _check(app, edition_id, done, contributors)
    return seconds


def _check(app: Flask, edition_id: str, done: Settled, contributors: int) -> None:
    db: Database = market_of(app).db
    if (done.editions, done.parts) != (1, contributors):
        raise BenchError(f"{done} was moved")
    with db.unit_of_work(write=False):
        if session().scalar(text(SUM)) != 0:
            raise BenchError("the book does not sum to zero")
        wrong = session().scalar(text(WRONG), {"each": PER_SHARE, "edition": edition_id})
        if wrong:
            raise BenchError(f"{wrong} balances are wrong")
    if settle_all(db) != Settled():
        raise BenchError("a second pass moved something")


def sale_seconds(database_url: str, contributors: int, repeats: int) -> list[float]:
    """Time booking one paid order after another, each with its commit.

    Parameters
    ----------
    database_url : str
        An empty database; it is migrated and filled here.

    Raises
    ------
    BenchError
        When the book is not right afterwards.
    """
    with crowd.market(database_url) as (app, db):
        edition_id = crowd.fill(app, contributors)
        # The first reads and unpacks the release, which the process then keeps.
        times = [_book(db, edition_id) for _ in range(repeats + 1)][1:]
        _check_sales(db, repeats + 1)
    return times


def _book(db: Database, edition_id: str) -> float:
    order_id = new_id()
    with db.unit_of_work():
        moment = now()
        session().add(
            Order(
                id=order_id,
                buyer_id=session().scalar(text(BUYER)),
                state="paid",
                purpose="research",
                licence="moisson-research-1",
                total_cents=CENTS,
                currency="EUR",
                book_version=prices.in_force().version,
                lines="[]",
                split=json.dumps({edition_id: [500_000, 1]}),
                fee_cents=100,
                expires_at=moment,
                paid_at=moment,
            )
        )
    start = time.perf_counter()
    with db.unit_of_work():
        sale.book(session().scalars(select(Order).where(Order.id == order_id)).one())
    return time.perf_counter() - start


def _check_sales(db: Database, sales: int) -> None:
    with db.unit_of_work(write=False):
        if session().scalar(text(SUM)) != 0:
            raise BenchError("the book does not sum to zero")
        lines = session().scalar(text(LINES)) or 0
        if not 3 * sales <= lines <= 4 * sales:
            raise BenchError(f"{lines} lines for {sales} sales of one edition")
