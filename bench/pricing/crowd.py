"""A market with one edition of very many contributors, written by a few statements."""

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from flask import Flask
from sqlalchemy import Connection, text

from app import create_app
from app.cli import migrations_config
from app.core.db import Database, new_id
from app.core.permissions import Role
from app.ledger import accounts
from app.ledger import service as ledger
from app.market import market_of
from app.payments.mode import STAND_IN_KEY

#: What a release adds to the sum of shares.
MARGIN = 1_000

NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE counted(n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :count) "
        "SELECT n, lower(hex(randomblob(16))) AS u, lower(hex(randomblob(16))) AS d FROM counted"
    ),
    "postgresql": (
        "SELECT n, replace(gen_random_uuid()::text, '-', '') AS u, "
        "replace(gen_random_uuid()::text, '-', '') AS d FROM generate_series(1, :count) AS s(n)"
    ),
}
FILL = (
    "INSERT INTO user_account (id, email, display_name, password_hash, locale, producer, buyer,"
    " operator, created_at) SELECT u, u || '@example.org', 'somebody', '', 'en', true, false,"
    " false, CURRENT_TIMESTAMP FROM crowd",
    "INSERT INTO dataset (id, producer_id, collection_id, title, state, joining, everyone_is_me,"
    " answers, problems, row_count, purposes, created_at, offered) SELECT d, u, :collection,"
    " 'rows', 'listed', false, true, '{}', '[]', 1, 'research', CURRENT_TIMESTAMP, '{}'"
    " FROM crowd ORDER BY u",
    "INSERT INTO edition_dataset (edition_id, dataset_id, producer_id, rows_object,"
    " everyone_is_me, left_out, shares) SELECT :edition, d, u, d, true, '', 1 + n % 40"
    " FROM crowd ORDER BY d",
)
SALE = (
    "INSERT INTO purchase_order (id, buyer_id, state, purpose, total_cents, currency,"
    " book_version, lines, attempt, fee_cents, created_at, expires_at, paid_at) SELECT :order,"
    " (SELECT owner_id FROM collection LIMIT 1), 'paid', 'research', 1, 'EUR', '1', '[]', 0, 0,"
    " CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP",
    "INSERT INTO sale_edition (order_id, edition_id, collection_id, net_micros, per_share_micros,"
    " sold_at, reversed) SELECT :order, id, collection_id, 1, :each, CURRENT_TIMESTAMP, false"
    " FROM edition WHERE id = :edition",
)
TOTAL = "SELECT shares_total FROM published_release WHERE edition_id = :edition"


@contextmanager
def market(url: str) -> Iterator[tuple[Flask, Database]]:
    """Bring an empty database to the newest form and open a market on it."""
    command.upgrade(migrations_config(url), "head")
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            {
                "MOISSON_ENV": "test",
                "MOISSON_INSTANCE": str(Path(folder) / "instance"),
                "MOISSON_DATABASE_URL": url,
                "MOISSON_STRIPE_KEY": STAND_IN_KEY,
                # Each page is made anew: what it costs is measured.
                "MOISSON_PAGE_CACHE_MEGABYTES": "0",
            }
        )
        db: Database = market_of(app).db
        try:
            with app.app_context():
                yield app, db
        finally:
            db.dispose()


def first_edition(app: Flask) -> Any:
    """Publish an edition that was measured as the product does it, of somebody who also buys."""
    # The builders of the tests, which are not part of what mypy reads.
    factories = importlib.import_module("tests.support.factories")
    return factories.published(app, factories.account(app, Role.PRODUCER, Role.BUYER))


def fill(app: Flask, contributors: int) -> str:
    """Publish an edition with so many contributors, each with one dataset; return it.

    The first edition of the collection is measured as the product does it. The crowd's has the
    same release, but its own people and their sum of shares.
    """
    db: Database = market_of(app).db
    made = first_edition(app)
    edition_id = new_id()
    names = {"edition": edition_id, "first": made.edition_id, "collection": made.collection_id}
    with db.unit_of_work() as session:
        connection = session.connection()
        _edition(connection, names)
        numbers = NUMBERS[connection.dialect.name]
        connection.execute(
            text(f"CREATE TEMPORARY TABLE crowd AS {numbers}"), {"count": contributors}
        )
        for statement in FILL:
            connection.execute(text(statement), names)
        connection.execute(
            text(
                "INSERT INTO published_release (edition_id, content, digest, shares_total,"
                " micro_rho, published_at) SELECT e.id, content, digest, (SELECT SUM(shares)"
                " FROM edition_dataset WHERE edition_id = :edition) + :margin, micro_rho,"
                " r.published_at FROM published_release AS r, edition AS e"
                " WHERE r.edition_id = :first AND e.id = :edition"
            ),
            {**names, "margin": MARGIN},
        )
        connection.execute(text("DROP TABLE crowd"))
        if connection.dialect.name == "postgresql":
            # As the server does by itself, some time after so much has changed.
            connection.execute(text("ANALYZE"))
    return edition_id


def sell(app: Flask, edition_id: str, per_share: int) -> None:
    """Let one sale earn each share of an edition so much, in millionths, as booking it does."""
    db: Database = market_of(app).db
    names = {"order": new_id(), "edition": edition_id, "each": per_share}
    with db.unit_of_work() as session:
        connection = session.connection()
        for statement in SALE:
            connection.execute(text(statement), names)
        total = connection.scalar(text(TOTAL), names)
        assert total is not None
        whole = total * per_share
        lines = {accounts.PROVIDER: whole, accounts.pool(edition_id): -whole}
        ledger.post("sale", f"sale:{names['order']}", "EUR", lines)


def _edition(connection: Connection, names: dict[str, str]) -> None:
    connection.execute(
        text(
            "INSERT INTO edition (id, collection_id, number, purposes, state, closed_at,"
            " published_at, attempt, drawn, floor_micros, catalogue_number) SELECT :edition,"
            " collection_id, number + 1, purposes, state, closed_at, published_at, attempt, drawn,"
            " floor_micros, catalogue_number + 1 FROM edition WHERE id = :first"
        ),
        names,
    )
