"""Orders from before refunds had rows come through the migration as they were."""

import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from app.cli import migrations_config
from tests.support import postgres

pytestmark = pytest.mark.both_databases

BEFORE, AFTER = "0009", "0010"
AT = "2026-01-02 03:04:05"


def insert(connection: Any, table: str, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)  # noqa: S608


def order(connection: Any, name: str, state: str, **more: Any) -> None:
    insert(
        connection,
        "purchase_order",
        id=name,
        buyer_id="buyer",
        state=state,
        purpose="research",
        total_cents=1_000,
        currency="EUR",
        book_version="2026-2",
        catalogue_number=1,
        lines="[]",
        owned="[]",
        split="{}",
        attempt=0,
        fee_cents=40,
        created_at=AT,
        expires_at=AT,
        **{"paid_at": AT, **more},
    )


def booked(connection: Any, key: str, lines: dict[str, int]) -> None:
    insert(
        connection,
        "ledger_transaction",
        id=key[:32],
        kind=key.split(":")[0],
        key=key,
        currency="EUR",
        sealed=False,
        at=AT,
    )
    for number, (account, micros) in enumerate(lines.items()):
        insert(
            connection,
            "ledger_entry",
            id=f"{key[:28]}{number}",
            transaction_id=key[:32],
            account=account,
            micros=micros,
        )
    connection.execute(
        text("UPDATE ledger_transaction SET sealed = :yes WHERE key = :k"), {"yes": True, "k": key}
    )


def audited(connection: Any, number: int, action: str, order_id: str) -> None:
    insert(
        connection,
        "audit_entry",
        sequence=number,
        at=AT,
        actor_id="system",
        action=action,
        object_kind="order",
        object_id=order_id,
        details="{}",
        previous="0" * 64,
        digest="0" * 64,
    )


def fill(url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        columns = {row[0] for row in connection.execute(text(
            "SELECT name FROM pragma_table_info('user_account')" if url.startswith("sqlite")
            else "SELECT column_name FROM information_schema.columns "
                 "WHERE table_name = 'user_account'"))}  # fmt: skip
        known = {
            "id": "buyer",
            "email": "buyer@example.org",
            "password_hash": "x",
            "display_name": "Buyer",
            "locale": "en",
            "producer": False,
            "buyer": True,
            "operator": False,
            "created_at": AT,
        }
        insert(connection, "user_account", **{k: v for k, v in known.items() if k in columns})
        order(connection, "paid", "paid")
        order(connection, "back", "refunded", refund_id="re_1", refunded_at=AT)
        order(connection, "asked", "refunding")
        order(connection, "won", "paid")
        order(connection, "lost", "lost", refunded_at=AT)
        booked(connection, "dispute:du_1", {"provider": -25_000_000, "platform": 25_000_000})
        audited(connection, 1, "dispute-order", "won")
        booked(connection, "reinstate:du_1", {"provider": 10_000_000, "platform": -10_000_000})
        booked(connection, "dispute:du_2", {"provider": -25_000_000, "platform": 25_000_000})
        audited(connection, 2, "dispute-order", "lost")
    engine.dispose()


def read(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return rows


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_refunds_and_disputes_become_rows(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        check(f"sqlite:///{tmp_path / 'old.db'}")
        return
    server = request.getfixturevalue("postgres_url")
    name = f"orders_{abs(hash(tmp_path)):x}"
    postgres.execute(server, f"CREATE DATABASE {name}")
    check(postgres.with_database(server, name))
    postgres.execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def check(url: str) -> None:
    config = migrations_config(url)
    command.upgrade(config, BEFORE)
    fill(url)
    command.upgrade(config, AFTER)
    refunds = read(url, "SELECT id, cents, state, booked, key, provider_id FROM refund ORDER BY id")
    assert [(i, c, s, bool(b), k, p) for i, c, s, b, k, p in refunds] == [
        ("asked", 1_000, "intended", False, "refund:asked", None),
        ("back", 1_000, "succeeded", True, "refund:back", "re_1"),
    ]
    taken = dict(read(url, "SELECT id, taken_cents FROM purchase_order"))
    assert taken == {"paid": 0, "back": 1_000, "asked": 0, "won": 0, "lost": 1_000}
    columns = "id, order_id, taken_cents, withdrawn_cents, reinstated_cents, status"
    assert read(url, f"SELECT {columns} FROM order_dispute ORDER BY id") == [  # noqa: S608
        ("du_1", "won", 0, 2_500, 1_000, "won"),
        ("du_2", "lost", 1_000, 2_500, 0, "lost"),
    ]
    command.upgrade(config, "head")


def test_orders_from_before_quotes_are_shared_by_their_tables(tmp_path: Path) -> None:
    """Those that may still be paid; what was paid already stays as it was booked."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    config = migrations_config(url)
    command.upgrade(config, "0015")
    engine = create_engine(url)
    with engine.begin() as connection:
        # What the orders refer to does not matter here.
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        for name, paid_at in (("open", None), ("paid", AT)):
            order(connection, name, "paying" if paid_at is None else "paid", paid_at=paid_at)
            for product, edition in (("a~0~gold", "a"), ("a~1~gold", "a"), ("b~0~gold", "b")):
                row = {"order_id": name, "product": product, "edition_id": edition}
                insert(connection, "order_item", **row)
    engine.dispose()
    command.upgrade(config, "0016")
    kept = dict(read(url, "SELECT id, split FROM purchase_order"))
    assert json.loads(kept["open"]) == {"a": [0, 2], "b": [0, 1]}
    assert kept["paid"] == "{}"
