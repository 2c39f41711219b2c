"""how the money of orders from before quotes is shared, for those that may still be paid

Quotes fix today how an order's money is shared among editions. Orders from before them had it
worked out when they were paid; those that were not paid yet are shared by the number of their
tables, so that booking a sale needs no catalogue and no price.

Revision ID: 0016
Revises: 0015
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UNPAID = "SELECT id FROM purchase_order WHERE split = '{}' AND total_cents > 0 AND paid_at IS NULL"


def upgrade() -> None:
    bind = op.get_bind()
    for (order_id,) in bind.execute(sa.text(UNPAID)).all():
        bought = sa.text("SELECT edition_id FROM order_item WHERE order_id = :id")
        parts: dict[str, list[int]] = {}
        for (edition_id,) in bind.execute(bought, {"id": order_id}):
            parts.setdefault(edition_id, [0, 0])[1] += 1
        keep = sa.text("UPDATE purchase_order SET split = :split WHERE id = :id")
        bind.execute(keep, {"split": json.dumps(parts, sort_keys=True), "id": order_id})


def downgrade() -> None:
    """Leave them: what was written is read by earlier versions, too."""
