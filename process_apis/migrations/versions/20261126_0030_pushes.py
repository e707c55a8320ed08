"""what trackers are given of an ERP's masters

Revision: 20261126_0030
Follows: 20261126_0026b
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0030"
down_revision = "20261126_0026b"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_constraint("binding_origin", "binding")
    op.create_check_constraint(
        "binding_origin", "binding", "origin IN ('owner', 'pushed', 'natural_key', 'manual')"
    )
    op.create_table(
        "master_push",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tracker", sa.String(), nullable=False),
        sa.Column("erp", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("wanted", JSONB(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tracker_id", sa.String()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message", sa.String()),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("lease_until", _INSTANT),
        sa.Column("lease_token", sa.Uuid()),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("tracker", "record_id"),
        sa.CheckConstraint(
            "state IN ('PENDING', 'DONE', 'TAKEN', 'REFUSED')", name="master_push_state"
        ),
        sa.CheckConstraint("kind IN ('client', 'project', 'task')", name="master_push_kind"),
    )
    op.create_index(
        "master_push_due",
        "master_push",
        ["tracker", "due_at"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index("master_push_listed", "master_push", ["tracker", "id"])
