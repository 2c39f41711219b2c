"""numbered documents, billing details, the chain over the book, its verifications

Revision ID: 0011
Revises: 0010
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
#: Each table that is written once, with what makes a row of it another row's double.
KEYS = {
    "billing_document": (("id",), ("series", "number"), ("occasion",)),
    "ledger_link": (("number",), ("transaction_id",)),
    "book_verification": (("id",),),
}
#: Written once since long: on PostgreSQL they could still be emptied.
EMPTIED = ("ledger_transaction", "ledger_entry", "audit_entry")

# Every price was without tax until now, and nobody was asked for an address.
INVOICES = """
SELECT o.id, o.buyer_id, o.invoice_number, o.paid_at, o.currency, o.total_cents, u.display_name
FROM purchase_order o JOIN user_account u ON u.id = o.buyer_id
WHERE o.invoice_number IS NOT NULL AND o.total_cents > 0
ORDER BY o.invoice_number
"""
TAKEN = """
SELECT t.occasion, o.id, o.buyer_id, o.invoice_number, t.at, o.currency, t.cents, u.display_name
FROM (
    SELECT 'refund:' || id AS occasion, order_id, coalesce(ended_at, at) AS at, cents
    FROM refund WHERE booked
    UNION ALL
    SELECT 'dispute:' || id, order_id, at, taken_cents FROM order_dispute
    WHERE taken_cents > 0 AND status = 'lost'
) t
JOIN purchase_order o ON o.id = t.order_id JOIN user_account u ON u.id = o.buyer_id
WHERE o.invoice_number IS NOT NULL
ORDER BY t.at, t.occasion
"""


def upgrade() -> None:
    _documents()
    _chain()
    connection = op.get_bind()
    _protect(connection)
    _copy(connection)


def _documents() -> None:
    op.create_table(
        "billing_document",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("series", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=160), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("buyer_id", sa.String(length=32), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_basis_points", sa.Integer(), nullable=False),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(series = 'invoice' AND corrects IS NULL)"
            " OR (series = 'credit-note' AND corrects IS NOT NULL)",
            name=op.f("ck_billing_document_series"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_billing_document_number")),
        sa.CheckConstraint(
            "gross_cents > 0 AND vat_cents >= 0 AND vat_cents <= gross_cents"
            " AND vat_basis_points >= 0",
            name=op.f("ck_billing_document_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["buyer_id"],
            ["user_account.id"],
            name=op.f("fk_billing_document_buyer_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_document")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_billing_document_series")),
        sa.UniqueConstraint("occasion", name=op.f("uq_billing_document_occasion")),
    )
    for column in ("order_id", "buyer_id", "issued_at"):
        op.create_index(op.f(f"ix_billing_document_{column}"), "billing_document", [column])
    op.create_table(
        "billing_details",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_billing_details_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_billing_details")),
    )


def _chain() -> None:
    op.create_table(
        "ledger_link",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.String(length=32), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_ledger_link_number")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name=op.f("fk_ledger_link_transaction_id_ledger_transaction"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_link")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_ledger_link_transaction_id")),
    )
    op.create_table(
        "book_verification",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("links", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_verification")),
    )
    op.create_index(op.f("ix_book_verification_at"), "book_verification", ["at"])


def _protect(connection: sa.Connection) -> None:
    for table, keys in KEYS.items():
        if connection.dialect.name != "sqlite":
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_once BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION written_once()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_once_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END;"
            )
        # INSERT OR REPLACE removes a row without asking the trigger for removing.
        same = " OR ".join(
            "(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_once_insert BEFORE INSERT ON {table} "  # noqa: S608
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END;"
        )
    if connection.dialect.name != "sqlite":
        for table in (*KEYS, *EMPTIED):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_once_all BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
            )


def _copy(connection: sa.Connection) -> None:
    """Make a document of each invoice that has a number, and of what was taken back of them."""
    for order, buyer, number, at, currency, cents, name in connection.exec_driver_sql(
        INVOICES
    ).all():
        _insert(
            connection,
            ("invoice", number, None),
            f"sale:{order}",
            (order, buyer, name),
            (at, currency, cents),
        )
    rows = connection.exec_driver_sql(TAKEN).all()
    for number, (occasion, order, buyer, corrects, at, currency, cents, name) in enumerate(rows, 1):
        _insert(
            connection,
            ("credit-note", number, corrects),
            occasion,
            (order, buyer, name),
            (at, currency, cents),
        )


def _insert(
    connection: sa.Connection,
    which: tuple[str, int, int | None],
    occasion: str,
    about: tuple[str, str, str],
    amount: tuple[object, str, int],
) -> None:
    series, number, corrects = which
    order, buyer, name = about
    at, currency, cents = amount
    connection.execute(
        sa.text(
            "INSERT INTO billing_document (id, series, number, occasion, order_id, buyer_id,"
            " issued_at, currency, gross_cents, vat_cents, vat_basis_points, corrects, issuer,"
            " buyer) VALUES (:id, :series, :number, :occasion, :order, :buyer, :at, :currency,"
            " :cents, 0, 0, :corrects, '{}', :snapshot)"
        ),
        {
            "id": f"{series[0]}{number:031d}",
            "series": series,
            "number": number,
            "occasion": occasion,
            "order": order,
            "buyer": buyer,
            "at": at,
            "currency": currency,
            "cents": cents,
            "corrects": corrects,
            "snapshot": json.dumps({"name": name, "account": buyer}, sort_keys=True),
        },
    )


def downgrade() -> None:
    raise RuntimeError("documents and the chain are not taken back")
