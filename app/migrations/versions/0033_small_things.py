"""an explicit agreement to data about health; less around the small things of a person

Revision ID: 0033
Revises: 0032
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

#: Rows of a few words under a text: SQLite would keep that text twice.
SMALL = ("vault_key", "privacy_account")


def upgrade() -> None:
    op.drop_index("ix_audit_entry_object_id", "audit_entry")
    with op.batch_alter_table("contribution") as table:
        table.drop_constraint("uq_contribution_object_id", type_="unique")
        table.add_column(sa.Column("explicit_at", sa.DateTime(timezone=True)))
        table.add_column(
            sa.Column("template_version", sa.Integer(), nullable=False, server_default="1")
        )
    _written_again({"sqlite_with_rowid": False})


def downgrade() -> None:
    _written_again({"sqlite_with_rowid": True})
    with op.batch_alter_table("contribution") as table:
        table.drop_column("template_version")
        table.drop_column("explicit_at")
        table.create_unique_constraint("uq_contribution_object_id", ["object_id"])
    op.create_index("ix_audit_entry_object_id", "audit_entry", ["object_id"])


def _written_again(how: dict[str, Any]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in SMALL:
            with op.batch_alter_table(name, recreate="always", table_kwargs=how):
                pass
