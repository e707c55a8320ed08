"""codes that drift, and what records were called before

Revision: 20261126_0026
Follows: 20261126_0025
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0026"
down_revision = "20261126_0025"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_KINDS = "kind IN ('worker', 'project', 'task')"


def upgrade() -> None:
    op.create_table(
        "code_drift",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("drift", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("before", sa.String()),
        sa.Column("after", sa.String()),
        sa.Column("other_id", sa.Uuid()),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("detected_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", _INSTANT),
        sa.Column("settled_by", sa.String()),
        sa.Column("reason", sa.String()),
        sa.CheckConstraint(_KINDS, name="code_drift_kind"),
        sa.CheckConstraint(
            "drift IN ('RENAMED', 'REUSED', 'DELETED', 'REPARENTED')", name="code_drift_drift"
        ),
        sa.CheckConstraint("state IN ('OPEN', 'ACCEPTED', 'OVER')", name="code_drift_state"),
    )
    op.create_index(
        "code_drift_open",
        "code_drift",
        ["record_id", "drift", "attribute"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index("code_drift_newest", "code_drift", ["detected_at", "id"])
    op.create_table(
        "code_alias",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("code_key", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.CheckConstraint(_KINDS, name="code_alias_kind"),
    )
    op.create_index(
        "code_alias_current",
        "code_alias",
        ["record_id", "code_key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("code_alias_key", "code_alias", ["connection", "kind", "code_key"])
