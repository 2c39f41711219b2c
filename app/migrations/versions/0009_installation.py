"""what kind of money a database belongs to

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# INSERT OR REPLACE removes a row without asking the trigger for removing: it is passed over here,
# as is the second of two processes that start at once.
SQLITE = (
    "CREATE TRIGGER installation_once_insert BEFORE INSERT ON installation "
    "WHEN EXISTS (SELECT 1 FROM installation) BEGIN SELECT RAISE(IGNORE); END;",
    "CREATE TRIGGER installation_once_update BEFORE UPDATE ON installation "
    "BEGIN SELECT RAISE(ABORT, 'installation is written once'); END;",
    "CREATE TRIGGER installation_once_delete BEFORE DELETE ON installation "
    "BEGIN SELECT RAISE(ABORT, 'installation is written once'); END;",
)
POSTGRES = (
    "CREATE TRIGGER installation_once BEFORE UPDATE OR DELETE ON installation "
    "FOR EACH ROW EXECUTE FUNCTION written_once()",
    "CREATE TRIGGER installation_once_all BEFORE TRUNCATE ON installation "
    "FOR EACH STATEMENT EXECUTE FUNCTION written_once()",
)


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one")),
        sa.CheckConstraint(
            "mode IN ('stand-in', 'test', 'live')", name=op.f("ck_installation_mode")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRES:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    raise RuntimeError("what a database belongs to is not taken back")
