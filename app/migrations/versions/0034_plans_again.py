"""the plans on show are made again, with the noise that editions now have

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The schedule plans what has none; until then a page does.
    op.execute(sa.delete(sa.table("collection_plan")))


def downgrade() -> None:
    upgrade()
