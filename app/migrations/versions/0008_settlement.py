"""settling all contributors in one pass; giving away what one earns

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A check for each row costs more than all the rest where a million rows come in one statement,
# and each row that refers to a user would lock that user. These see the statement's rows at
# once. What they refer to is never removed: transactions by their own trigger, users and
# editions because shares, from which positions come, refer to them too.
# FOR SHARE: whoever seals a transaction at the same time waits, or is waited for.
POSTGRES = """
ALTER TABLE ledger_entry DROP CONSTRAINT fk_ledger_entry_transaction_id;
ALTER TABLE earning_position DROP CONSTRAINT fk_earning_position_user_id;
ALTER TABLE earning_position DROP CONSTRAINT fk_earning_position_edition_id;
DROP TRIGGER ledger_entry_sealed ON ledger_entry;
DROP FUNCTION ledger_entry_rules();
CREATE FUNCTION ledger_entries_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  named varchar[] := ARRAY(SELECT DISTINCT transaction_id FROM added);
BEGIN
  PERFORM 1 FROM ledger_transaction WHERE id = ANY(named) FOR SHARE;
  IF (SELECT COUNT(*) FROM ledger_transaction WHERE id = ANY(named)) <> cardinality(named) THEN
    RAISE EXCEPTION 'a line belongs to a transaction' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM ledger_transaction WHERE id = ANY(named) AND sealed) THEN
    RAISE EXCEPTION 'a sealed transaction takes no more lines';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_sealed AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_rules();
CREATE FUNCTION earning_positions_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM added WHERE NOT EXISTS
      (SELECT 1 FROM user_account WHERE id = added.user_id))
    OR EXISTS (SELECT 1 FROM (SELECT DISTINCT edition_id FROM added) AS named WHERE NOT EXISTS
      (SELECT 1 FROM edition WHERE id = named.edition_id)) THEN
    RAISE EXCEPTION 'a position belongs to a user and an edition'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER earning_position_known AFTER INSERT ON earning_position
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION earning_positions_rules();
"""


def upgrade() -> None:
    op.add_column(
        "earning_position",
        sa.Column("donated_micros", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.create_index(
        "ix_earning_position_donated",
        "earning_position",
        ["user_id"],
        sqlite_where=sa.text("donated_micros <> 0"),
        postgresql_where=sa.text("donated_micros <> 0"),
    )
    op.create_table(
        "edition_settlement",
        sa.Column("edition_id", sa.String(32), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_settlement_edition_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_edition_settlement")),
    )
    op.create_table(
        "giving",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_giving_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_giving")),
    )
    op.create_index(op.f("ix_giving_user_id"), "giving", ["user_id"])
    op.create_index(
        "uq_giving_open",
        "giving",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(POSTGRES)


def downgrade() -> None:
    raise RuntimeError("what was given away is not taken back")
