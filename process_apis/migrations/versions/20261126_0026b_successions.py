"""bindings by day of work, and records in whose place others came

Revision: 20261126_0026b
Follows: 20261126_0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0026b"
down_revision = "20261126_0024"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_index("binding_current", table_name="binding")
    op.create_index(
        "binding_current",
        "binding",
        [
            "connection",
            "kind",
            "external_id",
            sa.text("coalesce(valid_from, '-infinity'::date)"),
        ],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "code_succession",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("into_id", sa.Uuid()),
        sa.Column("by_task", JSONB(none_as_null=True)),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ended_by", sa.String()),
        sa.CheckConstraint("kind IN ('project', 'task')", name="code_succession_kind"),
        sa.CheckConstraint(
            "(into_id IS NULL) <> (by_task IS NULL)", name="code_succession_one_way"
        ),
    )
    op.create_index(
        "code_succession_current",
        "code_succession",
        ["record_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
