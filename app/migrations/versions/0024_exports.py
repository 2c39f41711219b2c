"""exports of one's own data are made by a job and expire

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_export_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_export")),
        sa.UniqueConstraint("object_id", name=op.f("uq_export_object_id")),
    )


def downgrade() -> None:
    op.drop_table("export")
