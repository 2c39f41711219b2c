"""payouts, earnings settled, messages of the provider, reconciliations

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A plain ADD COLUMN: rebuilding the table on SQLite would need its references dropped.
    op.add_column("purchase_order", sa.Column("charge", sa.String(120), nullable=True))
    op.create_table(
        "connected_account",
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(120), nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("payable", sa.Boolean(), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_connected_account_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_connected_account")),
        sa.UniqueConstraint("account_id", name=op.f("uq_connected_account_account_id")),
    )
    op.create_table(
        "payout",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(120), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("transfer_id", sa.String(120), nullable=True),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cents > 0", name=op.f("ck_payout_cents_positive")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_payout_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("key", name=op.f("uq_payout_key")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_payout_transfer_id")),
    )
    op.create_index(op.f("ix_payout_user_id"), "payout", ["user_id"])
    op.create_index(op.f("ix_payout_state"), "payout", ["state"])
    op.create_index(
        "uq_payout_under_way",
        "payout",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("state = 'intended'"),
        postgresql_where=sa.text("state = 'intended'"),
    )
    op.create_table(
        "earning_position",
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("edition_id", sa.String(32), nullable=False),
        sa.Column("settled_micros", sa.BigInteger(), nullable=False),
        sa.Column("settlements", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_earning_position_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_earning_position_edition_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "edition_id", name=op.f("pk_earning_position")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("book_micros", sa.BigInteger(), nullable=False),
        sa.Column("provider_micros", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_index(op.f("ix_reconciliation_at"), "reconciliation", ["at"])
    op.create_table(
        "provider_message",
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("type", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("object_id", sa.String(120), nullable=False),
        sa.Column("order_id", sa.String(32), nullable=True),
        sa.Column("payment_intent", sa.String(120), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_provider_message")),
    )


def downgrade() -> None:
    for table in (
        "provider_message",
        "reconciliation",
        "earning_position",
        "payout",
        "connected_account",
    ):
        op.drop_table(table)
    with op.batch_alter_table("purchase_order") as batch:
        batch.drop_column("charge")
