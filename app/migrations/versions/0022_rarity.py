"""rarity counts what was sold, by those whom the payment provider knows

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("identified_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE user_account SET identified_at = CURRENT_TIMESTAMP WHERE id IN"
        " (SELECT user_id FROM connected_account WHERE payable)"
    )
    op.add_column("edition", sa.Column("counts_from", sa.Integer(), nullable=True))
    op.add_column("edition", sa.Column("counts_to", sa.Integer(), nullable=True))
    # What was sold until now counted from the start.
    op.execute(
        "UPDATE edition SET counts_from = catalogue_number"
        " WHERE id IN (SELECT edition_id FROM sale_edition)"
    )


def downgrade() -> None:
    op.drop_column("edition", "counts_to")
    op.drop_column("edition", "counts_from")
    op.drop_column("user_account", "identified_at")
