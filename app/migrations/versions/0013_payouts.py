"""payout runs, transfers taken back, the market's own bank, gifts handed over

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "payout_run",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("contributors", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("last_user_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_run")),
    )
    op.create_index(op.f("ix_payout_run_begun_at"), "payout_run", ["begun_at"])
    op.create_table(
        "payout_reversal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("payout_id", sa.String(length=32), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("cents > 0", name=op.f("ck_payout_reversal_cents_positive")),
        sa.ForeignKeyConstraint(
            ["payout_id"], ["payout.id"], name=op.f("fk_payout_reversal_payout_id_payout")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_reversal")),
        sa.UniqueConstraint("key", name=op.f("uq_payout_reversal_key")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_payout_reversal_provider_id")),
    )
    op.create_index(op.f("ix_payout_reversal_payout_id"), "payout_reversal", ["payout_id"])
    op.create_index(
        "uq_payout_reversal_under_way",
        "payout_reversal",
        ["payout_id"],
        unique=True,
        sqlite_where=sa.text("state = 'intended'"),
        postgresql_where=sa.text("state = 'intended'"),
    )
    op.create_table(
        "bank_payout",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_payout")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("to_whom", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("operator_id", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("cents > 0", name=op.f("ck_handover_cents_positive")),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["user_account.id"],
            name=op.f("fk_handover_operator_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.add_column("payout", sa.Column("run_id", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_payout_run_id"), "payout", ["run_id"])
    op.add_column(
        "payout",
        sa.Column("reversed_cents", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column("connected_account", sa.Column("bank_refused_at", MOMENT, nullable=True))
    op.add_column("connected_account", sa.Column("waits_since", MOMENT, nullable=True))
    op.add_column(
        "purchase_order",
        sa.Column("funding", sa.String(length=60), nullable=False, server_default="provider"),
    )
    op.create_index(op.f("ix_purchase_order_funding"), "purchase_order", ["funding"])
    for name in ("available_micros", "pending_micros"):
        op.add_column("reconciliation", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("money that was moved cannot be told without its rows")
