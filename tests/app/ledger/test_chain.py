"""Whoever changes the book behind the database's back is found, at the right link."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal_column, select, text
from sqlalchemy.exc import DatabaseError

from app.core.clock import fixed_at
from app.core.db import Database, session
from app.core.hash_chain import GENESIS
from app.ledger import bulk, chain, service
from app.ledger.models import LedgerEntry, LedgerLink, LedgerTransaction

pytestmark = pytest.mark.both_databases

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
#: Their order by bytes is another one than by alphabet or by letters of any size.
ACCOUNTS = ("contributor:b", "contributor:B", "contributor:é", "contributor:-", "provider", "é")

GUARDED = ("ledger_entry", "ledger_transaction", "ledger_link", "billing_document", "audit_entry")


def fill(db: Database, count: int = 5, first: int = 0) -> None:
    for number in range(first, first + count):
        with fixed_at(START + timedelta(hours=number)), db.unit_of_work():
            lines = {account: number + place for place, account in enumerate(ACCOUNTS, 1)}
            currency = ("EUR", "CHF")[number % 2]
            lines["pool:x"] = -sum(lines.values())
            service.post("sale", f"sale:{number}", currency, lines)


def links(db: Database) -> list[LedgerLink]:
    with db.unit_of_work(write=False):
        return list(session().scalars(select(LedgerLink).order_by(LedgerLink.number)))


def tamper(db: Database, *statements: str) -> None:
    """Write as whoever owns the database can: without triggers and references."""
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            # Inside a transaction it would change nothing.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
            triggers = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for name in triggers.scalars().all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            for table in GUARDED:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
    db.dispose()


def test_links_are_the_transactions_oldest_first(db: Database) -> None:
    fill(db, 3)
    with db.unit_of_work():
        assert chain.head() == chain.Head(0, GENESIS, None)
        assert chain.waiting() == 3
    assert chain.extend(db) == 3
    assert chain.extend(db) == 0
    found = links(db)
    with db.unit_of_work(write=False):
        order = select(LedgerTransaction.id).order_by(LedgerTransaction.at)
        assert [one.transaction_id for one in found] == list(session().scalars(order))
        assert chain.waiting() == 0
        assert chain.head().digest == found[-1].digest
    assert [one.number for one in found] == [1, 2, 3]
    assert [one.previous for one in found] == [GENESIS, *(one.digest for one in found[:2])]
    assert chain.broken_at(db) is None


def test_what_is_booked_late_is_linked_late(db: Database) -> None:
    fill(db, 2, first=5)
    chain.extend(db)
    before = links(db)
    fill(db, 1)
    assert chain.extend(db) == 1
    assert [one.digest for one in links(db)][:2] == [one.digest for one in before]
    assert chain.broken_at(db) is None


def test_what_is_not_sealed_is_not_linked(db: Database) -> None:
    with db.unit_of_work() as s:
        s.add(LedgerTransaction(id="t" * 32, kind="sale", key="open", currency="EUR"))
    assert chain.extend(db) == 0


def test_the_digest_is_that_of_the_documented_text(db: Database) -> None:
    fill(db, 1)
    chain.extend(db)
    (link,) = links(db)
    lines = {account: place for place, account in enumerate(ACCOUNTS, 1)} | {"pool:x": -21}
    ordered = sorted(lines.items(), key=lambda line: line[0].encode())
    text_ = "".join(f"{account}|{micros}\n" for account, micros in ordered)
    facts = ("7", "1", "0" * 64, link.transaction_id, "sale", "sale:0", "EUR")
    text_ += "".join(f"{fact}\n" for fact in (*facts, "2026-01-01T12:00:00.000000+00:00"))
    assert hashlib.sha256(text_.encode()).hexdigest() == link.digest


def test_both_engines_come_to_the_same_digests(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    for engine in ("sqlite", "postgresql"):
        numbers = iter(range(10_000))
        for module in (service, bulk):
            monkeypatch.setattr(module, "new_id", lambda n=numbers: f"{next(n):032d}")
        db = Database(new_database(engine))
        fill(db, 6)
        chain.extend(db)
        assert chain.broken_at(db) is None
        digests.append([(one.number, one.transaction_id, one.digest) for one in links(db)])
        db.dispose()
    assert digests[0] == digests[1]
    assert len(digests[0]) == 6


TAMPERING = {
    "an amount, and another so that the sum holds": (
        "UPDATE ledger_entry SET micros = micros + 1 WHERE account = 'provider' AND {mine}",
        "UPDATE ledger_entry SET micros = micros - 1 WHERE account = 'pool:x' AND {mine}",
    ),
    "an account": ("UPDATE ledger_entry SET account = 'me' WHERE account = 'é' AND {mine}",),
    "a line taken out": ("DELETE FROM ledger_entry WHERE account = 'é' AND {mine}",),
    "every line taken out": ("DELETE FROM ledger_entry WHERE {mine}",),
    "a line put in": (
        "INSERT INTO ledger_entry (id, transaction_id, account, micros) "
        "SELECT 'x', id, 'me', 5 FROM ledger_transaction WHERE key = 'sale:2'",
    ),
    "two lines written as one": (
        "DELETE FROM ledger_entry WHERE account = 'contributor:B' AND {mine}",
        "UPDATE ledger_entry SET account = 'contributor:B|4{newline}contributor:b' "
        "WHERE account = 'contributor:b' AND {mine}",
    ),
    "its kind": ("UPDATE ledger_transaction SET kind = 'gift' WHERE {this}",),
    "its key": ("UPDATE ledger_transaction SET key = 'sale:x' WHERE {this}",),
    "its currency": ("UPDATE ledger_transaction SET currency = 'USD' WHERE {this}",),
    "its time": ("UPDATE ledger_transaction SET at = '2026-01-01 00:00:00+00:00' WHERE {this}",),
    "unsealed": ("UPDATE ledger_transaction SET sealed = false WHERE {this}",),
    "removed": (
        "DELETE FROM ledger_entry WHERE {mine}",
        "DELETE FROM ledger_transaction WHERE {this}",
    ),
    "removed without its lines": ("DELETE FROM ledger_transaction WHERE {this}",),
    "its link taken out": ("DELETE FROM ledger_link WHERE number = 3",),
    "its digest": ("UPDATE ledger_link SET digest = previous WHERE number = 3",),
    "its predecessor": ("UPDATE ledger_link SET previous = digest WHERE number = 3",),
    "its link names another": (
        "UPDATE ledger_link SET transaction_id = 'nobody' WHERE number = 3",
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_at_its_link(db: Database, what: str) -> None:
    fill(db)
    chain.extend(db)
    words = {
        "this": "key = 'sale:2'",
        "mine": "transaction_id = (SELECT id FROM ledger_transaction WHERE key = 'sale:2')",
        "newline": "\n",
    }
    statements = [statement.format(**words) for statement in TAMPERING[what]]
    if db.engine.dialect.name == "sqlite":
        statements = [one.replace("00:00:00+00:00", "00:00:00.000000") for one in statements]
    tamper(db, *statements)
    assert chain.broken_at(db) == 3


def test_exchanged_links_are_found(db: Database) -> None:
    fill(db)
    chain.extend(db)
    third, fourth = (one.transaction_id for one in links(db)[2:4])
    tamper(
        db,
        "UPDATE ledger_link SET transaction_id = 'x' WHERE number = 3",
        f"UPDATE ledger_link SET transaction_id = '{third}' WHERE number = 4",
        f"UPDATE ledger_link SET transaction_id = '{fourth}' WHERE number = 3",
    )
    assert chain.broken_at(db) == 3


def test_a_rewritten_end_no_longer_fits_a_head_that_was_written_down(db: Database) -> None:
    """Whoever makes every later link again has a chain that holds, with another head."""
    fill(db)
    chain.extend(db)
    with db.unit_of_work(write=False):
        kept = chain.head()
    tamper(
        db,
        "UPDATE ledger_entry SET account = 'me' WHERE account = 'é'",
        "DELETE FROM ledger_link",
    )
    chain.extend(db)
    assert chain.broken_at(db) is None
    with db.unit_of_work(write=False):
        assert (chain.head().number, chain.head().digest) != (kept.number, kept.digest)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_link SET digest = previous",
        "UPDATE ledger_link SET linked_at = '2020-01-01'",
        "DELETE FROM ledger_link",
    ],
)
def test_the_database_refuses_to_change_a_link(db: Database, statement: str) -> None:
    fill(db, 1)
    chain.extend(db)
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(statement))


def test_the_database_refuses_to_replace_a_link_or_to_empty_the_book(db: Database) -> None:
    fill(db, 1)
    chain.extend(db)
    if db.engine.dialect.name == "sqlite":
        statements = [
            "INSERT OR REPLACE INTO ledger_link SELECT number, transaction_id, previous, "
            "previous, linked_at FROM ledger_link"
        ]
    else:
        tables = ("ledger_link", "ledger_entry", "ledger_transaction CASCADE", "audit_entry")
        statements = [f"TRUNCATE {table}" for table in tables]
    for statement in statements:
        with pytest.raises(DatabaseError), db.unit_of_work():
            session().execute(text(statement))


def test_a_large_transaction_is_linked_beside_small_ones(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db, 2)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12345)"
    with db.unit_of_work() as s, fixed_at(START + timedelta(hours=2)):
        s.execute(text("CREATE TABLE many (i integer)"))
        s.execute(text(f"INSERT INTO many {numbers} SELECT i FROM n"))
        account = literal_column("'contributor:' || i").label("account")
        lines = select(account, literal_column("-i").label("micros")).select_from(text("many"))
        posted = bulk.post_selected("settlement", "settle-all:1", "EUR", lines, "pool:x")
        assert posted is not None
    fill(db, 2, first=3)
    monkeypatch.setattr(chain, "AT_A_TIME", 2)
    said: list[int] = []
    assert chain.extend(db) == 5
    assert chain.broken_at(db, said.append) is None
    assert said == [40, 80, 100]
    tamper(db, "UPDATE ledger_entry SET account = 'contributor:x' WHERE micros = -12000")
    assert chain.broken_at(db) == 3


def test_only_so_many_are_linked_at_once(db: Database) -> None:
    fill(db, 5)
    assert [chain.extend(db, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert chain.broken_at(db) is None


def test_two_workers_make_one_chain(db: Database) -> None:
    fill(db, 40)
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: chain.extend(db, limit=40), range(2))) == 40
    assert [one.number for one in links(db)] == list(range(1, 41))
    assert chain.broken_at(db) is None


LINES = st.dictionaries(st.text("aBé:-|_~", min_size=1, max_size=8), st.integers(-(10**15), 10**15))


@settings(max_examples=30, deadline=None)
@given(lines=LINES)
def test_any_lines_are_ordered_alike_in_python(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, lines: dict[str, int]
) -> None:
    path = tmp_path_factory.mktemp("chain") / "moisson.db"
    path.write_bytes(sqlite_template.read_bytes())
    db = Database(f"sqlite:///{path}")
    with db.unit_of_work():
        service.post("x", "x", "EUR", {**lines, "zz": -sum(lines.values())})
    chain.extend(db)
    with db.unit_of_work(write=False) as s:
        kept = s.execute(select(LedgerEntry.account, LedgerEntry.micros)).all()
        at = s.scalars(select(LedgerTransaction.at)).one()
    (link,) = links(db)
    ordered = sorted(kept, key=lambda line: line[0].encode())
    text_ = "".join(f"{account}|{micros}\n" for account, micros in ordered)
    facts = (len(kept), 1, link.previous, link.transaction_id, "x", "x", "EUR")
    stamp = at.isoformat(timespec="microseconds")
    text_ += "".join(f"{fact}\n" for fact in (*facts, stamp))
    assert hashlib.sha256(text_.encode()).hexdigest() == link.digest
    db.dispose()
