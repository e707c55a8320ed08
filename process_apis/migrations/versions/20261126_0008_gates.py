"""gates of connections, and cases about a connection

Revision: 20261126_0008
Follows: 20261126_0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_0008"
down_revision = "20261126_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connection_gate",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("mode_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mode_by", sa.String(), nullable=True),
        sa.Column("mode_reason", sa.String(), nullable=True),
        sa.Column("circuit", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.String(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_token", sa.Uuid(), nullable=True),
        sa.Column("probe_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch_limit", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mode IN ('RUNNING', 'DRAINING', 'PAUSED')", name="connection_gate_mode"
        ),
        sa.CheckConstraint(
            "circuit IN ('CLOSED', 'OPEN', 'HALF_OPEN')", name="connection_gate_circuit"
        ),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "connection_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("connection_event_newest", "connection_event", ["connection", "id"])
    op.alter_column("exception_case", "entry_external_id", nullable=True)
    op.alter_column("exception_case", "time_entry_id", nullable=True)
    op.add_column("exception_case", sa.Column("affected", sa.Integer(), nullable=True))
    op.create_index(
        "exception_case_one_of_connection",
        "exception_case",
        ["connection", "code"],
        unique=True,
        postgresql_where=sa.text("time_entry_id IS NULL AND resolved_at IS NULL"),
    )
