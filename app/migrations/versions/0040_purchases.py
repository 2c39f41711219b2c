"""what a purchase was for, whom it is billed to, and the tax by its buyer

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


NEW = ("licence", "shown_cents", "vat_treatment", "billed_to", "purchase_number")


def upgrade() -> None:
    for column in (
        sa.Column("licence", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("shown_cents", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("vat_treatment", sa.String(length=20), nullable=False, server_default="standard"),
        sa.Column("billed_to", sa.Text(), nullable=False, server_default=""),
        sa.Column("purchase_number", sa.String(length=60), nullable=False, server_default=""),
    ):
        op.add_column("purchase_order", column)
    # There has been one version of each licence until now, and the tax was in the price.
    op.execute(
        "UPDATE purchase_order SET licence = 'moisson-' || purpose || '-1',"
        " shown_cents = total_cents"
    )
    op.add_column(
        "billing_details",
        sa.Column("organisation", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute("UPDATE billing_details SET organisation = true WHERE vat_number <> ''")


def downgrade() -> None:
    op.drop_column("billing_details", "organisation")
    for name in NEW:
        op.drop_column("purchase_order", name)
