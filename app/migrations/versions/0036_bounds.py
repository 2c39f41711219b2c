"""what each bound of a person's contributions would leave out of an edition

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The schedule fills it, for what was published before too.
    op.create_table(
        "release_bounds",
        sa.Column("edition_id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["published_release.edition_id"],
            name=op.f("fk_release_bounds_edition_id_published_release"),
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_release_bounds")),
    )


def downgrade() -> None:
    op.drop_table("release_bounds")
