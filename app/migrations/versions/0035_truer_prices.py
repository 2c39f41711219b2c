"""the price book that measures tables by their cells

Revision ID: 0035
Revises: 0034
"""

import datetime
import json

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

THIRD_BOOK = {
    "version": "2026-3",
    "currency": "EUR",
    "base": 1.0,
    "detail": [0.25, 1.0, 1.2, 1.4, 1.6],
    "rarity_lambda": 0.5,
    "rarity_cap": 2.0,
    "fixed_micros": 100_000,
    "floor_micros": 0,
    "minimum_micros": 1_000_000,
    "curve": [
        [0, 0],
        [200, 24_000_000],
        [1_000, 100_800_000],
        [5_000, 388_800_000],
        [20_000, 1_108_800_000],
    ],
    "minimum_people": 50,
    "platform_basis_points": 1_000,
    "respondent_micros": 1_000,
    "rule": 2,
}
THIRD_NOTE = (
    "Tables are measured by their cells, the free preview is not sold, and many small editions "
    "earn no more than one large one."
)
BEFORE = "2026-2"


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT version, number FROM price_book ORDER BY number"))
    versions = [tuple(row) for row in rows]
    # A market whose operator published another book keeps it; its next book has the new rule.
    if versions[-1][0] != BEFORE:
        return
    books = sa.table(
        "price_book",
        *(sa.column(name) for name in ("version", "number", "content", "note")),
        sa.column("published_at", sa.DateTime(timezone=True)),
        sa.column("published_by"),
    )
    now = datetime.datetime.now(datetime.UTC)
    sqlite = connection.dialect.name == "sqlite"
    op.bulk_insert(
        books,
        [
            {
                "version": THIRD_BOOK["version"],
                "number": versions[-1][1] + 1,
                "content": json.dumps(THIRD_BOOK, sort_keys=True),
                "note": THIRD_NOTE,
                "published_at": now.replace(tzinfo=None) if sqlite else now,
                "published_by": None,
            }
        ],
    )


def downgrade() -> None:
    raise RuntimeError("published prices are not taken back")
