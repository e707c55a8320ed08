"""approvals of our own

Revision: 20261123_0003
Follows: 20261123_0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0003"
down_revision = "20261123_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegator", sa.String(), nullable=False),
        sa.Column("delegate", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint("delegator <> delegate", name="approval_delegation_two_people"),
        sa.CheckConstraint("valid_from < valid_to", name="approval_delegation_span"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "approval_delegation_delegate", "approval_delegation", ["delegate"], unique=False
    )
    op.create_index(
        "approval_delegation_once",
        "approval_delegation",
        ["delegator", "delegate", "valid_from", "valid_to"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "approval_policy_verdict",
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("time_entry_id"),
    )
    op.create_table(
        "approval_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("worker_external_id", sa.String(), nullable=False),
        sa.Column("worker_name", sa.String(), nullable=False),
        sa.Column("worker_emails", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("approver", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitter_email", sa.String(), nullable=True),
        sa.Column("submitted_as", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decider_email", sa.String(), nullable=True),
        sa.Column("decided_as", sa.String(), nullable=True),
        sa.Column("decided_for", sa.String(), nullable=True),
        sa.Column("delegation_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("carrier", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('SUBMITTED', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'VOID')",
            name="approval_request_state",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "approval_request_emails",
        "approval_request",
        ["worker_emails"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "approval_request_newest", "approval_request", ["submitted_at", "id"], unique=False
    )
    op.create_index(
        "approval_request_to_decide",
        "approval_request",
        ["approver", "submitted_at"],
        unique=False,
        postgresql_where=sa.text("state = 'SUBMITTED'"),
    )
    op.create_index(
        "approval_request_worker",
        "approval_request",
        ["connection", "worker_external_id", "period_start"],
        unique=False,
    )
    op.create_table(
        "approval_cover",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('WAITING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'VOID')",
            name="approval_cover_state",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["approval_request.id"],
        ),
        sa.PrimaryKeyConstraint("request_id", "time_entry_id"),
    )
    op.create_index("approval_cover_entry", "approval_cover", ["time_entry_id"], unique=False)
    op.create_index(
        "approval_cover_waiting",
        "approval_cover",
        ["time_entry_id"],
        unique=True,
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_index(
        "time_entry_not_submitted",
        "time_entry",
        ["connection", "work_date"],
        unique=False,
        postgresql_where=sa.text("state IN ('DRAFT', 'REOPENED')"),
    )
