"""people are counted before an edition is measured; levels of consent; released shares

Revision ID: 0017
Revises: 0016
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: The purposes in their order at this revision.
PURPOSES = ("research", "public", "commercial")


def upgrade() -> None:
    op.add_column("edition", sa.Column("counted", sa.Integer(), nullable=True))
    _levels()
    _shares()


def _levels() -> None:
    """Give earlier collections a ladder: people agreed to their purposes one by one."""
    levels = sa.Column("levels", sa.Text(), nullable=False, server_default="[]")
    op.add_column("collection", levels)
    people = sa.Column("minimum_people", sa.Integer(), nullable=False, server_default="50")
    op.add_column("collection", people)
    # At this level of privacy the noise of a count would reach 50 by itself.
    op.execute("UPDATE collection SET minimum_people = 100 WHERE epsilon_milli = 500")
    bind = op.get_bind()
    for name, purposes in bind.execute(sa.text("SELECT id, purposes FROM collection")).all():
        listed = [purpose for purpose in PURPOSES if purpose in purposes.split()]
        levels = [sorted(listed[:size]) for size in range(1, len(listed) + 1)]
        keep = sa.text("UPDATE collection SET levels = :levels WHERE id = :id")
        bind.execute(keep, {"levels": json.dumps(levels), "id": name})


def _shares() -> None:
    """Earlier releases keep their denominator whole: what its margin leaves stays in the pool."""
    whole = sa.Column("shares_expected", sa.Integer(), nullable=True)
    op.add_column("published_release", whole)


def downgrade() -> None:
    op.drop_column("published_release", "shares_expected")
    op.drop_column("collection", "minimum_people")
    op.drop_column("collection", "levels")
    op.drop_column("edition", "counted")
