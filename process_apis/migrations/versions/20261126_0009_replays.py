"""replays and their lines

Revision: 20261126_0009
Follows: 20261126_0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_0009"
down_revision = "20261126_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replay_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("states", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("through", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.String(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("sent_on", sa.Integer(), nullable=False),
        sa.Column("still_fails", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('PENDING', 'RUNNING', 'STOPPED', 'DONE', 'FAILED')",
            name="replay_job_state",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("replay_job_newest", "replay_job", ["started_at", "id"], unique=False)
    op.create_index("replay_job_once", "replay_job", ["started_by", "idempotency_key"], unique=True)
    op.create_index(
        "replay_job_to_do",
        "replay_job",
        ["started_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('PENDING', 'RUNNING')"),
    )
    op.create_table(
        "replay_line",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('PENDING', 'SENT_ON', 'STILL_FAILS', 'CHANGED', 'GONE')",
            name="replay_line_outcome",
        ),
        sa.ForeignKeyConstraint(["job_id"], ["replay_job.id"]),
        sa.PrimaryKeyConstraint("job_id", "posting_id"),
    )
    op.create_index(
        "replay_line_to_do",
        "replay_line",
        ["job_id", "posting_id"],
        unique=False,
        postgresql_where=sa.text("outcome = 'PENDING'"),
    )
