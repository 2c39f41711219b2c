"""how often public pages are looked at, in sums, and goals that sellers set themselves

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_count",
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("edition_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "collection_id", "day", "edition_id", "kind", name=op.f("pk_look_count")
        ),
    )
    op.create_index(op.f("ix_look_count_day"), "look_count", ["day"])
    op.create_table(
        "seller_goal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_seller_goal_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_goal")),
        sa.UniqueConstraint(
            *("user_id", "kind", "collection_id"),
            name=op.f("uq_seller_goal_user_id_kind_collection_id"),
        ),
    )


def downgrade() -> None:
    op.drop_table("seller_goal")
    op.drop_table("look_count")
