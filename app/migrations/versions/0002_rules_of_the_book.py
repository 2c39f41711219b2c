"""The database itself keeps the book balanced and what is written once unchanged.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WRITTEN_ONCE = (
    "ledger_entry",
    "audit_entry",
    "consent_receipt",
    "published_release",
    "privacy_charge",
)

SQLITE = """
CREATE TRIGGER ledger_entry_sealed BEFORE INSERT ON ledger_entry
WHEN (SELECT sealed FROM ledger_transaction WHERE id = NEW.transaction_id)
BEGIN SELECT RAISE(ABORT, 'a sealed transaction takes no more lines'); END;
CREATE TRIGGER ledger_transaction_open BEFORE INSERT ON ledger_transaction
WHEN NEW.sealed
BEGIN SELECT RAISE(ABORT, 'a transaction is sealed after its lines'); END;
CREATE TRIGGER ledger_transaction_kept BEFORE DELETE ON ledger_transaction
BEGIN SELECT RAISE(ABORT, 'transactions are never removed'); END;
CREATE TRIGGER ledger_transaction_fixed BEFORE UPDATE ON ledger_transaction
WHEN OLD.sealed OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key
  OR NEW.currency <> OLD.currency OR NEW.at <> OLD.at
BEGIN SELECT RAISE(ABORT, 'transactions never change'); END;
CREATE TRIGGER ledger_transaction_balanced BEFORE UPDATE ON ledger_transaction
WHEN NEW.sealed AND
  (SELECT COALESCE(SUM(micros), 0) FROM ledger_entry WHERE transaction_id = NEW.id) <> 0
BEGIN SELECT RAISE(ABORT, 'a transaction must sum to zero'); END;
"""

POSTGRES = """
CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%% is written once', TG_TABLE_NAME; END $$;
CREATE FUNCTION ledger_entry_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sealed FROM ledger_transaction WHERE id = NEW.transaction_id) THEN
    RAISE EXCEPTION 'a sealed transaction takes no more lines';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ledger_transaction_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'transactions are never removed'; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.sealed THEN RAISE EXCEPTION 'a transaction is sealed after its lines'; END IF;
    RETURN NEW;
  END IF;
  IF OLD.sealed OR (NEW.id, NEW.kind, NEW.key, NEW.currency, NEW.at)
      IS DISTINCT FROM (OLD.id, OLD.kind, OLD.key, OLD.currency, OLD.at) THEN
    RAISE EXCEPTION 'transactions never change';
  END IF;
  IF NEW.sealed AND
      (SELECT COALESCE(SUM(micros), 0) FROM ledger_entry WHERE transaction_id = NEW.id) <> 0 THEN
    RAISE EXCEPTION 'a transaction must sum to zero';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_sealed BEFORE INSERT ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_rules();
CREATE TRIGGER ledger_transaction_rules BEFORE INSERT OR UPDATE OR DELETE ON ledger_transaction
  FOR EACH ROW EXECUTE FUNCTION ledger_transaction_rules();
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for statement in SQLITE.split("END;\n"):
            if statement.strip():
                connection.exec_driver_sql(statement + "END;")
        for table in WRITTEN_ONCE:
            for verb in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {table}_once_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END;"
                )
    else:
        connection.exec_driver_sql(POSTGRES)
        for table in WRITTEN_ONCE:
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_once BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION written_once()"
            )
    head = sa.table("audit_head", sa.column("id"), sa.column("sequence"), sa.column("digest"))
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "digest": "0" * 64}])


def downgrade() -> None:
    raise RuntimeError("the rules of the book are not taken back")
