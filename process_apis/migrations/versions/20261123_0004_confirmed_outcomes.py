"""what people confirm of unknown outcomes

Revision: 20261123_0004
Follows: 20261123_0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0004"
down_revision = "20261123_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_confirmation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("line", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("through", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("posting_state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('posted', 'not_posted')", name="case_confirmation_outcome"),
        sa.ForeignKeyConstraint(["case_id"], ["exception_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_case_confirmation_case_id"), "case_confirmation", ["case_id"], unique=False
    )
    op.create_index(
        "case_confirmation_once",
        "case_confirmation",
        ["case_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
