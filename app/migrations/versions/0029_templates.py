"""collections of the market's own templates; a person's months of them

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "collection", sa.Column("template", sa.String(length=60), nullable=False, server_default="")
    )
    op.add_column(
        "collection",
        sa.Column("template_version", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index("ix_collection_template", "collection", ["template"])
    op.add_column(
        "dataset", sa.Column("period", sa.String(length=7), nullable=False, server_default="")
    )
    op.add_column(
        "edition", sa.Column("period", sa.String(length=7), nullable=False, server_default="")
    )
    op.create_table(
        "contribution",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("purposes", sa.String(length=200), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=False),
        sa.Column("skipped", sa.String(length=7), nullable=False),
        sa.Column("format_ids", sa.String(length=300), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_contribution_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "template", name=op.f("pk_contribution")),
        sa.UniqueConstraint("object_id", name=op.f("uq_contribution_object_id")),
    )
    op.create_table(
        "diary_entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_diary_entry_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_entry")),
        sa.UniqueConstraint("object_id", name=op.f("uq_diary_entry_object_id")),
    )
    op.create_index("ix_diary_entry_user_id", "diary_entry", ["user_id"])
    op.create_index("ix_diary_entry_day", "diary_entry", ["day"])
    op.create_table(
        "waiting_import",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_import")),
    )
    op.create_index("ix_waiting_import_expires_at", "waiting_import", ["expires_at"])


def downgrade() -> None:
    op.drop_table("waiting_import")
    op.drop_table("diary_entry")
    op.drop_table("contribution")
    op.drop_column("edition", "period")
    op.drop_column("dataset", "period")
    op.drop_index("ix_collection_template", "collection")
    op.drop_column("collection", "template_version")
    op.drop_column("collection", "template")
