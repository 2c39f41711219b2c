"""going through the provider's list of events; whose account an event is about

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("provider_message", sa.Column("account", sa.String(length=120), nullable=True))
    op.create_table(
        "replay_cursor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_cursor")),
    )


def downgrade() -> None:
    op.drop_table("replay_cursor")
    op.drop_column("provider_message", "account")
