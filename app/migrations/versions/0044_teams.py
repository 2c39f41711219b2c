"""accounts of teams, who is in them, who was asked into them, and who acts for them

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "user_account", sa.Column("team", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    with op.batch_alter_table("user_session") as table:
        table.add_column(sa.Column("acting_for", sa.String(length=32), nullable=True))
        table.create_foreign_key(
            op.f("fk_user_session_acting_for_user_account"), "user_account", ["acting_for"], ["id"]
        )
    for table_name, column in (("access_token", "made_by"), ("purchase_order", "placed_by")):
        op.add_column(
            table_name, sa.Column(column, sa.String(length=32), nullable=False, server_default="")
        )
    op.create_index(op.f("ix_purchase_order_placed_by"), "purchase_order", ["placed_by"])
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["user_account.id"], name=op.f("fk_team_member_team_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_team_member_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_user_id"), "team_member", ["user_id"])
    op.create_table(
        "team_invitation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("invited_by", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["user_account.id"], name=op.f("fk_team_invitation_team_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["user_account.id"],
            name=op.f("fk_team_invitation_invited_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_invitation")),
        sa.UniqueConstraint("team_id", "email", name=op.f("uq_team_invitation_team_id_email")),
    )
    op.create_index(op.f("ix_team_invitation_email"), "team_invitation", ["email"])


def downgrade() -> None:
    op.drop_table("team_invitation")
    op.drop_table("team_member")
    op.drop_index(op.f("ix_purchase_order_placed_by"), "purchase_order")
    op.drop_column("purchase_order", "placed_by")
    op.drop_column("access_token", "made_by")
    with op.batch_alter_table("user_session") as table:
        table.drop_constraint(op.f("fk_user_session_acting_for_user_account"), type_="foreignkey")
        table.drop_column("acting_for")
    op.drop_column("user_account", "team")
