"""the plan that pages show of a collection; the spans in which an edition counted for rarity

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collection_plan",
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_collection_plan_collection_id_collection"),
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_collection_plan")),
    )
    op.add_column(
        "edition",
        sa.Column("counted_before", sa.Text(), nullable=False, server_default="[]"),
    )
    op.create_index("ix_sale_edition_edition_id", "sale_edition", ["edition_id"])


def downgrade() -> None:
    op.drop_index("ix_sale_edition_edition_id", "sale_edition")
    op.drop_column("edition", "counted_before")
    op.drop_table("collection_plan")
