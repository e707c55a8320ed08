"""numbers that trackers give to versions, and those that have not arrived

Revision: 20261126_0014
Follows: 20261126_0013
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0014"
down_revision = "20261126_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("time_entry", sa.Column("revision", sa.Integer(), nullable=True))
    op.create_table(
        "missing_revision",
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["time_entry_id"], ["time_entry.id"]),
        sa.PrimaryKeyConstraint("time_entry_id", "revision"),
    )
