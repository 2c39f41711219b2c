"""drafts and reminders of diaries, and the diaries that operators write

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
#: What of an own diary is as it was opened.
WRITTEN = ("key", "name", "version", "content", "opened_at", "opened_by")


def upgrade() -> None:
    op.create_table(
        "diary_draft",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_diary_draft_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "template", name=op.f("pk_diary_draft")),
        sa.UniqueConstraint("object_id", name=op.f("uq_diary_draft_object_id")),
    )
    op.create_index(op.f("ix_diary_draft_expires_at"), "diary_draft", ["expires_at"])
    op.create_table(
        "diary_reminder",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_diary_reminder_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "template", name=op.f("pk_diary_reminder")),
    )
    op.add_column(
        "notice_reader",
        sa.Column("reminded_day", sa.String(length=10), nullable=False, server_default=""),
    )
    op.create_table(
        "own_diary",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.String(length=32), nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["user_account.id"], name=op.f("fk_own_diary_opened_by_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_own_diary")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_own_diary_name_version")),
    )
    _keep_diaries(op.get_bind())


def _keep_diaries(connection: sa.Connection) -> None:
    """Let an open diary be closed once, and nothing else of it be changed."""
    if connection.dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in WRITTEN)
        connection.exec_driver_sql(
            "CREATE TRIGGER own_diary_once_update BEFORE UPDATE ON own_diary "
            f"WHEN OLD.closed_at IS NOT NULL OR {changed} "
            "BEGIN SELECT RAISE(ABORT, 'own_diary is written once'); END;"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER own_diary_once_delete BEFORE DELETE ON own_diary "
            "BEGIN SELECT RAISE(ABORT, 'own_diary is written once'); END;"
        )
        # INSERT OR REPLACE removes a row without asking the trigger for removing.
        connection.exec_driver_sql(
            "CREATE TRIGGER own_diary_once_insert BEFORE INSERT ON own_diary "
            "WHEN EXISTS (SELECT 1 FROM own_diary WHERE key = NEW.key "
            "OR (name = NEW.name AND version = NEW.version)) "
            "BEGIN SELECT RAISE(ABORT, 'own_diary is written once'); END;"
        )
        return
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in WRITTEN)
    connection.exec_driver_sql(
        "CREATE TRIGGER own_diary_once_update BEFORE UPDATE ON own_diary FOR EACH ROW "
        f"WHEN (OLD.closed_at IS NOT NULL OR {changed}) EXECUTE FUNCTION written_once()"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER own_diary_once_delete BEFORE DELETE ON own_diary "
        "FOR EACH ROW EXECUTE FUNCTION written_once()"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER own_diary_once_all BEFORE TRUNCATE ON own_diary "
        "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
    )


def downgrade() -> None:
    op.drop_table("own_diary")
    op.drop_column("notice_reader", "reminded_day")
    op.drop_table("diary_reminder")
    op.drop_table("diary_draft")
