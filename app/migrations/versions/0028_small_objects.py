"""small objects: sealed frames in the database

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "small_object",
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_small_object")),
    )


def downgrade() -> None:
    op.drop_table("small_object")
