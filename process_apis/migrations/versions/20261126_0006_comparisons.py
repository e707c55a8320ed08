"""comparisons of trackers with what is held, by worker and week

Revision: 20261126_0006
Follows: 20261126_0005
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0006"
down_revision = "20261126_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Unlogged: what a crash empties is listed anew.
    op.create_table(
        "listed_entry",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("worker_external_id", sa.String(), nullable=True),
        sa.Column("week", sa.Date(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("approval", sa.String(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "external_id"),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "week_comparison",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("weeks_apart", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("absent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.add_column(
        "time_entry", sa.Column("unreadable_at", sa.DateTime(timezone=True), nullable=True)
    )
