"""synthetic rows made from tables that somebody bought

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "synthetic_file",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("edition_id", sa.String(length=32), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_synthetic_file_edition_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_synthetic_file")),
    )
    op.create_index("ix_synthetic_file_edition_id", "synthetic_file", ["edition_id"])


def downgrade() -> None:
    op.drop_table("synthetic_file")
