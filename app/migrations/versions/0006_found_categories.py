"""categories of a column, found once at a charge

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dataset", sa.Column("offered", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("dataset", sa.Column("found_for", sa.String(length=80), nullable=True))
    op.create_table(
        "found_categories",
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.String(length=80), nullable=False),
        sa.Column("person_column", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("refused", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_found_categories_dataset_id")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "position", name=op.f("pk_found_categories")),
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER found_categories_once_{verb.lower()} BEFORE {verb} "
                "ON found_categories WHEN OLD.state = 'found' "
                "BEGIN SELECT RAISE(ABORT, 'found_categories is written once'); END;"
            )
        return
    connection.exec_driver_sql(
        "CREATE TRIGGER found_categories_once BEFORE UPDATE OR DELETE ON found_categories "
        "FOR EACH ROW WHEN (OLD.state = 'found') EXECUTE FUNCTION written_once()"
    )


def downgrade() -> None:
    raise RuntimeError("what was found was paid for")
