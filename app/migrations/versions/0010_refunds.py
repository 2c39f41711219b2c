"""refunds of a part, payments that take days, disputes as rows

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# A refund made before had its order's number in its keys: it keeps it.
REFUNDS = """
INSERT INTO refund (id, order_id, cents, state, booked, key, provider_id, reason, at, ended_at)
SELECT id, id, total_cents,
       CASE WHEN state = 'refunded' THEN 'succeeded' ELSE 'intended' END,
       state = 'refunded', 'refund:' || id, refund_id, '',
       coalesce(refunded_at, paid_at), refunded_at
FROM purchase_order
WHERE state IN ('refunded', 'refunding') AND total_cents > 0
"""
TAKEN = """
UPDATE purchase_order SET taken_cents = total_cents
WHERE state IN ('refunded', 'disputed', 'lost')
"""
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("cents > 0", name=op.f("ck_refund_cents_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_refund_order_id_purchase_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("key", name=op.f("uq_refund_key")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_refund_provider_id")),
    )
    op.create_index(op.f("ix_refund_order_id"), "refund", ["order_id"])
    op.create_index(op.f("ix_refund_state"), "refund", ["state"])
    op.create_index(
        "uq_refund_under_way",
        "refund",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("state = 'intended'"),
        postgresql_where=sa.text("state = 'intended'"),
    )
    op.create_table(
        "order_dispute",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("taken_cents", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_cents", sa.BigInteger(), nullable=False),
        sa.Column("reinstated_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["purchase_order.id"],
            name=op.f("fk_order_dispute_order_id_purchase_order"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_dispute")),
    )
    op.create_index(op.f("ix_order_dispute_order_id"), "order_dispute", ["order_id"])
    for column in (
        sa.Column("vat_basis_points", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("taken_cents", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("purchase_order", column)
    op.add_column(
        "sale_edition",
        sa.Column("taken_micros", sa.BigInteger(), nullable=False, server_default="0"),
    )
    connection = op.get_bind()
    connection.exec_driver_sql(REFUNDS)
    connection.exec_driver_sql(TAKEN)
    connection.exec_driver_sql(
        "UPDATE sale_edition SET taken_micros = per_share_micros WHERE reversed"
    )
    _disputes(connection)
    connection.exec_driver_sql("ALTER TABLE sale_edition DROP COLUMN reversed")
    connection.exec_driver_sql("ALTER TABLE purchase_order DROP COLUMN refund_id")


def _disputes(connection: sa.Connection) -> None:
    """Make a row of each dispute that the book knows.

    Each was booked together with an entry of the audit log that names its order: the first
    belongs to the first.
    """
    booked = connection.exec_driver_sql(
        "SELECT id, key, at FROM ledger_transaction WHERE kind = 'dispute' ORDER BY at, key"
    ).all()
    orders = connection.exec_driver_sql(
        "SELECT o.id, o.total_cents, o.state FROM audit_entry a "
        "JOIN purchase_order o ON o.id = a.object_id "
        "WHERE a.action = 'dispute-order' ORDER BY a.sequence"
    ).all()
    for (transaction_id, key, at), (order_id, total, state) in zip(booked, orders, strict=True):
        identifier = key.split(":", 1)[1]
        back = _lines(connection, _id(connection, f"reinstate:{identifier}"))
        connection.execute(
            sa.text(
                "INSERT INTO order_dispute (id, order_id, cents, taken_cents, withdrawn_cents,"
                " reinstated_cents, status, at) VALUES (:i, :o, :c, :t, :w, :r, :s, :a)"
            ),
            {
                "i": identifier,
                "o": order_id,
                "c": total,
                "t": 0 if back else total,
                "w": -_lines(connection, transaction_id)["provider"] // 10_000,
                "r": back.get("provider", 0) // 10_000,
                "s": "won" if back else "lost" if state == "lost" else "needs_response",
                "a": at,
            },
        )


def _id(connection: sa.Connection, key: str) -> str:
    found = connection.execute(
        sa.text("SELECT id FROM ledger_transaction WHERE key = :k"), {"k": key}
    )
    return str(found.scalar() or "")


def _lines(connection: sa.Connection, transaction_id: str) -> dict[str, int]:
    rows = connection.execute(
        sa.text("SELECT account, micros FROM ledger_entry WHERE transaction_id = :t"),
        {"t": transaction_id},
    )
    return {account: int(micros) for account, micros in rows}


def downgrade() -> None:
    raise RuntimeError("what was given back in parts cannot be told without its rows")
