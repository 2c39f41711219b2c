"""what was owed to others at each comparison, beside what the provider held then

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reconciliation", sa.Column("owed", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("reconciliation", "owed")
