"""how many rows of a file fell into "other", for its owner

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dataset", sa.Column("in_other", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("dataset", "in_other")
