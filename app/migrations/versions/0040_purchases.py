"""the licence of an order, in the version that was sold

Revision ID: 0040
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "purchase_order",
        sa.Column("licence", sa.String(length=40), nullable=False, server_default=""),
    )
    # There has been one version of each licence until now.
    op.execute("UPDATE purchase_order SET licence = 'moisson-' || purpose || '-1'")


def downgrade() -> None:
    op.drop_column("purchase_order", "licence")
