"""jobs found by state and time, for many that wait at once

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_job_state_run_at", "job", ["state", "run_at"])
    op.drop_index("ix_job_state", table_name="job")


def downgrade() -> None:
    op.create_index("ix_job_state", "job", ["state"])
    op.drop_index("ix_job_state_run_at", table_name="job")
