"""price books in the database; quotes that are honoured; floors; numbered invoices

Revision ID: 0007
Revises: 0006
"""

import datetime
import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FIRST_BOOK = {
    "version": "2026-1",
    "currency": "EUR",
    "base": 1.0,
    "detail": [0.25, 1.0, 1.5, 2.0, 2.5],
    "rarity_lambda": 0.5,
    "rarity_cap": 2.0,
    "fixed_micros": 500_000,
    "floor_micros": 500_000,
    "minimum_micros": 1_000_000,
    "curve": [
        [0, 0],
        [200, 10_000_000],
        [1_000, 42_000_000],
        [5_000, 162_000_000],
        [20_000, 462_000_000],
    ],
    "minimum_people": 50,
    "platform_basis_points": 1_000,
}
#: Less to begin with, more a point: contributors earn more and no fewer are served.
SECOND_BOOK = {
    **FIRST_BOOK,
    "version": "2026-2",
    "fixed_micros": 100_000,
    "curve": [
        [0, 0],
        [200, 14_000_000],
        [1_000, 58_800_000],
        [5_000, 226_800_000],
        [20_000, 646_800_000],
    ],
}
SECOND_NOTE = (
    "Less once per buyer, more for each answer: in the simulation contributors earn more and "
    "no fewer buyers are served."
)


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    books = op.create_table(
        "price_book",
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["published_by"], ["user_account.id"], name=op.f("fk_price_book_published_by")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_price_book")),
        sa.UniqueConstraint("number", name=op.f("uq_price_book_number")),
    )
    now = datetime.datetime.now(datetime.UTC)
    op.bulk_insert(
        books,
        [
            {
                "version": book["version"],
                "number": number,
                "content": json.dumps(book, sort_keys=True),
                "note": note,
                "published_at": now.replace(tzinfo=None) if sqlite else now,
                "published_by": None,
            }
            for number, (book, note) in enumerate(((FIRST_BOOK, ""), (SECOND_BOOK, SECOND_NOTE)), 1)
        ],
    )
    _keep_books(connection, sqlite=sqlite)
    for table in ("collection", "edition"):
        op.add_column(
            table, sa.Column("floor_micros", sa.BigInteger(), nullable=False, server_default="0")
        )
    op.add_column("edition", sa.Column("people", sa.Integer(), nullable=True))
    op.add_column("edition", sa.Column("catalogue_number", sa.Integer(), nullable=True))
    op.create_index("uq_edition_catalogue_number", "edition", ["catalogue_number"], unique=True)
    connection.exec_driver_sql(
        "UPDATE edition SET catalogue_number = (SELECT COUNT(*) FROM edition AS other "
        "WHERE other.state = 'published' AND (other.published_at < edition.published_at OR "
        "(other.published_at = edition.published_at AND other.id <= edition.id))) "
        "WHERE state = 'published'"
    )
    _orders(connection)


def _keep_books(connection: sa.Connection, *, sqlite: bool) -> None:
    if sqlite:
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER price_book_once_{verb.lower()} BEFORE {verb} ON price_book "
                "BEGIN SELECT RAISE(ABORT, 'price_book is written once'); END;"
            )
        return
    connection.exec_driver_sql(
        "CREATE TRIGGER price_book_once BEFORE UPDATE OR DELETE ON price_book "
        "FOR EACH ROW EXECUTE FUNCTION written_once()"
    )


def _orders(connection: sa.Connection) -> None:
    for column in (
        sa.Column("quote_id", sa.String(length=32), nullable=True),
        sa.Column("catalogue_number", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("owned", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("split", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("invoice_number", sa.Integer(), nullable=True),
    ):
        op.add_column("purchase_order", column)
    for name in ("quote_id", "invoice_number"):
        op.create_index(f"uq_purchase_order_{name}", "purchase_order", [name], unique=True)
    connection.exec_driver_sql(
        "UPDATE purchase_order SET invoice_number = (SELECT COUNT(*) FROM purchase_order AS other "
        "WHERE other.paid_at IS NOT NULL AND (other.paid_at < purchase_order.paid_at OR "
        "(other.paid_at = purchase_order.paid_at AND other.id <= purchase_order.id))) "
        "WHERE paid_at IS NOT NULL"
    )
    # An offer made under the old rules has no signed quote behind it.
    connection.exec_driver_sql("UPDATE purchase_order SET state = 'expired' WHERE state = 'quoted'")


def downgrade() -> None:
    raise RuntimeError("published prices are not taken back")
