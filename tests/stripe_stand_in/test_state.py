"""The state file: lists read no more than they show, and an older file is taken over."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from stripe_stand_in import schema
from stripe_stand_in.config import StandInConfig
from stripe_stand_in.listing import Filter
from stripe_stand_in.store import Store
from tests.support.provider import Market, Receiver, running

FIELDS = (
    "", "charge", "destination", "payment_intent", "related_object.id", "source", "status",
    "transfer", "transfer_group", "type",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_a_list_reads_one_index_in_order(
    tmp_path: Path, field: str, older: bool, beside: bool
) -> None:
    wanted = Filter("charge")
    if field:
        wanted.equal(field, "x")
    wanted.created({"gte": 5})
    if beside:
        wanted.beside((7, 3), older=older)
    with Store(tmp_path / "s.db").reading() as tx:
        plan = tx.sql.execute(
            f"EXPLAIN QUERY PLAN {wanted.statement(older=older)}", (*wanted.values, 11)
        ).fetchall()
    (step,) = [row[3] for row in plan]
    assert "USING INDEX objects_by_" in step
    if field:
        assert field.replace(".", "_") in step


OLD = """
CREATE TABLE objects (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL,
    hidden TEXT NOT NULL DEFAULT '{}');
CREATE INDEX objects_by_kind ON objects (kind, seq);
CREATE TABLE answers (key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL,
    payload TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0);
CREATE INDEX outbox_due ON outbox (delivered, due);
"""


def test_a_file_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    with running(tmp_path / "new.db", Receiver()) as market:
        paid = market.paid_checkout(cents=1_000)
        account = market.payable_account()
        sent = market.gateway.transfer(account, 300, "EUR", "g", "t")
        market.gateway.reverse_transfer(sent.id, 100, "r")
        balance = market.gateway.available_balance("EUR")
    _as_it_was(tmp_path / "new.db", tmp_path / "old.db")
    with running(tmp_path / "old.db", Receiver()) as market:
        assert market.gateway.available_balance("EUR") == balance
        assert market.gateway.checkout(paid.id).paid
        assert market.gateway.transfer(account, 300, "EUR", "g", "t").id == sent.id
        assert market.gateway.reverse_transfer(sent.id, None, "r2").amount_cents == 200
        market.receiver.wait_for("checkout.session.completed")


def _as_it_was(new: Path, old: Path) -> None:
    """Write a state as the first version kept it, with nothing delivered yet."""
    with sqlite3.connect(new) as source, sqlite3.connect(old) as target:
        target.executescript(OLD)
        for table, columns in (
            ("objects", "seq, id, kind, created, body, hidden"),
            ("answers", "key, request, status, body"),
            ("outbox", "seq, endpoint, payload, attempts, due"),
        ):
            rows = source.execute(f"SELECT {columns} FROM {table}").fetchall()
            marks = ", ".join("?" * len(columns.split(",")))
            target.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    source.close()
    target.close()


def test_an_index_of_an_earlier_version_is_replaced(tmp_path: Path) -> None:
    Store(tmp_path / "s.db")
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute("DROP INDEX objects_by_type")
    connection.execute("CREATE INDEX objects_by_kind ON objects (kind, seq)")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    Store(tmp_path / "s.db")
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "objects_by_type" in names
    assert "objects_by_kind" not in names


def test_what_was_opened_is_used_again_and_closed_after_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    with store.transaction() as tx:
        tx.set("a", 1)
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.set("a", 1 / 0)
    with store.reading() as tx:
        assert tx.setting("a", None) == 1
        assert tx.sql.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION


def test_durable_by_default(tmp_path: Path) -> None:
    assert StandInConfig(tmp_path / "s.db").durable
    for durable, expected in ((True, 2), (False, 0)):
        with Store(tmp_path / "s.db", durable=durable).reading() as tx:
            assert tx.sql.execute("PRAGMA synchronous").fetchone()[0] == expected


def test_both_ways_of_a_list_at_once_are_refused(market: Market) -> None:
    paid = market.paid_checkout()
    both = {"starting_after": paid.charge or "", "ending_before": paid.charge or ""}
    assert market.ask("GET", "/v1/charges", **both).status == 400
    moment = json.loads(market.ask("GET", f"/v1/charges/{paid.charge}").text)["created"]
    for created, count in ((moment, 1), (moment + 1, 0)):
        listed = market.ask("GET", "/v1/charges", created=str(created)).json["data"]
        assert len(listed) == count
