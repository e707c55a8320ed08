"""the watch over what should have come and has not

Revision: 20261126_0015
Follows: 20261126_0014
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0015"
down_revision = "20261126_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "known_connection",
        sa.Column("timezone", sa.String(), nullable=False, server_default="UTC"),
    )
    op.create_index(
        "inbox_event_received",
        "inbox_event",
        ["received_at"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_table(
        "arrival_hour",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "hour"),
    )
    op.create_table(
        "watch_alert",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "code"),
    )
    op.create_table(
        "watch_state",
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("counted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("single"),
    )
