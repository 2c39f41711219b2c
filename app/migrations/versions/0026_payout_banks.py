"""one bank account is one contributor's

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payout_bank",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("bank", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_payout_bank_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "bank", name=op.f("pk_payout_bank")),
    )
    op.create_index(op.f("ix_payout_bank_bank"), "payout_bank", ["bank"])


def downgrade() -> None:
    op.drop_table("payout_bank")
