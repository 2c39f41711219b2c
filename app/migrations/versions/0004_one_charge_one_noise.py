"""each charge pays for one draw of noise at most; charges for more than editions

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for name in ("attempt", "drawn"):
        op.add_column("edition", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    # Editions that were charged before had one attempt, whose noise may have been drawn.
    connection.exec_driver_sql(
        "UPDATE edition SET attempt = 1, drawn = 1 WHERE state IN ('charged', 'published')"
    )
    op.create_table(
        "privacy_charge_new",
        sa.Column("producer_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.String(length=32), nullable=True),
        sa.Column("micro_rho", sa.Integer(), nullable=False),
        sa.Column("extra_delta", sa.Float(), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("micro_rho >= 0", name=op.f("ck_privacy_charge_charge_not_negative")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_privacy_charge_new_edition_id")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["user_account.id"], name=op.f("fk_privacy_charge_new_producer_id")
        ),
        sa.PrimaryKeyConstraint(
            "producer_id", "subject", "attempt", name=op.f("pk_privacy_charge_new")
        ),
    )
    connection.exec_driver_sql(
        "INSERT INTO privacy_charge_new (producer_id, subject, attempt, edition_id, micro_rho, "
        "extra_delta, charged_at) SELECT producer_id, 'edition:' || edition_id, 1, edition_id, "
        "micro_rho, 0, charged_at FROM privacy_charge"
    )
    op.drop_table("privacy_charge")
    op.rename_table("privacy_charge_new", "privacy_charge")
    if sqlite:
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER privacy_charge_once_{verb.lower()} BEFORE {verb} "
                "ON privacy_charge "
                "BEGIN SELECT RAISE(ABORT, 'privacy_charge is written once'); END;"
            )
        return
    for old, new in (
        ("pk_privacy_charge_new", "pk_privacy_charge"),
        ("fk_privacy_charge_new_edition_id", "fk_privacy_charge_edition_id"),
        ("fk_privacy_charge_new_producer_id", "fk_privacy_charge_producer_id"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE privacy_charge RENAME CONSTRAINT {old} TO {new}")
    connection.exec_driver_sql(
        "CREATE TRIGGER privacy_charge_once BEFORE UPDATE OR DELETE ON privacy_charge "
        "FOR EACH ROW EXECUTE FUNCTION written_once()"
    )


def downgrade() -> None:
    raise RuntimeError("charges are not taken back")
