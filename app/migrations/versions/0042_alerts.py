"""alerts: what somebody follows, and which new editions they were told of

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=100), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=True),
        sa.Column("rhythm", sa.String(length=10), nullable=False),
        sa.Column("told_number", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_alert_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_alert_collection_id_collection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_user_id"), "alert", ["user_id"])
    op.create_index(op.f("ix_alert_rhythm_told_number"), "alert", ["rhythm", "told_number"])
    op.create_table(
        "alert_told",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_alert_told_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "number", name=op.f("pk_alert_told")),
    )
    op.create_index(op.f("ix_alert_told_told_at"), "alert_told", ["told_at"])


def downgrade() -> None:
    op.drop_table("alert_told")
    op.drop_table("alert")
