"""a collection becomes public with its founder's consent, and goes with its founder

Revision ID: 0018
Revises: 0017
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collection", sa.Column("public_since", sa.DateTime(timezone=True)))
    for name in ("released", "withdrawn"):
        no = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column("collection", no)
    op.execute(
        "UPDATE collection SET public_since = created_at WHERE id IN"
        " (SELECT collection_id FROM dataset WHERE listed_at IS NOT NULL OR state = 'measured')"
        " OR id IN (SELECT collection_id FROM edition)"
    )
    _leave()
    op.execute(
        "UPDATE collection SET released = true WHERE id IN"
        " (SELECT collection_id FROM edition WHERE state = 'published')"
    )


def _leave() -> None:
    """Take the words of founders who left before off their collections."""
    bind = op.get_bind()
    closed = sa.text(
        "SELECT id, columns FROM collection WHERE owner_id IN"
        " (SELECT id FROM user_account WHERE closed_at IS NOT NULL)"
    )
    without = sa.text(
        "UPDATE collection SET open = false, withdrawn = true, title = '', description = '',"
        " person = 'person', record = 'contribution', columns = :columns WHERE id = :id"
    )
    for name, columns in bind.execute(closed).all():
        bare = [{**column, "source": ""} for column in json.loads(columns)]
        bind.execute(without, {"id": name, "columns": json.dumps(bare)})


def downgrade() -> None:
    for name in ("withdrawn", "released", "public_since"):
        op.drop_column("collection", name)
