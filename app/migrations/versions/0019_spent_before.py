"""what closed accounts had spent of privacy

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spent_before",
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("spent_micro_rho", sa.Integer(), nullable=False),
        sa.Column("extra_delta", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_spent_before")),
    )


def downgrade() -> None:
    op.drop_table("spent_before")
