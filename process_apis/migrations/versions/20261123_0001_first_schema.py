"""first schema

Revision: 20261123_0001
Follows:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounting_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legal_entity_external_id", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
    op.create_index(
        "accounting_period_days",
        "accounting_period",
        ["owner_connection", "start_date", "end_date"],
        unique=False,
    )
    op.create_table(
        "approval",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("worker", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("approver", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_ids", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "external_id"),
    )
    op.create_table(
        "binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("canonical_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('legal_entity', 'worker', 'client', 'project', 'task', 'period')",
            name="binding_kind",
        ),
        sa.CheckConstraint("origin IN ('owner', 'natural_key', 'manual')", name="binding_origin"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("binding_canonical", "binding", ["canonical_id", "connection"], unique=False)
    op.create_index(
        "binding_current",
        "binding",
        ["connection", "kind", "external_id"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
    op.create_table(
        "exception_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("entry_external_id", sa.String(), nullable=False),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("task", sa.String(), nullable=True),
        sa.Column("work_date", sa.Date(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("waiting_for", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "owner IN ('consultant', 'project.manager', 'finance.analyst', 'finance.controller', 'data.steward', 'integration.operator')",
            name="exception_case_owner",
        ),
        sa.CheckConstraint("severity IN ('S1', 'S2', 'S3', 'S4')", name="exception_case_severity"),
        sa.CheckConstraint(
            "state IN ('OPEN', 'ASSIGNED', 'WAITING', 'RESOLVED_AUTO', 'RESOLVED_MANUAL', 'REOPENED')",
            name="exception_case_state",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("exception_case_fingerprint", "exception_case", ["fingerprint"], unique=False)
    op.create_index("exception_case_newest", "exception_case", ["opened_at", "id"], unique=False)
    op.create_index(
        "exception_case_one_open",
        "exception_case",
        ["time_entry_id", "code"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "feedback_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("entry_external_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('PENDING', 'DELIVERED', 'UNSUPPORTED', 'FAILED')", name="feedback_item_state"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "feedback_item_due",
        "feedback_item",
        ["connection", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index(
        "feedback_item_entry",
        "feedback_item",
        ["time_entry_id"],
        unique=False,
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index("feedback_item_once", "feedback_item", ["posting_id", "outcome"], unique=True)
    op.create_table(
        "inbox_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=True),
        sa.Column("content_key", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("carrier", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('ENTRY', 'APPROVAL')", name="inbox_event_kind"),
        sa.CheckConstraint("status IN ('PENDING', 'CLAIMED', 'DONE')", name="inbox_event_status"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "inbox_event_delivery",
        "inbox_event",
        ["connection", "delivery_id"],
        unique=True,
        postgresql_where=sa.text("delivery_id IS NOT NULL"),
    )
    op.create_index(
        "inbox_event_due",
        "inbox_event",
        ["connection", "kind", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'DONE'"),
    )
    op.create_index(
        "inbox_event_waiting_content",
        "inbox_event",
        ["connection", "content_key"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING' AND delivery_id IS NULL"),
    )
    op.create_table(
        "intake_count",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "reason"),
    )
    op.create_table(
        "known_connection",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("capability", sa.String(), nullable=False),
        sa.Column("legal_entities", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "legal_entity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
    op.create_table(
        "lineage_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_lineage_event_time_entry_id"), "lineage_event", ["time_entry_id"], unique=False
    )
    op.create_table(
        "master_data_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('RUNNING', 'DONE', 'FAILED')", name="master_data_run_status"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "master_data_run_newest", "master_data_run", ["connection", "started_at"], unique=False
    )
    op.create_index(
        "master_data_run_one_running",
        "master_data_run",
        ["connection"],
        unique=True,
        postgresql_where=sa.text("status = 'RUNNING'"),
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("carrier", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "outbox_event_unpublished",
        "outbox_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("posting_key", sa.String(), nullable=True),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_connection", sa.String(), nullable=False),
        sa.Column("target_connection", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("findings", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("waiting_for", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("request", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("line", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("erp_error", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lookups", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("carrier", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('RECEIVED', 'READY', 'PARKED', 'BLOCKED', 'SENDING', 'IN_DOUBT', 'POSTED', 'MISPOSTED', 'DEAD_LETTER', 'SUPERSEDED')",
            name="posting_state",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("posting_key_once", "posting", ["posting_key"], unique=True)
    op.create_index("posting_newest", "posting", ["updated_at", "id"], unique=False)
    op.create_index(
        "posting_one_live",
        "posting",
        ["time_entry_id", "leg"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('READY', 'SENDING', 'IN_DOUBT', 'POSTED', 'MISPOSTED')"
        ),
    )
    op.create_index(
        "posting_received",
        "posting",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'RECEIVED'"),
    )
    op.create_index(
        "posting_row_once", "posting", ["time_entry_id", "version", "leg", "kind"], unique=True
    )
    op.create_index("posting_state", "posting", ["state"], unique=False)
    op.create_index(
        "posting_to_look_up",
        "posting",
        ["target_connection", "due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('SENDING', 'IN_DOUBT')"),
    )
    op.create_index(
        "posting_to_send",
        "posting",
        ["target_connection", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'READY'"),
    )
    op.create_index(
        "posting_waiting_for",
        "posting",
        ["waiting_for"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'PARKED'"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legal_entity_external_id", sa.String(), nullable=False),
        sa.Column("client_external_id", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("code_key", sa.String(), nullable=True),
        sa.Column("name_key", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
    op.create_index(op.f("ix_project_code_key"), "project", ["code_key"], unique=False)
    op.create_index(op.f("ix_project_name_key"), "project", ["name_key"], unique=False)
    op.create_table(
        "quarantined_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("content_key", sa.String(), nullable=False),
        sa.Column("headers", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replayed_by", sa.String(), nullable=True),
        sa.CheckConstraint("status IN ('HELD', 'REPLAYED')", name="quarantined_delivery_status"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "quarantined_delivery_content",
        "quarantined_delivery",
        ["connection", "content_key"],
        unique=True,
    )
    op.create_table(
        "sweep_state",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("swept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("project_external_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
    op.create_index(
        "task_project", "task", ["owner_connection", "project_external_id"], unique=False
    )
    op.create_table(
        "time_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("approved_version", sa.Integer(), nullable=True),
        sa.Column("approval_id", sa.String(), nullable=True),
        sa.Column("approver", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker_external_id", sa.String(), nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posting_due", sa.Boolean(), nullable=False),
        sa.Column("carrier", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED', 'REOPENED', 'DELETED')",
            name="time_entry_state",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "external_id", name="time_entry_source"),
    )
    op.create_index(
        "time_entry_approval", "time_entry", ["connection", "approval_id"], unique=False
    )
    op.create_index("time_entry_newest", "time_entry", ["updated_at", "id"], unique=False)
    op.create_index(
        "time_entry_posting_due",
        "time_entry",
        ["id"],
        unique=False,
        postgresql_where=sa.text("posting_due"),
    )
    op.create_index(
        "time_entry_worker_day",
        "time_entry",
        ["connection", "worker_external_id", "work_date"],
        unique=False,
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legal_entity_external_id", sa.String(), nullable=False),
        sa.Column("employee_number", sa.String(), nullable=True),
        sa.Column("number_key", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("hire_date", sa.Date(), nullable=True),
        sa.Column("termination_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
    op.create_index(op.f("ix_worker_email_key"), "worker", ["email_key"], unique=False)
    op.create_index(op.f("ix_worker_number_key"), "worker", ["number_key"], unique=False)
    op.create_table(
        "case_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["exception_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "case_comment_once",
        "case_comment",
        ["case_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(op.f("ix_case_comment_case_id"), "case_comment", ["case_id"], unique=False)
    op.create_table(
        "time_entry_version",
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["time_entry_id"],
            ["time_entry.id"],
        ),
        sa.PrimaryKeyConstraint("time_entry_id", "version"),
    )
