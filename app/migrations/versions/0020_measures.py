"""suspended accounts, editions that are not sold any more, payouts that are looked at first

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ADDED = (
    ("user_account", "suspended_at"),
    ("edition", "taken_down_at"),
    ("purchase_order", "reviewed_at"),
)


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True)))
    op.create_table(
        "contributor_review",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.Column("cleared_micros", sa.BigInteger(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_contributor_review_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_contributor_review")),
    )


def downgrade() -> None:
    op.drop_table("contributor_review")
    for table, column in reversed(ADDED):
        op.drop_column(table, column)
